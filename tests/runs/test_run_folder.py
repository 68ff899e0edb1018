"""What one run folder may hold, and what processes may do with it."""

import errno
import json
import shutil
import subprocess
import sys
import threading

import filelock
import jax
import numpy as np
import pytest
from runs import tiny

from advnet import runs
from advnet.runs import Config, RunFolder
from advnet.training import NotFinite, Recovery, new_run_directory


@pytest.fixture(autouse=True)
def tiny_game(monkeypatch):
    tiny.install(monkeypatch)
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture
def folder(tmp_path):
    """The folder of a finished tiny run."""
    return tiny.complete(tmp_path / "run").folder.path


def reopen(folder, **changes):
    return runs.open(folder, data=tiny.X, **changes)


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_only_one_process_trains_a_run(folder):
    code = f"import filelock; lock = filelock.FileLock({str(folder / '.lock')!r}); "
    code += "lock.acquire(); print(1, flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(BlockingIOError, match="another process trains this run"):
        reopen(folder).train()
    assert reopen(folder).sample(3).shape == (3, 2)  # readers need no lock
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    process.kill()
    process.communicate()
    reopen(folder).train()


def test_a_file_system_without_locks_is_named(folder, monkeypatch):
    def refuse(lock):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.warns(UserWarning, match="file system without locks"):
        reopen(folder).train()


def test_runs_that_start_together_get_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start, folders = threading.Barrier(8), []

    def create():
        start.wait()
        folders.append(new_run_directory(None, "x"))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(folders)) == 8


def test_what_a_killed_start_leaves_does_not_fill_a_folder(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json.123.part").touch()
    (folder / ".lock").touch()
    runs.start(tiny.config(folder))
    assert not list(folder.glob("*.part"))


def test_a_fork_with_another_seed_keeps_the_split(folder):
    fork = shutil.copytree(folder, folder.with_name("fork"))
    edit(fork / "config.json", lambda content: content["config"].update(seed=7))
    original, forked = reopen(folder), reopen(fork, steps=16)
    assert forked.config.seed == 7
    for name in ("train", "valid", "test"):
        split, forked_split = (getattr(r.dataset, name) for r in (original, forked))
        np.testing.assert_array_equal(split.x, forked_split.x)
    forked.train()
    # The same command with the new seed continues the fork, too.
    assert runs.start(tiny.config(fork, seed=7)).dataset.test.x.shape == (4, 2)


def test_checkpoints_of_another_run_are_refused(folder, tmp_path):
    other = tiny.complete(tmp_path / "other", seed=1).folder.path
    for name in ("checkpoints", "best"):
        shutil.rmtree(folder / name)
        shutil.copytree(other / name, folder / name)
    names = {path.name for path in (folder / "checkpoints").iterdir()}
    for use in (lambda run: run.state, lambda run: run.train()):
        with pytest.raises(ValueError, match="expected a checkpoint of run .* got one"):
            use(reopen(folder))
    assert names == {path.name for path in (folder / "checkpoints").iterdir()}


def damage_all(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


def test_damaged_best_states_do_not_hide_whole_checkpoints(folder):
    best_step = int(reopen(folder).state.step)
    damage_all(folder / "best")
    with pytest.warns(UserWarning, match="Skipped the checkpoint"):
        assert int(reopen(folder).state.step) == tiny.NUM_STEPS
    run = reopen(folder)
    with pytest.warns(UserWarning, match="Skipped|lacks the best state"):
        run.train()
    assert int(run.state.step) != best_step


def test_a_lost_best_state_is_taken_from_its_checkpoint(folder):
    shutil.rmtree(folder / "best")
    # The last step becomes the best one, as where a process died before it was saved.
    row = json.dumps({"step": tiny.NUM_STEPS, "score": 9.0})
    rows = (folder / "scores.jsonl").read_text().splitlines()[:-1]
    (folder / "scores.jsonl").write_text("\n".join([*rows, row]) + "\n")
    reopen(folder).train()
    assert (folder / "best" / str(tiny.NUM_STEPS)).exists()


def test_readers_change_nothing(folder):
    damage_all(folder / "checkpoints" / str(tiny.NUM_STEPS))
    damage_all(folder / "best")
    before = sorted(folder.rglob("*"))
    with pytest.warns(UserWarning, match="Skipped"):
        reopen(folder).sample(2)
    assert sorted(folder.rglob("*")) == before


def test_readers_list_again_what_the_trainer_has_replaced(folder, monkeypatch):
    run = reopen(folder)
    shutil.rmtree(folder / "best")
    kept = folder / "checkpoints" / "12"
    with run.folder.open_newest(run.id, read_only=True) as checkpoints:
        shutil.copytree(kept, kept.with_name("16"))
        shutil.rmtree(kept)
        state = checkpoints.restore(run.experiment.abstract_state())
    assert int(state.step) == tiny.NUM_STEPS


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("config.json", "[]", "expected a JSON object, got list"),
        ("config.json", "null", "expected a JSON object, got NoneType"),
        ("config.json", "{", "expected JSON"),
        ("metrics.jsonl", '{"step": 2}\n\n', "line 2: expected JSON"),
        ("metrics.jsonl", '{"step": 2}\n\0\0\n', "line 2: expected JSON"),
        ("metrics.jsonl", '{"step": NaN}\n', "line 1: expected JSON"),
        ("metrics.jsonl", '{"step": 2}\n{"x": 2}\n', "line 2: expected numbers"),
        ("scores.jsonl", '{"step": 2}\n', "line 1: expected a step and a score"),
        ("recoveries.jsonl", '{"step": 2, "x": 1}\n', "line 1: expected the fields"),
        ("evaluation.json", "{}", "is damaged"),
    ],
)
def test_the_error_of_a_damaged_file_names_it(folder, name, content, expected):
    (folder / name).write_text(content)
    with pytest.raises(ValueError, match=f"{name}.*{expected}"):
        read_all(folder)


