"""Diagnosis of a run: rules that name what is wrong, with the number behind each."""

from advnet.evaluation.diagnosis._diagnose import Diagnosis, diagnose
from advnet.evaluation.diagnosis._evidence import Verdict

__all__ = ["Diagnosis", "Verdict", "diagnose"]
