"""The recipe for tables: settings, conditions, and what it learns."""

import jax
import numpy as np
import pandas as pd
import pytest

import advnet
from advnet import recipes
from advnet.data import Table
from advnet.recipes import Settings
from advnet.recipes._table import table as make_table_recipe


@pytest.fixture(scope="module")
def frame():
    """Categories of which two are equal, and numbers that depend on them."""
    rng = np.random.default_rng(0)
    kind = rng.choice(["a", "b", "c"], 1000, p=[0.6, 0.3, 0.1])
    size = rng.normal(pd.Series(kind).map({"a": 0.0, "b": 5.0, "c": -5.0})).round(2)
    return pd.DataFrame(
        {
            "kind": kind,
            "same": kind,
            "size": size,
            "copy": size,
            "count": rng.poisson(20, 1000),
            "gap": np.where(rng.random(1000) < 0.2, np.nan, rng.normal(size=1000)),
        }
    )


@pytest.fixture(scope="module")
def table(frame):
    return Table.from_rows(frame)


SMALL = Settings(width=64, batch_size=100, learning_rate=1e-3)


def train(recipe, arrays, num_steps):
    """Train with several steps to a call, and return the state."""
    batches = advnet.data.minibatches(arrays, recipe.batch_size, key=jax.random.key(0))
    state = recipe.algorithm.init(jax.random.key(1), batches(0))
    with jax.numpy_dtype_promotion("standard"):  # optax promotes its counters
        return advnet.training.fit(
            recipe.algorithm, state, batches, num_steps=num_steps, steps_per_call=50
        )


def test_settings_follow_the_number_of_rows(frame, table):
    x = table.encode(frame)
    assert make_table_recipe(x, table).batch_size == 250
    assert make_table_recipe(x[:40], table).batch_size == 10
    settings = Settings(batch_size=32, k=2)
    assert make_table_recipe(x, table, settings=settings).batch_size == 64
    about = make_table_recipe(x, table).about
    assert about == "a pair for tables with 3 columns of numbers and 1 category"


def test_wrong_arguments_are_refused(frame, table):
    x = table.encode(frame)
    with pytest.raises(ValueError, match=r"Expected encoded rows \[n, 8\]"):
        make_table_recipe(x[:, :3], table)
    with pytest.raises(ValueError, match="got mirror"):
        make_table_recipe(x, table, settings=Settings(mirror=True))
    with pytest.raises(KeyError, match="Expected a category"):
        make_table_recipe(x, table, condition="size")
    with pytest.raises(ValueError, match="model 'mlp'"):
        make_table_recipe(x, table, settings=Settings(model="dcgan"))


@pytest.mark.ci
def test_it_learns_a_table(frame, table):
    x = table.encode(frame)
    recipe = make_table_recipe(x, table, settings=SMALL)
    state = train(recipe, x, 400)
    draws = advnet.sample(recipe.game, state, jax.random.key(2), 2000, average=True)
    samples = table.decode(np.asarray(draws))
    assert (samples["kind"] == samples["same"]).all()
    assert (samples["size"] == samples["copy"]).all()
    shares = samples["kind"].value_counts(normalize=True)
    assert shares["a"] == pytest.approx(0.6, abs=0.08)
    means = samples.groupby("kind")["size"].mean()
    assert means["b"] == pytest.approx(5, abs=1)
    assert means["c"] == pytest.approx(-5, abs=1)
    assert samples["gap"].isna().mean() == pytest.approx(0.2, abs=0.07)
    assert samples["count"].between(frame["count"].min(), frame["count"].max()).all()


@pytest.mark.ci
def test_it_learns_a_condition(frame, table):
    x, labels = table.encode(frame), table.labels(frame, "same")
    recipe = make_table_recipe(x, table, condition="same", settings=SMALL)
    state = train(recipe, (x, labels), 300)
    wanted = np.repeat([0, 1, 2], 300).astype(np.int32)
    draws = advnet.sample(
        recipe.game, state, jax.random.key(2), 900, condition=wanted, average=True
    )
    samples = table.decode(np.asarray(draws))
    levels = table.levels("same")
    assert [*samples["kind"]] == [levels[label] for label in wanted]
    means = samples.groupby("kind")["size"].mean()
    assert means["b"] - means["a"] > 3
    assert means["a"] - means["c"] > 3


def test_the_recipe_is_public():
    assert recipes.table is make_table_recipe