def read_all(folder):
    run = reopen(folder)
    for read in ("metrics", "scores", "recoveries", "evaluation"):
        getattr(run.folder, f"read_{read}")()


def test_a_cut_last_line_is_forgotten_by_all(folder):
    for name in ("metrics.jsonl", "scores.jsonl"):
        with (folder / name).open("a") as file:
            file.write('{"step": 1')
    read_all(folder)
    reopen(folder).train()
    assert all(map(json.loads, (folder / "metrics.jsonl").read_text().splitlines()))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"steps": "60"}, "config.json: Expected steps of .*got '60'"),
        ({"sed": 1}, r"config.json: Expected fields of runs.Config, got \['sed'\]"),
        ({"seed": True}, "config.json: Expected seed of int, got True"),
    ],
)
def test_the_error_of_a_wrong_field_names_the_file(folder, change, expected):
    edit(folder / "config.json", lambda content: content["config"].update(change))
    with pytest.raises(ValueError, match=expected):
        reopen(folder)


def test_fields_that_may_not_change_are_refused(folder):
    with pytest.raises(ValueError, match="may change, got seed 0 -> 3"):
        reopen(folder, seed=3)


def test_links_name_the_same_data(tmp_path):
    np.save(tmp_path / "a.npy", tiny.X)
    (tmp_path / "link.npy").symlink_to(tmp_path / "a.npy")
    (tmp_path / "sub").mkdir()
    tiny.complete(tmp_path / "run", data=tmp_path / "a.npy")
    for data in (tmp_path / "link.npy", tmp_path / "sub" / ".." / "a.npy"):
        assert runs.start(tiny.config(tmp_path / "run", data=data)).step == 12


def test_patience_ends_a_repeated_command_where_it_ended_the_first(tmp_path):
    ended = [int(tiny.complete(tmp_path / "run", patience=1).step) for _ in range(3)]
    assert ended[0] < tiny.NUM_STEPS
    assert len(set(ended)) == 1
    rows = (tmp_path / "run" / "scores.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows][-1] == ended[0]


def test_steps_before_the_newest_checkpoint_are_named(folder):
    lines = []
    reopen(folder, steps=6).train(log=lines.append)
    assert "Step 12 is after the last step to train, 6" in lines[-1]


def test_a_run_is_unfinished_until_its_newest_state_is_evaluated(folder):
    assert reopen(folder).is_finished
    edit(folder / "evaluation.json", lambda content: content.update(step=1))
    assert not reopen(folder).is_finished


@pytest.mark.parametrize(
    "options", [{"seed": 2**32}, {"steps": 2**31}, {"epochs": 1e308}]
)
def test_numbers_beyond_their_range_are_refused(options):
    with pytest.raises(ValueError, match=r"Expected (seed <=|steps <=|at most)"):
        runs.start(Config(data=tiny.X, **options))


def test_json_of_a_run_is_strict(tmp_path):
    folder = RunFolder(tmp_path)
    folder.append_recovery(Recovery(4, 0, "generator", "loss is nan"))
    assert folder.read_recoveries()[0].step == 4
    folder.scores.write_text('{"step": 2, "score": null}\n')
    assert np.isnan(folder.read_scores()[0][1])
    folder.metrics.write_text('{"step": 2, "generator/loss": null}\n')
    assert np.isnan(folder.read_metrics()["generator/loss"]).all()
    assert folder.read_metrics()["step"].dtype == np.int64


def test_the_limit_of_recoveries_is_for_the_life_of_a_run(tmp_path, monkeypatch):
    run = runs.start(tiny.config(tmp_path / "run", on_nan="skip"))
    for _ in range(5):
        run.folder.append_recovery(Recovery(0, 1, "", "loss is nan"))

    def fail(step, state, metrics):
        raise NotFinite(step, "generator", "loss", "loss is nan.")

    with pytest.raises(NotFinite, match="recovered 5 times, the limit for the whole"):
        run.train(hooks=[fail])
