"""Training loop, hooks, checkpoints and recovery from NaN."""

from advnet.training import hooks
from advnet.training._checkpoint import Checkpoints, restore, save
from advnet.training._export import export
from advnet.training._fit import StopTraining, fit
from advnet.training._not_finite import NotFinite
from advnet.training._processes import watch_processes
from advnet.training._recovery import Recovery, fit_with_recovery
from advnet.training._run_directory import new_run_directory

__all__ = [
    "Checkpoints",
    "NotFinite",
    "Recovery",
    "StopTraining",
    "export",
    "fit",
    "fit_with_recovery",
    "hooks",
    "new_run_directory",
    "restore",
    "save",
    "watch_processes",
]
