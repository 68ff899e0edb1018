import types

import numpy as np
import pytest

from advnet.data import Dataset, Split
from advnet.runs import Config
from advnet.runs._scoring import make_score, schedule_scores

IMAGES = np.random.default_rng(0).uniform(size=(200, 12, 12, 1)).astype(np.float32)
POINTS = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)


def experiment(x=POINTS, *, num_steps=3_000, batch_size=100, num_valid=100):
    split = Split(x[:num_valid])
    return types.SimpleNamespace(
        dataset=Dataset(split, split, split),
        recipe=types.SimpleNamespace(batch_size=batch_size),
        num_steps=num_steps,
        num_samples=10_000,
        is_pixels=lambda: x.ndim == 4,
        floats=lambda x: x,
        steps_in=lambda epochs: round(30 * epochs),
    )


def config(**changes):
    return Config(data=POINTS, **changes)


@pytest.mark.parametrize(
    ("num_steps", "expected"),
    [
        (100_000, (5_000, 1_000)),  # 20 scores of at most 1,000 samples
        (3_000, (150, 600)),
        (100, (25, 100)),  # fewer scores, of at least 100 samples
        (20, None),  # a score would take too large a part of so short a run
    ],
)
def test_default_scores_cost_a_small_part_of_training(num_steps, expected):
    schedule = schedule_scores(experiment(num_steps=num_steps), config())
    assert schedule == expected
    if schedule is not None:
        num_scored = num_steps // schedule.every * schedule.num_samples
        assert num_scored <= 0.04 * 100 * num_steps


def test_scores_are_taken_as_asked():
    asked = experiment(num_steps=20)
    assert schedule_scores(asked, config(score_every=2)) == (60, 10_000)
    assert schedule_scores(experiment(), config(score_every=0)) is None


def test_scores_that_cannot_be_taken_are_refused():
    few = experiment(num_valid=10)
    assert schedule_scores(few, config()) is None
    with pytest.raises(ValueError, match="20 validation examples .*, got 10"):
        schedule_scores(few, config(score_every=1))
    with pytest.raises(ValueError, match="Set score_every too"):
        schedule_scores(experiment(num_steps=20), config(patience=2))
    with pytest.raises(ValueError, match="images in .0, 1. for score='parzen'"):
        schedule_scores(experiment(), config(score="parzen"))


@pytest.mark.parametrize("x", [POINTS, IMAGES], ids=["points", "images"])
def test_the_score_falls_as_samples_leave_the_data(x):
    score = make_score(experiment(x), config())
    values = [score(x[100:] * scale).value for scale in (1, 0.7, 0.3)]
    assert values[0] > values[1] > values[2]


def test_the_score_of_the_paper_is_a_log_likelihood():
    score = make_score(experiment(IMAGES), config(score="parzen"))
    result = score(IMAGES[100:])
    assert result.value == result.details["log_likelihood"]
    assert result.value > score(0 * IMAGES[100:] + 1).value
