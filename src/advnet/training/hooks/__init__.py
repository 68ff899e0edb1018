"""Hooks for `fit`: functions of (step, state, metrics)."""

from advnet.training.hooks._best import Best, best_of
from advnet.training.hooks._finite import stop_if_not_finite
from advnet.training.hooks._interruption import Interruption, interruptible
from advnet.training.hooks._metrics import log, truncate_metrics, write_metrics
from advnet.training.hooks._periodic import periodic
from advnet.training.hooks._saving import checkpoint
from advnet.training.hooks._tensorboard import tensorboard

__all__ = [
    "Best",
    "Interruption",
    "best_of",
    "checkpoint",
    "interruptible",
    "log",
    "periodic",
    "stop_if_not_finite",
    "tensorboard",
    "truncate_metrics",
    "write_metrics",
]
