"""Rule for NaN and infinity: the step, the metrics and the player of the first one."""

from collections.abc import Iterator

import numpy as np

from advnet.evaluation.diagnosis._evidence import Evidence
from advnet.evaluation.diagnosis._finding import Finding, NotApplicable

NAME = "not finite"


def not_finite(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if the data or a metric contains NaN or infinity."""
    data = evidence.data
    if data is not None and not np.isfinite(data).all():
        yield _data_finding(data)
    elif not evidence.metrics:
        raise NotApplicable("the rule needs metrics")
    if evidence.num_finite < len(evidence.steps):
        yield _metrics_finding(evidence)


def _data_finding(data: np.ndarray) -> Finding:
    num_bad = int((~np.isfinite(data)).any(axis=1).sum())
    return Finding(
        NAME,
        rule="number of training examples with NaN or infinity above",
        value=num_bad,
        threshold=0.0,
        observation=f"{num_bad} of {len(data)} training examples hold NaN or infinity",
        advice="Drop or repair these examples before training.",
    )


def _metrics_finding(evidence: Evidence) -> Finding:
    row = evidence.num_finite
    first = {name: x[row] for name, x in evidence.metrics.items()}
    names = sorted(name for name, value in first.items() if not np.isfinite(value))
    return Finding(
        NAME,
        rule="number of rows from the first metric that is not finite above",
        value=len(evidence.steps) - row,
        threshold=0.0,
        observation=(
            f"the first value that is not finite appears at step "
            f"{evidence.steps[row]:g}, in {', '.join(names)}"
        ),
        advice=_advice(first),
    )


def _advice(first: dict[str, float]) -> str:
    """Return advice for the first row of metrics that is not finite."""
    bad = {name for name, value in first.items() if not np.isfinite(value)}
    suffix = "/real_logit"
    for critic in (name.removesuffix(suffix) for name in bad if suffix in name):
        real, fake = first[f"{critic}/real_logit"], first.get(f"{critic}/fake_logit")
        if np.isnan(real) and fake is not None and np.isfinite(fake):
            return (
                f"The logits of {critic} are NaN for data and finite for samples: look "
                "for NaN in the batch of that step."
            )
    players = sorted({name.split("/")[0] for name in bad})
    return (
        f"The first players with such a value: {', '.join(players)}. Lower their "
        "learning rate, or add a penalty on the critic (terms.r1)."
    )
