"""What is wrong with a run, in words: from its metrics and a few samples."""

from collections.abc import Mapping
from typing import NamedTuple

from jax.typing import ArrayLike

from advnet.evaluation.diagnosis import _metric_rules, _sample_rules
from advnet.evaluation.diagnosis._evidence import NotApplicable, Verdict, collect

__all__ = ["Diagnosis", "Verdict", "diagnose"]

_RULES = (
    _metric_rules.not_finite,
    _sample_rules.data_out_of_range,
    _sample_rules.mode_collapse,
    _sample_rules.memorizing,
    _metric_rules.critic_too_strong,
    _metric_rules.vanishing_gradient,
    _metric_rules.critic_not_learning,
    _metric_rules.oscillation,
)


class Diagnosis(NamedTuple):
    """What the rules say of a run.

    Attributes:
      verdicts: What is wrong; empty if no rule fired.
      applied: Rules that could be applied, by name.
      not_applied: The others, and why not.
    """

    verdicts: tuple[Verdict, ...]
    applied: tuple[str, ...]
    not_applied: dict[str, str]

    def __str__(self) -> str:
        """Sentences, one a line."""
        fired = len({verdict.name for verdict in self.verdicts}) or "none"
        lines = [*map(str, self.verdicts)]
        lines += [f"{len(self.applied)} rules were applied and {fired} fired."]
        lines += [f"Not applied: {k} ({why})." for k, why in self.not_applied.items()]
        return "\n".join(lines)


def diagnose(
    metrics: Mapping[str, ArrayLike],
    *,
    samples: ArrayLike | None = None,
    data: ArrayLike | None = None,
    held_out: ArrayLike | None = None,
    step: ArrayLike | None = None,
    output_range: tuple[float, float] | None = None,
) -> Diagnosis:
    """Says in words what is wrong with a run, and what to try.

    Eight rules: not finite, data out of range, mode collapse, memorizing, critic too
    strong, vanishing gradient, critic not learning, oscillation. Each is a number, a
    threshold found on small runs broken on purpose, and advice. They are silent about
    most of what can be wrong: samples may be bad and no rule fire.

    Args:
      metrics: Columns [t] keyed `player/what`, as `train_step` returns them, scanned,
        or as `hooks.write_metrics` writes them. Rows may be thinned out.
      samples: Samples of the model at the end [m, ...], some hundreds.
      data: What it was trained on [n, ...].
      held_out: Data it has not seen [h, ...].
      step: Of each row [t]; by default the column "step", or 1, 2, ...
      output_range: What the generator's output cannot leave, `Network.output_range`;
        by default the range of the samples stands for it, with much slack.

    Returns:
      The verdicts, which rules were applied, and why the others were not. NaN may come
      in: the rules see the rows before it. The rule about mode collapse looks at 200 of
      each side, the rule about memorizing at 1,000 and at all of the data.

    Raises:
      ValueError: If columns differ in length, or examples in size.
      TypeError: If metrics are no columns.

    Examples:
      >>> fooled = np.full(300, 0.99), np.full(300, 0.01)
      >>> logits = np.full(300, 4.6), np.full(300, -4.6)
      >>> names = "real_probability", "fake_probability", "real_logit", "fake_logit"
      >>> columns = zip(names, fooled + logits, strict=True)
      >>> got = diagnose({f"discriminator/{name}": x for name, x in columns})
      >>> [verdict.name for verdict in got.verdicts]
      ['critic too strong']
      >>> got.not_applied["mode collapse"]
      'it takes data'

    References:
      Goodfellow et al. 2014, sections 3 and 6 (the vanishing gradient, the Helvetica
      scenario); Mescheder et al. 2018 for circling.
    """
    evidence = collect(
        metrics, step, output_range, samples=samples, data=data, held_out=held_out
    )
    verdicts, applied, not_applied = [], [], {}
    for rule in _RULES:
        name = rule.__name__.replace("_", " ")
        try:
            verdicts += list(rule(evidence))
            applied.append(name)
        except NotApplicable as reason:
            not_applied[name] = str(reason)
    return Diagnosis(tuple(verdicts), tuple(applied), not_applied)
