"""Diagnosis of a training run: rules that name a failure and suggest a remedy.

`diagnose` takes the metrics of a run and, if available, samples and data. Each verdict
holds the value that was measured, the threshold of its rule, and advice.
"""

from advnet.evaluation.diagnosis._diagnose import Diagnosis, diagnose
from advnet.evaluation.diagnosis._verdict import Verdict

__all__ = ["Diagnosis", "Verdict", "diagnose"]
