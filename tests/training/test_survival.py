"""Runs that are killed, and folders that are damaged: nothing good is lost."""

import contextlib
import gc
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet.training import Checkpoints, NotFinite
from advnet.types import Player, State, Variables

# Orbax leaves what it was reading unawaited when a file turns out to be damaged.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
]

SURVIVOR = Path(__file__).with_name("survivor.py")


@pytest.fixture(autouse=True)
def collected():
    """What orbax left is collected here, not in somebody else's test."""
    yield
    gc.collect()


def start(pair, folder, num_steps):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(SURVIVOR), pair, str(folder), str(num_steps)]
    cache = {"JAX_COMPILATION_CACHE_DIR": str(folder.parent / "cache")}
    cache["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    return subprocess.Popen(command, env=os.environ | cache, stderr=subprocess.PIPE)


def finish(pair, folder, num_steps):
    process = start(pair, folder, num_steps)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    return (folder / "digest").read_text(), (folder / "metrics.jsonl").read_text()


def survive(pair, tmp_path, num_steps, kills):
    """Kills a run at random instants, then lets it finish; returns both ends."""
    whole = finish(pair, tmp_path / "whole", num_steps)
    chance = random.Random(0)
    folder, killed, begun = tmp_path / "killed", 0, set()
    while killed < kills:
        process = start(pair, folder, num_steps)
        checkpoints = folder / "checkpoints"
        known = set(checkpoints.glob("*")) if checkpoints.exists() else set()
        # Half of the kills wait for a save to begin, and fall into the middle of it.
        wait_for_save = killed % 2 == 0
        while wait_for_save and process.poll() is None:
            if checkpoints.exists() and set(checkpoints.glob("*")) - known:
                break
            time.sleep(0.0005)
        time.sleep(chance.uniform(0, 0.02 if wait_for_save else 4))
        if process.poll() is None:
            process.kill()
            killed += 1
        elif (folder / "digest").exists():  # done before we struck: once more
            (folder / "digest").unlink()
            shutil.rmtree(folder)
        process.communicate()
        begun |= set(checkpoints.glob("*tmp*")) if checkpoints.exists() else set()
    return whole, finish(pair, folder, num_steps), begun


@pytest.mark.ci
def test_a_killed_run_ends_with_the_same_bits(tmp_path):
    whole, resumed, _ = survive("mlp", tmp_path, num_steps=60, kills=2)
    assert resumed == whole


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["mlp", "conv"])
def test_twenty_kills(pair, tmp_path):
    whole, resumed, begun = survive(pair, tmp_path, num_steps=600, kills=20)
    assert resumed == whole
    assert begun, "no kill fell into a save"


def state_at(step):
    params = {"w": jnp.arange(3000.0) + step}
    player = Player(Variables(params), opt_state=(jnp.ones(3),))
    return State(jnp.asarray(step), jax.random.key(0), {"generator": player})


@pytest.fixture
def folder(tmp_path):
    """Two good checkpoints, of steps 10 and 20."""
    with Checkpoints(tmp_path / "checkpoints") as checkpoints:
        for step in (10, 20):
            checkpoints.save(state_at(step))
    return tmp_path / "checkpoints"


def restored(folder):
    with Checkpoints(folder) as checkpoints:
        state = checkpoints.restore(state_at(0))
    w = state.players["generator"].variables.params["w"]
    np.testing.assert_array_equal(w, np.arange(3000.0) + int(state.step))
    return int(state.step)


def largest(folder):
    return max(
        (path for path in folder.rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )


def flip(folder):
    path = largest(folder / "20")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def cut(folder):
    path = largest(folder / "20")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(folder):
    shutil.rmtree(folder / "20" / "state")


def no_sums(folder):
    shutil.rmtree(folder / "20" / "sums")


@pytest.mark.parametrize("damage", [flip, cut, empty, no_sums])
def test_the_damaged_newest_is_passed_over_and_set_aside(folder, damage):
    damage(folder)
    with pytest.warns(UserWarning, match="Passed over the checkpoint of step 20"):
        assert restored(folder) == 10
    assert (folder / "20.damaged0").exists()
    with Checkpoints(folder) as checkpoints:  # the step can be written again
        checkpoints.save(state_at(20))
    assert restored(folder) == 20


def test_a_folder_without_markers_is_judged_by_its_content(folder):
    for marker in ("commit_success.txt", "_CHECKPOINT_METADATA"):
        (folder / "20" / marker).unlink(missing_ok=True)
    assert restored(folder) == 20


def test_nothing_whole_is_an_error_not_a_new_start(folder):
    flip(folder)
    shutil.rmtree(folder / "10" / "state")
    with (
        pytest.warns(UserWarning, match="Passed over"),
        pytest.raises(ValueError, match="No checkpoint .* is whole and fits"),
    ):
        restored(folder)
    assert (folder / "20").exists()


def test_another_network_does_not_fit(folder):
    other = state_at(0)
    other.players["generator"].variables.params["w"] = jnp.zeros(7)
    with (
        Checkpoints(folder) as checkpoints,
        pytest.warns(UserWarning, match="Passed over"),
        pytest.raises(ValueError, match="No checkpoint .* fits"),
    ):
        checkpoints.restore(other)


def test_only_the_newest_are_kept(tmp_path):
    with Checkpoints(tmp_path, keep=2) as checkpoints:
        assert checkpoints.restore(state_at(0)) is None
        for step in (1, 2, 3):
            checkpoints.save(state_at(step))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]


def test_nan_never_reaches_a_checkpoint(folder):
    bad = state_at(30)
    bad.players["generator"].variables.params["w"] = jnp.full(3000, jnp.nan)
    with (
        Checkpoints(folder) as checkpoints,
        pytest.raises(NotFinite, match=r"generator.*\['w'\] is not finite at step 30"),
    ):
        checkpoints.save(bad)
    assert restored(folder) == 20


@pytest.fixture
def tmpfs():
    """One megabyte, in memory."""
    place = Path(f"/tmp/advnet-{os.getpid()}")
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place]
    if shutil.which("mount") is None or subprocess.run(mount, stderr=-3).returncode:
        place.rmdir()
        pytest.skip("may not mount a tmpfs here")
    yield place
    subprocess.run(["umount", place], check=True)
    place.rmdir()


def test_a_read_only_folder_can_be_read(tmpfs):
    with Checkpoints(tmpfs / "c") as checkpoints:
        checkpoints.save(state_at(20))
    subprocess.run(["mount", "-o", "remount,ro", tmpfs], check=True)
    assert restored(tmpfs / "c") == 20
    with (
        pytest.raises(Exception, match=r"(?i)read-only"),
        Checkpoints(tmpfs / "c") as checkpoints,
    ):
        checkpoints.save(state_at(30))


def test_a_full_disk_loses_nothing_good(tmpfs):
    """The save that does not fit raises, the one before it stays."""
    with Checkpoints(tmpfs / "c", keep=3) as checkpoints:
        checkpoints.save(state_at(10))
    with contextlib.suppress(OSError):  # full, as intended
        (tmpfs / "ballast").write_bytes(bytes(2**20))
    with (
        pytest.raises(Exception, match=r"(?i)space|exhausted|28"),
        Checkpoints(tmpfs / "c", keep=3) as checkpoints,
    ):
        checkpoints.save(state_at(20))
    (tmpfs / "ballast").unlink()
    assert restored(tmpfs / "c") == 10
