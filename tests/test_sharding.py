import jax
import numpy as np
import pytest
from jax.sharding import AxisType, PartitionSpec

from advnet import priors
from advnet.sharding import over_data


def mesh(axis_type, name="data"):
    return jax.make_mesh((8,), (name,), axis_types=(axis_type,))


@pytest.mark.parametrize("axis_type", [AxisType.Auto, AxisType.Explicit])
def test_noise_is_split_and_the_same(axis_type):
    key = jax.random.key(0)
    alone = priors.normal(3)(key, 16)
    with jax.set_mesh(mesh(axis_type)):
        split = jax.jit(lambda key: priors.normal(3)(key, 16))(key)
    assert split.sharding.spec[0] == "data"
    np.testing.assert_array_equal(split, alone)


@pytest.mark.parametrize(
    ("num", "name"), [(10, "data"), (16, "model")], ids=["indivisible", "other axis"]
)
def test_left_alone(num, name):
    with jax.set_mesh(mesh(AxisType.Auto, name)):
        z = jax.jit(lambda: over_data(np.zeros((num, 2), np.float32)))()
    assert z.sharding.is_fully_replicated
    assert z.sharding.spec in (PartitionSpec(), PartitionSpec(None))
