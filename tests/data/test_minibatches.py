import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advnet.data import Split, minibatches, on_device

KEY = jax.random.key(7)


@given(
    n=st.integers(1, 12),
    batch_size=st.integers(1, 30),
    epoch=st.integers(0, 50) | st.just(10**6),
)
@settings(deadline=None, max_examples=60, derandomize=True, database=None)
def test_an_epoch_contains_every_example_exactly_once(n, batch_size, epoch):
    batches = minibatches(np.arange(n), batch_size, key=KEY)
    first, last = epoch * n // batch_size, ((epoch + 1) * n - 1) // batch_size
    examples = np.concatenate([batches(step) for step in range(first, last + 1)])
    offset = epoch * n - first * batch_size
    assert sorted(examples[offset : offset + n].tolist()) == list(range(n))


def test_the_stream_is_one_permutation_per_epoch():
    batches = minibatches(np.arange(10), 4, key=KEY)
    expected = np.concatenate(
        [jax.random.permutation(jax.random.fold_in(KEY, epoch), 10) for epoch in (0, 1)]
    )
    examples = np.concatenate([batches(step) for step in range(5)])
    np.testing.assert_array_equal(examples, expected)


def test_steps_may_be_requested_in_any_order():
    x = np.arange(7)
    batches = minibatches(x, 3, key=KEY)
    in_order = [batches(step) for step in range(20)]
    repeated = minibatches(x, 3, key=KEY)
    for step in (19, 0, 7, 7, 3, 18, 1):
        np.testing.assert_array_equal(repeated(step), in_order[step])


@pytest.mark.parametrize("step", [5, np.int64(5), np.asarray(5), jnp.asarray(5)])
def test_steps_may_be_any_concrete_integer(step):
    batches = minibatches(np.arange(7), 3, key=KEY)
    np.testing.assert_array_equal(batches(step), batches(5))
    assert batches.epoch(step) == 2


def test_epochs_and_keys_differ():
    x = np.arange(100)
    batches, other_batches = (
        minibatches(x, 100, key=jax.random.key(i)) for i in (0, 1)
    )
    assert not np.array_equal(batches(0), batches(1))
    assert not np.array_equal(batches(0), other_batches(0))


def test_a_batch_keeps_structure_and_pairs_examples_with_labels():
    data = Split(np.arange(10.0).reshape(5, 1, 1, 2), np.arange(5, dtype=np.int32))
    batch = minibatches({"images": data, "rest": [data.y]}, 4, key=KEY)(3)
    x, y = batch["images"]
    assert isinstance(batch["images"], Split)
    assert (x.shape, x.dtype, y.dtype) == ((4, 1, 1, 2), np.float32, np.int32)
    np.testing.assert_array_equal(x[:, 0, 0, 0], 2 * y)
    np.testing.assert_array_equal(batch["rest"][0], y)


def test_a_split_without_labels_gives_batches_without_labels():
    batch = minibatches(Split(np.zeros((3, 2, 2, 1))), 2, key=KEY)(0)
    assert batch.x.shape == (2, 2, 2, 1)
    assert batch.y is None


def test_writing_to_a_batch_leaves_the_data_unchanged():
    x = np.zeros((4, 2), np.float32)
    batch = minibatches(x, 2, key=KEY)(0)
    batch += 1
    assert not x.any()


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.float64, np.float32),
        (np.float32, np.float32),
        (np.float16, np.float16),
        (jnp.bfloat16, jnp.bfloat16),
        (np.uint8, np.uint8),
        (np.int64, np.int64),
        (np.bool_, np.bool_),
    ],
)
def test_only_float64_is_converted(dtype, expected):
    batch = minibatches(np.ones((3, 2), dtype), 2, key=KEY)(0)
    assert batch.dtype == expected


