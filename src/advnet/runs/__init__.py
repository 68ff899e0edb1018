"""Training runs: everything that `advnet train` does, from Python.

    run = advnet.runs.train(advnet.runs.Config(data="measurements.npy"))
    print(run.evaluate())
    run.report()

A run lives in a folder, which `runs.open` opens again.
"""

from advnet.runs._compare import RunComparison, compare
from advnet.runs._conditions import Inversion
from advnet.runs._config import Config
from advnet.runs._fingerprint import Fingerprint
from advnet.runs._folder import RunFolder
from advnet.runs._options import TrainingOptions, UserDataOptions
from advnet.runs._plan import Plan
from advnet.runs._processes import is_first_process, wait_for_processes
from advnet.runs._provenance import Provenance, current_provenance
from advnet.runs._run import Run
from advnet.runs._start import open, plan, start, train

__all__ = [
    "Config",
    "Fingerprint",
    "Inversion",
    "Plan",
    "Provenance",
    "Run",
    "RunComparison",
    "RunFolder",
    "TrainingOptions",
    "UserDataOptions",
    "compare",
    "current_provenance",
    "is_first_process",
    "open",
    "plan",
    "start",
    "train",
    "wait_for_processes",
]
