"""Checkpoints of killed runs and in damaged folders: no undamaged state is lost."""

import contextlib
import json
import logging
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet.training import Checkpoints, NotFinite
from advnet.types import Player, State, Variables

# Orbax does not await the coroutine that reads a damaged file.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
]

SCRIPT = Path(__file__).with_name("killable_run.py")


def start(pair, folder, num_steps):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(SCRIPT), pair, str(folder), str(num_steps)]
    cache = {"JAX_COMPILATION_CACHE_DIR": str(folder.parent / "cache")}
    cache["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    return subprocess.Popen(command, env=os.environ | cache, stderr=subprocess.PIPE)


def finish(pair, folder, num_steps):
    process = start(pair, folder, num_steps)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    return (folder / "digest").read_text(), (folder / "metrics.jsonl").read_text()


def kill_and_resume(pair, tmp_path, num_steps, kills):
    """Compare a run killed at random times with an uninterrupted run."""
    uninterrupted = finish(pair, tmp_path / "uninterrupted", num_steps)
    generator = random.Random(0)
    folder, num_killed, incomplete = tmp_path / "killed", 0, set()
    while num_killed < kills:
        process = start(pair, folder, num_steps)
        checkpoints = folder / "checkpoints"
        known = set(checkpoints.glob("*")) if checkpoints.exists() else set()
        # Half of the kills wait until a save has started, and interrupt it.
        wait_for_save = num_killed % 2 == 0
        while wait_for_save and process.poll() is None:
            if checkpoints.exists() and set(checkpoints.glob("*")) - known:
                break
            time.sleep(0.0005)
        time.sleep(generator.uniform(0, 0.02 if wait_for_save else 4))
        if process.poll() is None:
            process.kill()
            num_killed += 1
        elif (folder / "digest").exists():  # finished before the kill: repeat
            (folder / "digest").unlink()
            shutil.rmtree(folder)
        process.communicate()
        incomplete |= set(checkpoints.glob("*tmp*")) if checkpoints.exists() else set()
    return uninterrupted, finish(pair, folder, num_steps), incomplete


@pytest.mark.ci
def test_a_killed_run_ends_with_the_same_bits(tmp_path):
    uninterrupted, resumed, _ = kill_and_resume("mlp", tmp_path, num_steps=60, kills=2)
    assert resumed == uninterrupted


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["mlp", "conv", "adaptive"])
def test_twenty_kills(pair, tmp_path):
    uninterrupted, resumed, incomplete = kill_and_resume(
        pair, tmp_path, num_steps=600, kills=20
    )
    assert resumed == uninterrupted
    assert incomplete, "no kill interrupted a save"


def state_at(step):
    params = {"w": jnp.arange(3000.0) + step}
    player = Player(Variables(params), opt_state=(jnp.ones(3),))
    return State(jnp.asarray(step), jax.random.key(0), {"generator": player})


@pytest.fixture
def folder(tmp_path):
    """Return a folder with two undamaged checkpoints, of steps 10 and 20."""
    with Checkpoints(tmp_path / "checkpoints") as checkpoints:
        for step in (10, 20):
            checkpoints.save(state_at(step))
    return tmp_path / "checkpoints"


def restored_step(folder):
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


def flip_bit(folder):
    path = largest(folder / "20")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def truncate(folder):
    path = largest(folder / "20")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def remove_state(folder):
    shutil.rmtree(folder / "20" / "state")


def remove_checksums(folder):
    shutil.rmtree(folder / "20" / "sums")


@pytest.mark.parametrize("damage", [flip_bit, truncate, remove_state, remove_checksums])
def test_a_damaged_checkpoint_is_skipped_and_renamed(folder, damage):
    damage(folder)
    with pytest.warns(UserWarning, match="Skipped the checkpoint of step 20"):
        assert restored_step(folder) == 10
    assert (folder / "20.damaged0").exists()
    with Checkpoints(folder) as checkpoints:  # the step can be written again
        checkpoints.save(state_at(20))
    assert restored_step(folder) == 20


def test_a_checkpoint_without_marker_files_is_restored(folder):
    for marker in ("commit_success.txt", "_CHECKPOINT_METADATA"):
        (folder / "20" / marker).unlink(missing_ok=True)
    assert restored_step(folder) == 20


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\0\0"])
@pytest.mark.parametrize("read_only", [False, True])
def test_damaged_marker_files_hide_no_checkpoint(folder, content, read_only):
    (folder / "20" / "_CHECKPOINT_METADATA").write_text(content)
    with Checkpoints(folder, read_only=read_only) as checkpoints:
        assert int(checkpoints.restore(state_at(0)).step) == 20
        assert checkpoints.steps == [10, 20]


def test_a_damaged_marker_file_does_not_hide_the_steps_before_it(folder):
    (folder / "20" / "_CHECKPOINT_METADATA").write_text("[]")
    flip_bit(folder)
    with pytest.warns(UserWarning, match="Skipped the checkpoint of step 20"):
        assert restored_step(folder) == 10


def test_opening_a_folder_to_read_logs_nothing(folder, caplog):
    with Checkpoints(folder, read_only=True) as checkpoints:
        assert checkpoints.steps == [10, 20]
    assert not caplog.records
    logging.getLogger("absl").warning("Given directory is read only=%s", folder)
    assert len(caplog.records) == 1


def test_if_all_checkpoints_are_damaged_restore_raises(folder):
    flip_bit(folder)
    shutil.rmtree(folder / "10" / "state")
    with (
        pytest.warns(UserWarning, match="Skipped"),
        pytest.raises(ValueError, match="No checkpoint .* is undamaged and matches"),
    ):
        restored_step(folder)
    assert (folder / "20").exists()


