"""Noise distributions p_z: `prior(key, num) -> z [num, ...]`."""

from advnet.priors._priors import normal, spherical, uniform

__all__ = ["normal", "spherical", "uniform"]
