"""Dynamics: who moves when. Each returns an `Algorithm(init, train_step)`."""

from advnet.dynamics._alternating import alternating
from advnet.dynamics._averaged import averaged
from advnet.dynamics._damped import damped
from advnet.dynamics._init import inherit
from advnet.dynamics._lookahead import consensus, extragradient, optimistic, unrolled
from advnet.dynamics._move import move
from advnet.dynamics._population import (
    Summary,
    member,
    per_member,
    population,
    summary,
    sweep,
)
from advnet.dynamics._simultaneous import simultaneous

__all__ = [
    "Summary",
    "alternating",
    "averaged",
    "consensus",
    "damped",
    "extragradient",
    "inherit",
    "member",
    "move",
    "optimistic",
    "per_member",
    "population",
    "simultaneous",
    "summary",
    "sweep",
    "unrolled",
]
