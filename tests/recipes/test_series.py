"""Series: windows, kinds, units, and what a short training learns."""

import re

import jax
import numpy as np
import pytest

import advnet
from advnet import data, recipes
from advnet.evaluation import series, two_sample
from advnet.recipes._user_data import load_user_data

ROWS = np.arange(400.0)[:, None] * [1.0, 10.0]


def test_windows_are_cut_from_three_parts_of_the_rows():
    dataset = load_user_data(ROWS, seed=0, window=20, stride=10)
    assert dataset.kind == "series"
    assert [split.x.shape for split in dataset[:3]] == [
        (31, 20, 2),
        (3, 20, 2),
        (3, 20, 2),
    ]
    np.testing.assert_array_equal(dataset.train.x[2], ROWS[20:40])
    # No row of the test windows is in a training window.
    assert dataset.train.x.max(axis=(0, 1))[0] < 320 <= dataset.valid.x[..., 0].min()
    assert dataset.valid.x[..., 0].max() < 360 == dataset.test.x[..., 0].min()
    assert len(load_user_data(ROWS, seed=0, window=20).train.x) == 61


def test_a_vector_is_a_long_series():
    dataset = load_user_data(ROWS[:, 0], seed=0, window=20)
    assert dataset.train.x.shape == (61, 20, 1)


def test_a_table_is_sorted_by_time(tmp_path):
    pytest.importorskip("pandas")
    order = np.random.default_rng(0).permutation(400)
    lines = [f"2020-01-01T00:{i // 60:02}:{i % 60:02},{i},{10 * i}" for i in order]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["when,a,b", *lines]))
    dataset = load_user_data(path, seed=0, window=20, time="when")
    np.testing.assert_array_equal(dataset.train.x[0], ROWS[:20])
    assert dataset.channel_names == ("a", "b")
    with pytest.raises(ValueError, match="'when'. Name the time with --time"):
        load_user_data(path, seed=0, window=20)
    for time, message in {
        "whn": "got 'whn'. Its columns: when, a, b",
        "a": "Expected numbers in every column",
    }.items():
        with pytest.raises(ValueError, match=message):
            load_user_data(path, seed=0, window=20, time=time)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 41}, "Expected at least 410 rows for windows of 41, got 400"),
        ({"window": 40, "stride": 50}, "at least 10 windows to train on, got 6"),
        ({"stride": 5}, "Expected window with stride=5, got none"),
        ({"time": "t"}, "Expected window with time='t', got none"),
        (
            {"window": 20, "time": "t"},
            "a table with names of columns for time='t', got an arr",
        ),
        ({"window": 20, "labels": np.zeros(400)}, "Expected no labels for windows"),
        ({"window": 20, "kind": "arrays"}, "Expected no kind for windows"),
    ],
)
def test_options_of_series_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        load_user_data(ROWS, seed=0, **options)


@pytest.mark.parametrize(
    ("shape", "kind", "is_series"),
    [
        ((64, 3), "", True),
        ((16, 4), "", True),
        ((16, 5), "", False),
        ((15, 1), "", False),
        ((28, 28), "", False),
        ((28, 28), "series", True),
        ((64, 3), "arrays", False),
        ((64,), "", False),
    ],
)
def test_the_shape_decides_unless_the_kind_is_given(shape, kind, is_series):
    x = np.random.default_rng(0).normal(size=(20, *shape))
    assert ("series" in recipes.for_data(x, kind=kind).about) == is_series


def test_forced_kinds():
    x = np.random.default_rng(0).normal(size=(20, 30))
    dataset = load_user_data(x, seed=0, kind="series")
    assert (dataset.kind, dataset.train.x.shape) == ("series", (16, 30, 1))
    with pytest.raises(ValueError, match=r"series \[n, t, c\] or \[n, t\], got shape"):
        load_user_data(np.zeros((20, 4, 4, 3)), seed=0, kind="series")
    with pytest.raises(ValueError, match="of t >= 12 times, got shape"):
        recipes.for_data(np.zeros((20, 8, 1)), kind="series")
    settings = recipes.Settings(mirror=True)
    with pytest.raises(ValueError, match="2 channels, got mirror. Leave out it"):
        recipes.series(x[..., None].repeat(2, axis=2), settings=settings)


@pytest.mark.ci
def test_channels_keep_their_units_and_classes():
    rng = np.random.default_rng(0)
    y = np.arange(64, dtype=np.int32) % 2
    x = rng.normal(size=(64, 20, 2)) * [1.0, 100.0] + [0.0, 5e4]
    x = x.astype(np.float32)
    settings = recipes.Settings(width=8, precision="bfloat16")
    recipe = recipes.for_data(x, y, settings=settings)
    assert recipe.about.endswith("of 20 times and 2 channels, 2 classes")
    with jax.numpy_dtype_promotion("standard"):
        state = recipe.algorithm.init(jax.random.key(0), (x, y))
        state, _ = jax.jit(recipe.algorithm.train_step)(state, (x, y))
    samples = np.asarray(
        advnet.sample(recipe.game, state, jax.random.key(1), 64, condition=y)
    )
    assert np.abs(samples[..., 0]).max() < 20
    assert np.abs(samples[..., 1] - 5e4).max() < 2_000


def learn(x, num_steps):
    """Train on series and return 2,000 samples of the averaged generator."""
    recipe = recipes.series(x)
    batches = data.minibatches(x, recipe.batch_size, key=jax.random.key(1))
    with jax.numpy_dtype_promotion("standard"):
        state = recipe.algorithm.init(jax.random.key(0), batches(0))
        state = advnet.fit(recipe.algorithm, state, batches, num_steps=num_steps)
        return np.asarray(
            advnet.sample(recipe.game, state, jax.random.key(2), 2_000, average=True)
        )


def autoregressive(seed):
    rng, x = np.random.default_rng(seed), np.zeros((2_000, 114))
    for t in range(1, 114):
        x[:, t] = 0.8 * x[:, t - 1] + rng.normal(size=2_000)
    return x[:, 50:, None].astype(np.float32)


def waves(seed):
    """Return waves of random frequency and phase."""
    rng = np.random.default_rng(seed)
    frequency, phase = rng.normal(0.1, 0.01, (2_000, 1)), rng.uniform(size=(2_000, 1))
    x = np.sin(2 * np.pi * (frequency * np.arange(64) + phase))[..., None]
    return x.astype(np.float32)


@pytest.mark.slow
def test_an_autoregressive_process_is_learned():
    """Autocorrelations at lags 1 to 10 are within .05, the deviation within 5 %."""
    x = autoregressive(0)
    samples = learn(x, 1_500)
    assert series.autocorrelation(x, samples).value < 0.05
    assert abs(samples.std() / x.std() - 1) < 0.05
    assert two_sample.c2st(autoregressive(1), samples).value < 0.65


@pytest.mark.slow
def test_waves_of_random_frequency_and_phase_are_learned():
    """Autocorrelations are within .05, mean and deviation of frequencies within 5 %."""
    x, other = waves(0), waves(1)
    samples = learn(x, 1_500)
    assert series.autocorrelation(x, samples).value < 0.05
    first, second = (
        np.abs(np.fft.rfft(y[..., 0], n=4096)).argmax(axis=1) for y in (other, samples)
    )
    assert abs(second.mean() / first.mean() - 1) < 0.05
    assert abs(second.std() / first.std() - 1) < 0.05
    assert two_sample.c2st(other, samples).value < 0.65
