"""Dynamics: who moves when. Each returns an `Algorithm(init, train_step)`."""

from advnet.dynamics._alternating import alternating
from advnet.dynamics._averaged import averaged
from advnet.dynamics._init import inherit
from advnet.dynamics._lookahead import consensus, extragradient, optimistic, unrolled
from advnet.dynamics._move import move
from advnet.dynamics._simultaneous import simultaneous

__all__ = [
    "alternating",
    "averaged",
    "consensus",
    "extragradient",
    "inherit",
    "move",
    "optimistic",
    "simultaneous",
    "unrolled",
]
