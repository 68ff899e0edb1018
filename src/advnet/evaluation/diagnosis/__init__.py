"""Diagnosis of a training run: rules that name a failure and suggest a remedy.

`diagnose` takes the metrics of a run and, if available, samples and data. Each finding
holds the value that was measured, the threshold of its rule, and advice.
"""

from advnet.evaluation.diagnosis._diagnose import Diagnosis, diagnose
from advnet.evaluation.diagnosis._finding import Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
