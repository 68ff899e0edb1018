"""A damaged file of a run folder ends in the same bits, or in an error of one line."""

import gc
import random
import shutil
import warnings

import jax
import pytest
from runs import tiny

from advnet import runs

# Orbax does not await the coroutine that reads a damaged file.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
]

REFUSALS = (OSError, ValueError, KeyError)  # of which a command prints one line


@pytest.fixture(autouse=True)
def tiny_game(monkeypatch):
    tiny.install(monkeypatch)
    with jax.numpy_dtype_promotion("standard"):
        yield
    gc.collect()


@pytest.fixture
def finished(tmp_path):
    """The folder of a finished run, and the digest of its state after every step."""
    digests = {}
    record = lambda step, state, metrics: digests.update({step: tiny.digest(state)})
    tiny.complete(tmp_path / "whole", hooks=[record])
    return tmp_path / "whole", digests


def flip(content, rng):
    changed = bytearray(content)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


DAMAGES = [
    flip,
    lambda content, rng: content[: rng.randrange(len(content))],
    lambda content, rng: b"",
    lambda content, rng: bytes(len(content)),
    lambda content, rng: content + bytes(rng.randrange(1, 9)),
    lambda content, rng: content.replace(b":", b"", 1),
    lambda content, rng: content.replace(b"1", b"null", 1),
    lambda content, rng: rng.choice([b"[]", b"null", b"{}", b"\n\n", b"\xff\xfe"]),
]


def damage(folder, rng):
    """Damage or delete one file, and describe it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path = rng.choice([file for file in files if "tensorboard" not in file.parts])
    index, content = rng.randrange(len(DAMAGES) + 1), path.read_bytes()
    if index == len(DAMAGES) or not content:
        path.unlink()
    else:
        path.write_bytes(DAMAGES[index](content, rng))
    return f"{path.relative_to(folder)}, damage {index}"


def read_everything(folder):
    run = runs.open(folder, data=tiny.X)
    run.folder.read_metrics()
    run.folder.read_scores()
    run.folder.read_recoveries()
    run.folder.read_evaluation()
    return run.state


def check_damages(finished, tmp_path, num):
    folder, digests = finished
    rng = random.Random(0)
    for number in range(num):
        copy = shutil.copytree(folder, tmp_path / f"copy-{number}")
        what = damage(copy, rng)
        for use in (read_everything, lambda path: tiny.complete(path).state):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    state = use(copy)
            except REFUSALS as error:
                message = str(error)
                assert message, what
                assert "\n" not in message, f"{what}: {message}"
                assert str(copy) in message, f"{what}: {message}"
            else:
                assert tiny.digest(state) == digests[int(state.step)], what
        shutil.rmtree(copy)


@pytest.mark.parametrize(
    "num",
    [
        pytest.param(20, marks=pytest.mark.ci),
        pytest.param(60, marks=pytest.mark.slow),
        pytest.param(2_000, marks=pytest.mark.slow),
    ],
)
def test_damages(finished, tmp_path, num):
    check_damages(finished, tmp_path, num)
