"""Data flows one way through the house: a layer imports only lower layers."""

import ast
from pathlib import Path

import pytest

import advnet

ROOT = Path(advnet.__file__).parent
LAYERS = [
    {"types"},
    {"_validation", "_extras", "sharding"},
    {"theory"},
    {"networks", "losses", "terms", "priors", "evaluation"},
    {"games"},
    {"dynamics"},
    {"_files"},
    {"training", "data"},
    {"modules"},
    {"recipes", "reporting"},
    {"cli"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
WHERE_ALLOWED = {
    "flax": {"networks", "modules"},
    "orbax": {"training/_checkpoint"},
    "matplotlib": {"reporting"},
    "jinja2": {"reporting"},
    "rich": {"reporting", "cli"},
    "tyro": {"cli"},
    "tensorboardX": {"training/hooks/_tensorboard"},
    "pooch": {"data"},
    "PIL": {"data"},
    "mlxtend": {"data"},
}
NO_IO_BELOW = LEVEL["_files"]
FORBIDDEN_NAMES = {"jit", "print", "open", "write_text", "getLogger"}
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT) + [
    ROOT / f"{name}.py"
    for name in ("types", "_validation", "_extras", "_files", "sharding")
]


def room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports_of(path):
    """Dotted names imported, those asked of `require` included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
            yield node.args[0].value


every_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: str(path.relative_to(ROOT))
)


@every_file
def test_imports_only_lower_layers(path):
    room = room_of(path)
    for name in imports_of(path):
        if name.startswith("advnet."):
            other = name.split(".")[1]
            if other in LEVEL and other != room:
                assert LEVEL[other] < LEVEL[room], f"{room} imports {other}"


@every_file
def test_dependencies_stay_where_they_belong(path):
    where = str(path.relative_to(ROOT).with_suffix(""))
    for name in imports_of(path):
        allowed = WHERE_ALLOWED.get(name.split(".")[0])
        if allowed is not None:
            assert any(where.startswith(room) for room in allowed), name


@every_file
def test_the_core_does_no_io_and_hides_no_jit(path):
    if LEVEL[room_of(path)] >= NO_IO_BELOW:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        name = getattr(node, "attr", "")
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        assert name not in FORBIDDEN_NAMES, f"line {node.lineno}: {name}"


@every_file
def test_files_fit_in_the_head(path):
    assert len(path.read_text().splitlines()) <= 300


def test_the_gradient_is_taken_where_one_looks_for_it():
    """With respect to parameters in dynamics alone; to inputs in these three files."""
    takers = {
        str(path.relative_to(ROOT))
        for path in FILES
        if "jax.grad(" in path.read_text() and room_of(path) != "losses"
    }
    assert takers == {
        "dynamics/_update.py",
        "dynamics/_lookahead.py",  # consensus: the gradient of a gradient's length
        "terms/_penalties.py",  # at examples
        "games/_inference.py",  # in z, searching
        "games/_latent.py",  # in z, one step
    }


def test_every_room_has_a_level():
    rooms = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(LEVEL)
