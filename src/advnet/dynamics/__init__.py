"""Dynamics: which player is updated when; each returns an `Algorithm`."""

from advnet.dynamics._adaptive import adaptive, scheduled_augmentation
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
from advnet.dynamics._scheduled import recorded, scheduled
from advnet.dynamics._simultaneous import simultaneous
from advnet.dynamics._update import update

__all__ = [
    "Summary",
    "adaptive",
    "alternating",
    "averaged",
    "consensus",
    "extragradient",
    "map_members",
    "optimistic",
    "population",
    "recorded",
    "scale_updates",
    "scheduled",
    "scheduled_augmentation",
    "select_member",
    "simultaneous",
    "summary",
    "sweep",
    "transfer",
    "unrolled",
    "update",
]
