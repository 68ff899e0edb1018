"""Descriptions of clouds of vectors."""

import numpy as np

from advnet.reporting import _clouds


def test_moments_far_from_0():
    """Sums of these values in float32 have a deviation of 2.8."""
    x = (20_240_600 + np.tile([-2, 2], 50_000)).astype(np.float32)
    assert _clouds._moments(x) == "mean 2.02e7, deviation 2"
