"""The loop around a step, and what hangs on it."""

from advnet.training import hooks
from advnet.training._checkpoint import restore, save
from advnet.training._fit import StopTraining, fit
from advnet.training._run_directory import new_run_directory

__all__ = ["StopTraining", "fit", "hooks", "new_run_directory", "restore", "save"]
