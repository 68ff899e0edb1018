"""The validator of arrays of examples."""

import jax.numpy as jnp
import numpy as np
import pytest

from advnet._examples import require_examples, require_images


def test_valid_examples_are_returned_as_float32_or_in_their_own_type():
    x = np.arange(6, dtype=np.uint8).reshape(3, 2)
    assert require_examples(x, name="x").dtype == np.float32
    assert require_examples(x, name="x", dtype=None).dtype == np.uint8
    assert require_examples(x > 2, name="x").tolist() == [[0, 0], [0, 1], [1, 1]]
    half = jnp.ones((2, 3), jnp.bfloat16)
    assert require_examples(half, name="x").tolist() == [[1, 1, 1], [1, 1, 1]]
    with_hole = np.array([[np.nan, 1.0]])
    assert np.isnan(require_examples(with_hole, name="x", finite=False)[0, 0])


def test_errors_name_the_array_and_what_is_wrong():
    cases = [
        (np.zeros(5), r"Expected x \[n, ...\].*got shape \(5,\).*needs an axis"),
        (np.zeros((2, 3)), r"with n >= 3, got shape \(2, 3\)"),
        (np.zeros((5, 0)), r"got shape \(5, 0\)"),
        (np.zeros(()), r"got shape \(\)"),
        ([[1, 2], [3, np.nan], [4, 5]], r"finite x .* got nan at index \[1, 1\]"),
        ([[1], [2], [-np.inf]], r"got -inf at index \[2, 0\]"),
        ([[1.0], [1e19], [3.0]], r"below 1e\+18, got 1e\+19 at index \[1, 0\]"),
        ([[1.0], [1e300], [3.0]], r"got inf at index \[1, 0\]"),
    ]
    for x, message in cases:
        with pytest.raises(ValueError, match=message):
            require_examples(x, name="x", min_examples=3)
    for x in (np.zeros((3, 2), complex), np.array([["a"], ["b"]]), [[None], [None]]):
        with pytest.raises(TypeError, match="Expected x to hold real numbers, got"):
            require_examples(x, name="x")


def test_images():
    x = np.zeros((4, 6, 5, 3), np.uint8)
    assert require_images(x, name="x", dtype=None) is not None
    with pytest.raises(ValueError, match=r"x \[n, h, w, 1\], got shape \(4, 6, 5, 3\)"):
        require_images(x, name="x", channels=(1,))
    with pytest.raises(ValueError, match=r"\[n, h, w, 1 or 4\]"):
        require_images(x, name="x", channels=(1, 4))
    with pytest.raises(ValueError, match=r"x \[n, h, w, c\], got shape \(6, 5, 3\)"):
        require_images(x[0], name="x")
    with pytest.raises(ValueError, match=r"in \[0, 1\], got values from 0 to 255.*255"):
        require_images(255 * np.eye(2)[None, ..., None], name="x", unit_range=True)


def test_masked_values_are_refused():
    """NumPy would read the values below the mask."""
    x = np.ma.masked_array(np.ones((3, 2)), mask=np.eye(3, 2))
    with pytest.raises(ValueError, match="Expected x without masked values"):
        require_examples(x, name="x")
    assert require_examples(x.filled(7), name="x").max() == 7
