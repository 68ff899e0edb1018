"""A finished run for the tests of the commands that read a run."""

import shutil

import jax
import numpy as np
import pytest
from cli.running import start

from advnet.runs import _devices

IMAGES = np.random.default_rng(0).uniform(size=(240, 8, 8, 1)).astype(np.float32)


@pytest.fixture(scope="package", autouse=True)
def one_device():
    """The tests simulate eight devices, on which a tiny run is slower than on one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_devices, "default_devices", lambda: jax.local_devices()[:1])
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a short run on small images, and its output."""
    folder = tmp_path_factory.mktemp("finished")
    np.save(folder / "images.npy", IMAGES)
    arguments = ["fit", "images.npy", "--steps", "40", "--run", "run"]
    process = start(*arguments, "--score-every", "10", cwd=folder)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return folder / "run", out


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run, which a test may change."""
    return shutil.copytree(finished[0], tmp_path / "run")


@pytest.fixture
def advnet(monkeypatch, capsys):
    """`advnet(*arguments)` in this process: exit code, output, errors."""
    from cli.running import call

    return lambda *arguments: call(monkeypatch, capsys, *arguments)
