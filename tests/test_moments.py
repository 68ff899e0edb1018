"""Means and deviations in float64, and the rule for constant values."""

import jax.numpy as jnp
import numpy as np
import pytest

from advnet._moments import check_float32, compute_moments

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "x",
    [
        RNG.normal(1e6, 1, (500, 2)),
        RNG.normal(1e6, 1, (500, 2)).astype(np.float32),
        RNG.normal(1000, 1, (500, 2)).astype(np.float16),
        RNG.normal(1000, 10, (500, 2)).astype(jnp.bfloat16),
        RNG.integers(0, 256, (500, 2), np.uint8),
        RNG.random((500, 2)) < 0.1,
        RNG.integers(20_240_101, 20_241_231, (500, 2)),
        1.7e9 + RNG.integers(0, 60, (500, 2)),
        1 + 1e-12 * RNG.normal(size=(500, 2)),
        1e-20 * RNG.normal(size=(500, 2)),
        1e17 * RNG.normal(size=(500, 2)),
        RNG.normal(size=(500, 3, 2)),
        RNG.normal(size=(1, 3)),
    ],
    ids=lambda x: f"{x.dtype} {x.shape} around {float(x.mean(dtype=float)):.2g}",
)
def test_moments_are_those_of_extended_precision(x):
    mean, deviation = compute_moments(x)
    exact = x.astype(np.float64).astype(np.longdouble)
    errors = np.abs(mean - exact.mean(axis=0))
    assert (errors <= 1e-14 * exact.std(axis=0) + 1e-15 * np.abs(mean)).all()
    np.testing.assert_allclose(deviation, exact.std(axis=0).astype(float), rtol=1e-11)


def test_a_million_values_in_several_blocks():
    x = (1000 + RNG.choice([-1, 1], (1_000_000, 2))).astype(np.float32)
    x[:, 1] = 1e8 / 3
    mean, deviation = compute_moments(x)
    assert deviation[0] == pytest.approx(1, abs=1e-5)
    assert (mean[1], deviation[1]) == (x[0, 1], 0)


@pytest.mark.parametrize("scale", [1e-150, 1e-20, 1.0, 1e17])
def test_constant_values_at_any_scale(scale):
    """Constant, constant but for rounding, and nearly constant values."""
    x = np.full((1000, 3), 0.3)
    x[::2, 1] = 0.1 + 0.2
    x[7, 2] = 0.3 * (1 + 1e-12)
    moments = compute_moments(scale * x)
    assert (moments.deviation > 0).tolist() == [False, False, True]
    assert moments.scale[:2].tolist() == [1, 1]
    assert moments.standardize(scale * x)[:, 0].tolist() == [0] * 1000
    assert moments.standardize(scale * x)[7, 2] == pytest.approx(999**0.5, rel=1e-3)


def test_values_that_float32_does_not_hold_are_refused():
    day, minute = (1.7e9 + np.arange(n)[:, None] for n in (86_400, 60))
    check_float32(day, name="x")
    check_float32(minute.astype(np.float32), name="x")  # rounded already
    check_float32(np.full((5, 2), 0.1), name="x")
    both = np.concatenate([day[:60], minute], axis=1)
    with pytest.raises(ValueError, match=r"Expected x whose .* at index \[0\]"):
        check_float32(both, name="x")
    with pytest.raises(ValueError, match="float32 holds"):
        check_float32(1e-40 * RNG.normal(size=(9, 1)), name="x")