def test_numbers_of_examples_steps_and_epochs():
    batches = minibatches(np.zeros((10, 3)), 4, key=KEY)
    assert (batches.num_examples, batches.batch_size) == (10, 4)
    assert batches.steps_per_epoch == 2.5
    assert [batches.epoch(step) for step in range(6)] == [0, 0, 0, 1, 1, 2]
    assert repr(batches) == "Minibatches(batch_size=4, num_examples=10)"


def test_the_key_may_be_deleted_or_donated_afterwards():
    key = jax.random.key(3)
    batches = minibatches(np.arange(5), 5, key=key)
    key.delete()
    assert sorted(batches(9).tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg"])
def test_the_implementation_of_the_key_is_used(impl):
    key = jax.random.key(3, impl=impl)
    expected = jax.random.permutation(jax.random.fold_in(key, 0), 5)
    np.testing.assert_array_equal(minibatches(np.arange(5), 5, key=key)(0), expected)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "without leaves"),
        (None, "without leaves"),
        (np.zeros((0, 3)), "at least one example"),
        ({"x": np.zeros(3), "y": np.zeros(4)}, r"\['x'\]: 3, arrays\['y'\]: 4"),
        ({"x": np.zeros(3), "y": np.float32(1)}, r"\['y'\] to be an array.*scalar"),
        ([1.0, 2.0], "to one array with numpy.asarray"),
    ],
)
def test_refuses_arrays_without_a_common_example_axis(arrays, message):
    with pytest.raises(ValueError, match=message):
        minibatches(arrays, 2, key=KEY)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, jnp.bfloat16])
def test_refuses_values_that_are_not_finite(bad, dtype):
    x = np.zeros((4, 3), dtype)
    x[2, 1] = x[3, 0] = bad
    with pytest.raises(ValueError, match=r"finite arrays\.x .*at index \[2, 1\]"):
        minibatches(Split(x), 2, key=KEY)


def test_refuses_values_that_overflow_float32():
    with pytest.raises(ValueError, match=r"finite arrays .*got inf at index \[1\]"):
        minibatches(np.array([0.0, 1e300]), 1, key=KEY)


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}, []], object),
        np.array(["a", "b"]),
        np.array(["2014-06-10"] * 2, "datetime64[D]"),
    ],
)
def test_refuses_arrays_that_are_not_numeric(array):
    with pytest.raises(TypeError, match=r"\['c'\] to be numeric"):
        minibatches({"c": array}, 1, key=KEY)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_refuses_empty_batches(batch_size):
    with pytest.raises(ValueError, match=f"batch_size >= 1, got {batch_size}"):
        minibatches(np.zeros(3), batch_size, key=KEY)


def test_refuses_negative_steps():
    batches = minibatches(np.zeros(3), 1, key=KEY)
    with pytest.raises(ValueError, match="step >= 0, got -1"):
        batches(-1)
    with pytest.raises(ValueError, match="step >= 0, got -1"):
        batches.epoch(-1)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            jax.random.key_data(KEY),
            r"typed key, got uint32\[2\].*jax.random.key\(seed\)",
        ),
        (0, "typed key, got 0"),
        (jax.random.split(KEY), r"single key, got an array of keys of shape \[2\]"),
    ],
)
def test_refuses_anything_but_a_single_typed_key(key, message):
    with pytest.raises(TypeError, match=message):
        minibatches(np.zeros(3), 1, key=key)


@pytest.mark.parametrize("place", [lambda b: b, on_device], ids=["host", "device"])
def test_stacked_equals_single_batches_across_epochs(place):
    batches = place(minibatches({"x": np.arange(21.0)}, 4, key=KEY))
    stacked = batches.stacked(3, 9)["x"]
    assert stacked.shape == (6, 4)
    for row, step in zip(stacked, range(3, 9), strict=True):
        np.testing.assert_array_equal(row, batches(step)["x"])


def test_refuses_float64_whose_differences_float32_drops():
    seconds = {"t": 1.7e9 + np.arange(60.0)}
    with pytest.raises(
        ValueError, match=r"arrays\['t'\] whose differences .* Subtract"
    ):
        minibatches(seconds, 4, key=jax.random.key(0))
