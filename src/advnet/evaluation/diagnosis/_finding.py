"""Outcomes of a rule: a finding, or the reason why the rule is not applicable."""

from typing import NamedTuple


class NotApplicable(Exception):
    """Reason why a rule does not apply to the evidence."""


class Finding(NamedTuple):
    """A failure of the run that a rule detected.

    Attributes:
      name: Name of the failure, such as "mode collapse".
      rule: The measured quantity, and "above" or "below": the side of the threshold on
        which the rule fires.
      value: Measured value of the quantity.
      threshold: Threshold of the rule.
      observation: The evidence in words.
      advice: Changes that may remove the failure.
    """

    name: str
    rule: str
    value: float
    threshold: float
    observation: str
    advice: str

    def __str__(self) -> str:
        """Return the observation, the rule with its numbers, and the advice."""
        return (
            f"{self.name}: {self.observation} (rule: {self.rule} {self.threshold:g}; "
            f"value: {self.value:.3g}). {self.advice}"
        )
