"""Numbers and sentences of the report."""

from collections.abc import Iterable


def number(value: float) -> str:
    """Return a number with three digits, or as a whole number from 1,000 up."""
    value += 0.0  # no minus sign before a zero
    text = f"{value:,.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.3g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def count(num: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{num:,} {noun}" + ("" if num == 1 else "s")


def sentence(parts: Iterable[str]) -> str:
    """Return the parts that are not empty, joined to one sentence."""
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "." if text else ""
