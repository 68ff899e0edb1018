"""Dynamics: who moves when. Each returns an `Algorithm(init, train_step)`."""

from advnet.dynamics._alternating import alternating
from advnet.dynamics._averaged import averaged
from advnet.dynamics._init import transfer
from advnet.dynamics._lookahead import consensus, extragradient, optimistic, unrolled
from advnet.dynamics._population import (
    Summary,
    map_members,
    population,
    select_member,
    summary,
    sweep,
)
from advnet.dynamics._scale_updates import scale_updates
from advnet.dynamics._simultaneous import simultaneous
from advnet.dynamics._update import update

__all__ = [
    "Summary",
    "alternating",
    "averaged",
    "consensus",
    "scale_updates",
    "extragradient",
    "transfer",
    "select_member",
    "update",
    "optimistic",
    "map_members",
    "population",
    "simultaneous",
    "summary",
    "sweep",
    "unrolled",
]
