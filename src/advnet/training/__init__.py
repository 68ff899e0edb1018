"""The loop around a step, and what hangs on it."""

from advnet.training import hooks
from advnet.training._checkpoint import restore, save
from advnet.training._fit import StopTraining, fit

__all__ = ["StopTraining", "fit", "hooks", "restore", "save"]
