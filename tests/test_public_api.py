"""Every public name is exported, documented and annotated; importing stays cheap.

A failure lists one complaint per line: file, line, the name, what to write.
"""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import advnet

ROOT = Path(advnet.__file__).parent.parent
MODULES = ["advnet"] + [
    module.name
    for module in pkgutil.walk_packages(advnet.__path__, "advnet.")
    if not any(part.startswith("_") for part in module.name.split("."))
]
EXTRAS = (
    *("blackjax", "bokeh", "jinja2", "matplotlib", "mlxtend", "pandas"),
    *("orbax.checkpoint", "PIL", "pooch", "sklearn", "tensorboardX", "tyro"),
)
EXAMPLE_OF_ANOTHER = {"restore": "save"}

every_module = pytest.mark.parametrize("name", MODULES)


def check(complaints):
    lines = list(complaints)
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def place_of(value):
    """Return file and line of a function or class."""
    value = inspect.unwrap(value)
    path = Path(inspect.getsourcefile(value)).relative_to(ROOT)
    return f"{path}:{inspect.getsourcelines(value)[1]}"


def exported(name, kind):
    """Yield the exported functions or classes of a module, with their names."""
    module = importlib.import_module(name)
    for attribute in module.__all__:
        value = getattr(module, attribute)
        if kind(value) and value.__module__.split(".")[0] == "advnet":
            yield attribute, value


def public_names(module):
    """Yield line and name of what a module defines and of what a package re-exports."""
    path = Path(module.__file__)
    tree = ast.parse(path.read_text())
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.lineno, node.name
        elif (
            isinstance(node, ast.ImportFrom)
            and path.name == "__init__.py"
            and f"{node.module}.".startswith(f"{module.__name__}.")
        ):
            names = {alias.asname or alias.name for alias in node.names}
            yield from ((node.lineno, name) for name in sorted(names - used))


@every_module
def test_all_lists_every_public_name(name):
    module = importlib.import_module(name)
    place = Path(module.__file__).relative_to(ROOT)
    listed = getattr(module, "__all__", None)
    assert listed is not None, f"{place}: write `__all__`, the list of public names"
    missing = [attribute for attribute in listed if not hasattr(module, attribute)]
    assert not missing, f"{place}: `__all__` lists {missing}, which are not defined"
    assert len(set(listed)) == len(listed), f"{place}: `__all__` lists a name twice"
    check(
        f"{place}:{line}: add {attribute!r} to `__all__`, or start it with `_`"
        for line, attribute in public_names(module)
        if not attribute.startswith("_") and attribute not in listed
    )


@every_module
def test_docstrings(name):
    def complaints():
        for attribute, value in exported(name, inspect.isclass):
            if not inspect.getdoc(value):
                yield f"{place_of(value)}: {attribute} has no docstring; write it"
        for attribute, value in exported(name, inspect.isfunction):
            text = (inspect.getdoc(value) or "").replace("Yields:", "Returns:")
            signature = inspect.signature(value)
            wanted = {
                "Args:": bool(signature.parameters),
                "Returns:": signature.return_annotation not in (None, "None"),
                "Examples:": bool(signature.parameters)
                and attribute not in EXAMPLE_OF_ANOTHER,
            }
            for section, is_wanted in wanted.items():
                if is_wanted and section not in text:
                    yield f"{place_of(value)}: {attribute} has no {section!r}; write it"

    check(complaints())


@every_module
def test_annotations(name):
    def complaints():
        for attribute, value in exported(name, inspect.isfunction):
            signature = inspect.signature(value)
            for parameter in signature.parameters.values():
                if parameter.kind is parameter.VAR_KEYWORD:
                    continue
                if parameter.annotation is parameter.empty:
                    yield f"{place_of(value)}: annotate {parameter.name} of {attribute}"
            if signature.return_annotation is signature.empty:
                yield f"{place_of(value)}: annotate what {attribute} returns"

    check(complaints())


def test_importing_starts_no_backend_and_imports_no_extra():
    """jax.distributed has to start before a backend; extras are optional."""
    code = (
        "import sys, advnet, jax\n"
        "from jax._src import xla_bridge\n"
        "assert not xla_bridge.backends_are_initialized()\n"
        f"imported = set({EXTRAS}) & set(sys.modules)\n"
        "assert not imported, imported\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
