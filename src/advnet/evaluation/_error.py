"""Standard error of a mean; moved to `_statistics`."""

from advnet.evaluation._statistics import standard_error

__all__ = ["standard_error"]
