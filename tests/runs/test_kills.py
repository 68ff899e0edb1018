"""Runs that are killed between any two writes of their folder end in the same bits."""

from pathlib import Path

import jax
import pytest
from runs import tiny

from advnet import _files
from advnet.training import Checkpoints

NUM_DEFAULT = 6  # of all gaps, evenly spaced; CI takes all
WRITES = [
    (_files, "append_line"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "rename"),
    (Checkpoints, "save"),
    (Checkpoints, "delete"),
]


class Killed(BaseException):
    """The end of the process."""


class Killer:
    """Count the gaps before and after every write, and end the process in one."""

    def __init__(self, monkeypatch, gap=None):
        self.gap, self.num_gaps, self.is_dead = gap, 0, False
        for owner, name in WRITES:
            monkeypatch.setattr(owner, name, self.watch(getattr(owner, name)))

    def watch(self, write):
        def watched(*args, **options):
            self.pass_gap()
            result = write(*args, **options)
            if not self.is_dead:
                self.pass_gap()
            return result

        return watched

    def pass_gap(self):
        if self.is_dead or self.num_gaps == self.gap:
            self.is_dead = True  # a dead process cleans nothing up
            raise Killed
        self.num_gaps += 1


@pytest.fixture(autouse=True)
def tiny_game(monkeypatch):
    tiny.install(monkeypatch)
    with jax.numpy_dtype_promotion("standard"):
        yield


def check_gap(tmp_path, expected, gap):
    folder = tmp_path / f"killed-{gap}"
    with pytest.MonkeyPatch.context() as patch:
        Killer(patch, gap)
        with pytest.raises(Killed):
            tiny.complete(folder)
    run = tiny.complete(folder)
    assert tiny.content(run) == expected, f"gap {gap}"
    assert not list(folder.rglob("*.part"))


def uninterrupted(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        killer = Killer(patch)
        run = tiny.complete(tmp_path / "whole")
    assert 0 < int(run.state.step) < tiny.NUM_STEPS, "the best state is the last one"
    return tiny.content(run), killer.num_gaps


@pytest.mark.ci
def test_a_run_killed_in_some_gaps_ends_in_the_same_bits(tmp_path):
    expected, num_gaps = uninterrupted(tmp_path)
    for gap in range(0, num_gaps, num_gaps // NUM_DEFAULT):
        check_gap(tmp_path, expected, gap)


@pytest.mark.slow
def test_a_run_killed_in_any_gap_ends_in_the_same_bits(tmp_path):
    expected, num_gaps = uninterrupted(tmp_path)
    assert num_gaps > 40
    for gap in range(num_gaps):
        check_gap(tmp_path, expected, gap)
