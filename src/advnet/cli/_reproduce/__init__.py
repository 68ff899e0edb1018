"""`advnet reproduce`: the paper's table and figures, made anew."""

from advnet.cli._reproduce._command import Reproduce, reproduce

__all__ = ["Reproduce", "reproduce"]