def test_a_checkpoint_of_another_network_is_refused(folder):
    like = state_at(0)
    like.players["generator"].variables.params["w"] = jnp.zeros(7)
    expected = r"20: expected .*\['w'\] float32 \[7\], got float32 \[3000\]"
    with Checkpoints(folder) as checkpoints, pytest.raises(ValueError, match=expected):
        checkpoints.restore(like)


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    with Checkpoints(tmp_path, keep=2) as checkpoints:
        assert checkpoints.restore(state_at(0)) is None
        for step in (1, 2, 3):
            checkpoints.save(state_at(step))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]


def test_nan_is_not_written(folder):
    state = state_at(30)
    state.players["generator"].variables.params["w"] = jnp.full(3000, jnp.nan)
    with (
        Checkpoints(folder) as checkpoints,
        pytest.raises(NotFinite, match=r"generator.*\['w'\] is not finite at step 30"),
    ):
        checkpoints.save(state)
    assert restored_step(folder) == 20


@pytest.fixture
def tmpfs():
    """Return a file system of one megabyte, in memory."""
    mount_point = Path(f"/tmp/advnet-{os.getpid()}")
    mount_point.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount_point]
    if shutil.which("mount") is None or subprocess.run(mount, stderr=-3).returncode:
        mount_point.rmdir()
        pytest.skip("mounting a tmpfs is not permitted")
    yield mount_point
    subprocess.run(["umount", mount_point], check=True)
    mount_point.rmdir()


def test_a_read_only_folder_can_be_read(tmpfs):
    with Checkpoints(tmpfs / "c") as checkpoints:
        checkpoints.save(state_at(20))
    subprocess.run(["mount", "-o", "remount,ro", tmpfs], check=True)
    assert restored_step(tmpfs / "c") == 20
    before = set(threading.enumerate())
    with (
        pytest.raises(OSError, match="Read-only"),
        Checkpoints(tmpfs / "c") as checkpoints,
    ):
        checkpoints.save(state_at(30))
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=20)  # orbax's own patience is five minutes
        assert not thread.is_alive()


def test_a_full_disk_keeps_earlier_checkpoints(tmpfs):
    """The save that does not fit raises, and the earlier checkpoint stays."""
    with Checkpoints(tmpfs / "c", keep=3) as checkpoints:
        checkpoints.save(state_at(10))
    with contextlib.suppress(OSError):  # the disk is full, as intended
        (tmpfs / "ballast").write_bytes(bytes(2**20))
    with (
        pytest.raises(Exception, match=r"(?i)space|exhausted|28"),
        Checkpoints(tmpfs / "c", keep=3) as checkpoints,
    ):
        checkpoints.save(state_at(20))
    (tmpfs / "ballast").unlink()
    assert restored_step(tmpfs / "c") == 10


def test_a_closed_folder_refuses_to_save(tmp_path):
    with Checkpoints(tmp_path) as checkpoints:
        pass
    for use in (lambda: checkpoints.save(state_at(1)), lambda: checkpoints.delete(1)):
        with pytest.raises(RuntimeError, match="is closed. Use Checkpoints inside"):
            use()


def test_an_earlier_run_is_not_overwritten(folder):
    """A script that starts from step 0 again must not delete what it did before."""
    with (
        Checkpoints(folder) as checkpoints,
        pytest.raises(ValueError, match="a step after 20, the newest .*, got 5"),
    ):
        checkpoints.save(state_at(5))
    assert restored_step(folder) == 20


def test_a_read_only_folder_refuses_to_save(folder):
    with Checkpoints(folder, read_only=True) as checkpoints:
        for use in (
            lambda: checkpoints.save(state_at(30)),
            lambda: checkpoints.delete(1),
        ):
            with pytest.raises(RuntimeError, match="was opened to be read"):
                use()


def test_a_wrong_dtype_is_named(folder):
    like = state_at(0)
    like.players["generator"].variables.params["w"] = jnp.zeros(3000, jnp.bfloat16)
    expected = r"expected .*\['w'\] bfloat16 \[3000\], got float32 \[3000\]"
    with Checkpoints(folder) as checkpoints, pytest.raises(ValueError, match=expected):
        checkpoints.restore(like)


def test_an_emptied_list_of_checksums_is_damage(folder):
    record = next((folder / "20" / "sums").glob("*meta*"))
    content = json.loads(record.read_text())
    record.write_text(json.dumps(content | {"arrays": {}}))
    with pytest.warns(UserWarning, match="list of arrays is damaged"):
        assert restored_step(folder) == 10


def test_orphans_are_deleted_when_training_has_passed_them(folder):
    flip_bit(folder)
    with pytest.warns(UserWarning, match="Skipped"):
        assert restored_step(folder) == 10
    (folder / "15.orbax-checkpoint-tmp").mkdir()
    with Checkpoints(folder) as checkpoints:
        checkpoints.save(state_at(30))
    assert restored_step(folder) == 30
    assert {path.name for path in folder.iterdir()} == {"10", "30"}


@pytest.mark.parametrize("name", ["a[b]", "a*", "a?"])
def test_paths_that_orbax_takes_for_patterns_are_refused(tmp_path, name):
    """Orbax would write a checkpoint there that it cannot read again."""
    with pytest.raises(ValueError, match="a folder without any of"):
        Checkpoints(tmp_path / name)
    assert not (tmp_path / name).exists()
