"""Evaluation: arrays in, numbers out."""

from advnet.evaluation import parzen, probes

__all__ = ["parzen", "probes"]
