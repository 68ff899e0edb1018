"""Evaluation: arrays in, numbers out."""

from advnet.evaluation import parzen

__all__ = ["parzen"]
