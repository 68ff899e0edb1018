"""The scripts in benchmarks/gpu at their tiny size, and the parts that they share."""

import argparse
import importlib.util
import json
import runpy
import sys
from pathlib import Path

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import data

FOLDER = Path(__file__).parents[1] / "benchmarks" / "gpu"
SCRIPTS = sorted(
    path.stem for path in FOLDER.glob("*.py") if path.stem not in ("common", "pieces")
)
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def standard_promotion():
    with jax.numpy_dtype_promotion("standard"):  # optax promotes its counters
        yield


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setenv("OUT", str(tmp_path))
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    return tmp_path


def load(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def images(num, side, channels):
    x = RNG.uniform(0.1, 0.9, size=(num, side, side, channels)).astype(np.float32)
    return data.Split(x, np.arange(num, dtype=np.int32) % 10)


def dataset(side, channels, num=200):
    parts = [images(num, side, channels) for _ in range(3)]
    return data.Dataset(*parts, unlabeled=images(num, side, channels))


def small_game(rate=0.1):
    game = advnet.games.gan(
        nn.Dense(2),
        nn.Dense(1),
        advnet.priors.normal(2),
        loss=advnet.losses.non_saturating(),
    )
    return game, advnet.averaged(advnet.alternating(game, optax.sgd(rate)))


def record(common):
    return common.Record("numbers", argparse.Namespace(tiny=True))


def test_training_ends_at_its_step_and_writes_rows(out):
    common = load("common")
    game, algorithm = small_game()
    batches = common.device_batches(np.ones((20, 2), np.float32), 4)
    state = algorithm.init(jax.random.key(0), batches(0))
    log = record(common)
    state = common.train(
        algorithm, state, batches, record=log, name="x", num_steps=6, steps_per_call=2
    )
    assert int(state.step) == 6
    rows = json.loads((out / "numbers.json").read_text())
    assert {"device", "versions", "options"} <= set(rows[0])
    assert rows[-1]["step"] == 6
    assert np.isfinite(rows[-1]["discriminator/loss"])
    assert common.sample(game, state, 501).shape == (501, 2)


def test_training_ends_where_a_value_is_not_finite(out):
    common = load("common")
    _, algorithm = small_game(rate=np.nan)
    batches = common.device_batches(np.ones((20, 2), np.float32), 4)
    state = algorithm.init(jax.random.key(0), batches(0))
    log = record(common)
    common.train(
        algorithm,
        state,
        batches,
        record=log,
        name="x",
        num_steps=100,
        steps_per_call=2,
        seconds_per_row=0.0,
    )
    assert log.rows[-1] | {"stopped": "a metric is not finite"} == log.rows[-1]
    assert log.rows[-1]["step"] == 2


def test_pictures_are_taken_at_their_share_of_the_time(out):
    common = load("common")
    _, algorithm = small_game()
    batches = common.device_batches(np.ones((20, 2), np.float32), 4)
    state = algorithm.init(jax.random.key(0), batches(0))
    taken = []
    common.train(
        algorithm,
        state,
        batches,
        record=record(common),
        name="x",
        seconds=0.5,
        marks=(0.5, 1.0),
        at_mark=lambda share, state: taken.append(share),
    )
    assert taken == [0.5, 1.0]


def test_a_state_in_pieces_comes_back_bit_for_bit(out, monkeypatch):
    pieces = load("pieces")
    monkeypatch.setattr(pieces, "MAX_BYTES", 100)
    state = {"key": jax.random.key(3), "x": jnp.arange(60.0), "step": jnp.int32(7)}
    assert pieces.save(out, state) == 3
    like = {"key": jax.random.key(0), "x": jnp.zeros(60), "step": jnp.int32(0)}
    restored = pieces.load(out, like)
    assert jax.random.key_data(restored["key"]).tolist() == [0, 3]
    np.testing.assert_array_equal(restored["x"], state["x"])
    assert int(restored["step"]) == 7
    with pytest.raises(ValueError, match="Expected 256 bytes in 3 files"):
        pieces.load(out, like | {"step": jnp.int32(0)[None].repeat(2)})


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_tiny_runs(name, out, monkeypatch):
    monkeypatch.setattr(data, "mnist", lambda path: data.mnist_5k())
    monkeypatch.setattr(data, "cifar10", lambda path: dataset(32, 3))
    options = [] if name == "speed" else ["--data", "any"]
    monkeypatch.setattr(sys, "argv", [name, *options, "--tiny"])
    with jax.numpy_rank_promotion("allow"):
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    (numbers,) = out.glob("*.json")
    assert len(json.loads(numbers.read_text())) > 1
    assert len(list(out.iterdir())) <= 8
