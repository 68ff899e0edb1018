"""Application of all rules to a run."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jax.typing import ArrayLike

from advnet.evaluation._samples import Features
from advnet.evaluation.diagnosis import (
    _class_rules,
    _critic_rules,
    _quality_rules,
    _sample_rules,
)
from advnet.evaluation.diagnosis._evidence import collect_evidence
from advnet.evaluation.diagnosis._finding import Finding, NotApplicable
from advnet.evaluation.diagnosis._not_finite import not_finite
from advnet.evaluation.diagnosis._oscillation import oscillation
from advnet.evaluation.diagnosis._progress import still_improving
from advnet.evaluation.diagnosis._stalled import stalled

_RULES = (
    not_finite,
    _sample_rules.data_out_of_range,
    _sample_rules.mode_collapse,
    _quality_rules.low_variety,
    _class_rules.missing_classes,
    _class_rules.condition_ignored,
    _quality_rules.low_fidelity,
    _quality_rules.told_apart,
    _sample_rules.memorizing,
    _critic_rules.critic_too_strong,
    _critic_rules.vanishing_gradient,
    _critic_rules.critic_not_learning,
    stalled,
    oscillation,
    still_improving,
)

_HIDDEN = {
    "data out of range": {
        *("low variety", "missing classes", "low fidelity", "told apart"),
    },
    "mode collapse": {"low variety", "missing classes", "told apart"},
    "low fidelity": {"missing classes", "told apart"},
    "told apart": {"missing classes"},
}
"""Findings that are left out beside another finding.

They follow from it, or are not reliable beside it: samples unlike the data have no
class.
"""


class Diagnosis(NamedTuple):
    """Findings on a run.

    Attributes:
      findings: Failures that were detected; empty if no rule fired.
      applied: Names of the rules that were applied.
      not_applied: Names of the other rules, each with the reason.
    """

    findings: tuple[Finding, ...]
    applied: tuple[str, ...]
    not_applied: dict[str, str]

    @property
    def summary(self) -> str:
        """Sentence with the numbers of rules that were applied and that fired."""
        fired = len({finding.name for finding in self.findings}) or "none"
        return f"{len(self.applied)} rules applied, {fired} fired."

    def __str__(self) -> str:
        """Return one line per finding, then the rules applied and not applied."""
        lines = [*map(str, self.findings), self.summary]
        lines += [
            f"Not applied: {name} ({reason})."
            for name, reason in self.not_applied.items()
        ]
        return "\n".join(lines)


def diagnose(
    metrics: Mapping[str, ArrayLike],
    *,
    samples: ArrayLike | None = None,
    data: ArrayLike | None = None,
    held_out: ArrayLike | None = None,
    features: Features | None = None,
    labels: ArrayLike | None = None,
    conditions: ArrayLike | None = None,
    step: ArrayLike | None = None,
    scores: Sequence[tuple[int, float]] | None = None,
    output_range: tuple[float, float] | None = None,
) -> Diagnosis:
    """Name the failures of a training run and suggest remedies.

    Rules for samples: data out of range, mode collapse, low variety, missing classes,
    condition ignored, low fidelity, told apart, memorizing. Rules for training: not
    finite, critic too strong, vanishing gradient, critic not learning, stalled,
    oscillation, still improving. Each rule compares a quantity with a threshold. The
    thresholds separate runs that were broken on purpose from healthy runs; the page
    of results on diagnosis has the rates of misses and false alarms. A finding that
    follows from another one is left out.

    Args:
      metrics: Columns [t] by name `player/metric`, as a scan over `train_step` returns
        them or `hooks.write_metrics` writes them. Rows may be missing.
      samples: Samples of the model at the end [m, ...], some hundreds.
      data: Training data [n, ...].
      held_out: Data the model was not trained on [h, ...].
      features: Function from examples to features, in which variety, fidelity, classes
        and copies are judged; by default the first of `features.suitable(data)`.
      labels: Class of each training example [n].
      conditions: Class that each sample was drawn under [m].
      step: Training step of each row [t]; by default the column "step", or 1, 2, ...
      scores: Pairs (step, score) on validation data, larger is better, ten or more.
      output_range: Range of the generator's output, such as `Network.output_range`. By
        default the range of the samples, with a wide margin.

    Returns:
      The findings, the rules that were applied, and the reasons why others were not.
      If metrics contain NaN, the rules use the rows before it. Mode collapse is judged
      on at most 200 examples of each side, and the other rules for samples on at most
      1,000. Memorizing needs the features of all the training data.

    Raises:
      ValueError: If columns differ in length, or examples in size.
      TypeError: If `metrics` is not a mapping.

    Examples:
      >>> probabilities = np.full(300, 0.99), np.full(300, 0.01)
      >>> logits = np.full(300, 4.6), np.full(300, -4.6)
      >>> names = "real_probability", "fake_probability", "real_logit", "fake_logit"
      >>> columns = zip(names, probabilities + logits, strict=True)
      >>> diagnosis = diagnose({f"discriminator/{name}": x for name, x in columns})
      >>> [finding.name for finding in diagnosis.findings]
      ['critic too strong']
      >>> diagnosis.not_applied["mode collapse"]
      'the rule needs data'

    References:
      Goodfellow et al. 2014, sections 3 and 6 (the vanishing gradient, the Helvetica
      scenario); Mescheder et al. 2018 for oscillation.
    """
    evidence = collect_evidence(
        metrics,
        step=step,
        output_range=output_range,
        examples={"samples": samples, "data": data, "held_out": held_out},
        features=features,
        labels=labels,
        conditions=conditions,
        scores=scores,
    )
    findings, applied, not_applied = [], [], {}
    for rule in _RULES:
        name = rule.__name__.replace("_", " ")
        try:
            findings += list(rule(evidence))
            applied.append(name)
        except NotApplicable as reason:
            not_applied[name] = str(reason)
    hidden = set().union(*(_HIDDEN.get(finding.name, ()) for finding in findings))
    visible = (finding for finding in findings if finding.name not in hidden)
    return Diagnosis(tuple(visible), tuple(applied), not_applied)
