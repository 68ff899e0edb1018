"""Dynamics: who moves when. Each returns an `Algorithm(init, train_step)`."""

from advnet.dynamics._alternating import alternating
from advnet.dynamics._averaged import averaged
from advnet.dynamics._move import move
from advnet.dynamics._simultaneous import simultaneous

__all__ = ["alternating", "averaged", "move", "simultaneous"]
