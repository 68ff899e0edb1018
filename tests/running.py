"""Import of the scripts in examples/, which are not in a package."""

import importlib.util
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent.parent / "examples"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.py"))}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FILES[name])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
