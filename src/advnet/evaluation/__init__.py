"""Evaluation: arrays in, numbers out."""

from advnet.evaluation import imputation, parzen, probes

__all__ = ["imputation", "parzen", "probes"]
