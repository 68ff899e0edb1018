"""Every public name is documented, and importing the library stays cheap."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import advnet

PACKAGES = ["advnet"] + [
    module.name
    for module in pkgutil.walk_packages(advnet.__path__, "advnet.")
    if not any(part.startswith("_") for part in module.name.split("."))
]
PUBLIC = [
    (package, name)
    for package in PACKAGES
    for name in getattr(importlib.import_module(package), "__all__", [])
]


@pytest.mark.parametrize(("package", "name"), PUBLIC)
def test_documented(package, name):
    value = getattr(importlib.import_module(package), name)
    if not (inspect.isfunction(value) or inspect.isclass(value)):
        return
    text = inspect.getdoc(value)
    assert text, f"{package}.{name} has no docstring"
    assert len(text.splitlines()[0]) <= 88
    if inspect.isfunction(value) and inspect.signature(value).parameters:
        assert "Args:" in text or len(text.splitlines()) < 10, "no Args"
        assert "Examples:" in text or "restore" in name, "no example"


@pytest.mark.parametrize(("package", "name"), PUBLIC)
def test_annotated(package, name):
    value = getattr(importlib.import_module(package), name)
    if not inspect.isfunction(value):
        return
    signature = inspect.signature(value)
    for parameter in signature.parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            assert parameter.annotation is not parameter.empty, parameter
    assert signature.return_annotation is not signature.empty


def test_import_starts_no_backend_and_needs_no_extra():
    """jax.distributed must be able to start first; extras must stay optional."""
    code = (
        "import sys, advnet, jax\n"
        "from jax._src import xla_bridge\n"
        "assert not xla_bridge.backends_are_initialized()\n"
        "extras = {'orbax.checkpoint', 'matplotlib', 'tyro', 'pooch', 'PIL'}\n"
        "assert not extras & set(sys.modules), extras & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
