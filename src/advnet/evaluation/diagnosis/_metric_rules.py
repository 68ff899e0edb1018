"""What metrics show to be wrong: one function each, with its thresholds.

"Broken" and "healthy" are the runs of tests/learning, three seeds of most, looked at
early and at the end; the numbers are the nearest to the threshold.
"""

from collections.abc import Iterator

import numpy as np

from advnet.evaluation.diagnosis._evidence import Evidence, NotApplicable, Verdict


def not_finite(e: Evidence) -> Iterator[Verdict]:
    """NaN or infinity: when, and in whose numbers first."""
    name, least = "not finite", 0.0
    if e.data is not None and not np.isfinite(e.data).all():
        bad = int((~np.isfinite(e.data)).any(axis=1).sum())
        yield Verdict(
            name,
            "examples of the data with NaN or infinity > 0",
            bad,
            least,
            f"{bad} of {len(e.data)} examples of the data hold NaN or infinity",
            "Drop or repair them before training.",
        )
        if not e.metrics:
            return
    if not e.metrics:
        raise NotApplicable("it takes metrics")
    if e.finite < len(e.steps):
        first = {name: x[e.finite] for name, x in e.metrics.items()}
        yield Verdict(
            name,
            "rows with a metric that is not finite > 0",
            len(e.steps) - e.finite,
            least,
            f"it began at step {e.steps[e.finite]:g}, in "
            + ", ".join(sorted(k for k, x in first.items() if not np.isfinite(x))),
            _cause(first),
        )


def _cause(first: dict[str, float]) -> str:
    """Reads the first row that is not finite."""
    bad = {name for name, x in first.items() if not np.isfinite(x)}
    for critic in (x.removesuffix("/real_logit") for x in bad if "/real_logit" in x):
        real, fake = first[f"{critic}/real_logit"], first.get(f"{critic}/fake_logit")
        if np.isnan(real) and fake is not None and np.isfinite(fake):
            return (
                f"{critic} was still finite on samples, not on data: look for NaN in "
                "the batch of that step."
            )
    players = sorted({name.split("/")[0] for name in bad})
    return (
        f"It reached {' and '.join(players)} first. Lower the learning rate there, or "
        "add a penalty on the critic (terms.r1)."
    )


LEAST_ROWS = 20  # a median of fewer is an accident
# Before it a critic may well win for a while: healthy ones did until step 50.
LEAST_STEPS = 200
# Of both sides, over the last half. Healthy: 0.6; broken: 0.94 at least.
CERTAINTY = 0.9
# A critic's loss that cannot be negative. Healthy: 0.2; broken: 0.01 at most.
ERRORLESS = 0.05
# Last quarter over second, of both. Healthy: 1.4 at most; broken: 3.2 at least.
GROWTH = 2.0


def critic_too_strong(e: Evidence) -> Iterator[Verdict]:
    """The critic tells data from samples for long, and nearly without error."""
    e.at_least(LEAST_STEPS)
    for critic in e.critics():
        rule, number, threshold, wrong = _strength(e, critic)
        if wrong:
            real, fake = (_late(e, f"{critic}/{side}_logit") for side in SIDES)
            yield Verdict(
                "critic too strong",
                rule,
                number,
                threshold,
                f"over the last half {critic} gives data {real:.3g} and samples "
                f"{fake:.3g} (median logits)",
                "Penalize its slope (terms.r1, terms.gradient_penalty), lower its "
                "rate or k, or raise the generator's rate.",
            )


SIDES = "real", "fake"


def _strength(e: Evidence, critic: str) -> tuple[str, float, float, bool]:
    """Rule, number, threshold, and whether it fires."""
    if f"{critic}/real_probability" in e.metrics:
        real, fake = (_late(e, f"{critic}/{side}_probability") for side in SIDES)
        sure = min(real, 1 - fake)
        rule = "the smaller of D(x) and 1 - D(G(z)), median over the last half, above"
        return rule, sure, CERTAINTY, sure > CERTAINTY
    real, fake, loss = (
        e.column(f"{critic}/{what}", LEAST_ROWS)
        for what in ("real_logit", "fake_logit", "loss")
    )
    if np.allclose(loss, fake - real, rtol=1e-3, atol=1e-3):
        return _unbounded(e, real - fake)
    if loss.min() < 0:
        raise NotApplicable(f"the loss of {critic} gives its logits no scale")
    late = _late(e, f"{critic}/loss")
    rule = "the critic's loss, median over the last half, below"
    return rule, late, ERRORLESS, late < ERRORLESS


def _unbounded(e: Evidence, gap: np.ndarray) -> tuple[str, float, float, bool]:
    """A Wasserstein critic is bounded by its slope alone: does that grow?"""
    norms = [e.column(f"{name}/gradient_norm", LEAST_ROWS) for name in e.others()]
    growth = min(_growth_of(x) for x in (gap, *norms))
    rule = "growth of the gap of logits and of the generator's gradient, above"
    return rule, growth, GROWTH, growth > GROWTH


def _growth_of(x: np.ndarray) -> float:
    """The last quarter over the larger of the first two, by medians."""
    first, second, _, last = (np.median(part) for part in np.array_split(x, 4))
    before = max(abs(first), abs(second))
    return float(last / before) if before else 0.0


def _late(e: Evidence, name: str) -> float:
    """Median over the last half."""
    x = e.column(name, LEAST_ROWS)
    return float(np.median(x[len(x) // 2 :]))


# Last tenth over the largest of anybody. Healthy: 0.02 at least; broken: 1e-4.
VANISHED = 1e-3


def vanishing_gradient(e: Evidence) -> Iterator[Verdict]:
    """A generator that is told nothing any more (section 3 of the paper)."""
    what = "gradient_norm"
    if any(_fooled(e, critic) > FOOLED for critic in e.critics()):
        raise NotApplicable("the critic is fooled: that is to be mended first")
    for player in e.others():
        names = [f"{name}/{what}" for name in (player, *e.critics())]
        tenths = [np.array_split(e.column(name, LEAST_ROWS), 10) for name in names]
        most = max(np.median(part) for parts in tenths for part in parts)
        late = np.median(tenths[0][-1])
        if late < VANISHED * most:
            loss = e.metrics.get(f"{player}/loss")
            saturates = loss is not None and np.all(loss[: e.finite] <= 0)
            yield Verdict(
                "vanishing gradient",
                "gradient norm in the last tenth over anybody's largest, below",
                float(late / most),
                VANISHED,
                f"the gradient of {player} has come down to {late:.2g}",
                "The loss saturates where samples are rejected: use "
                "losses.non_saturating()."
                if saturates
                else "Look for units that are saturated or dead, and train the "
                "critic less.",
            )


# A gap of logits, or their movement. Healthy: 0.008 at least; broken: 0.
STILL = 1e-3
# D(G(z)) - D(x), over the last half. Healthy: 0.01 at most; broken: 0.6.
FOOLED = 0.25


def critic_not_learning(e: Evidence) -> Iterator[Verdict]:
    """The critic says the same of data and samples, always, or takes one for other."""
    name = "critic not learning"
    for critic in e.critics():
        real, fake = (e.column(f"{critic}/{side}_logit", LEAST_ROWS) for side in SIDES)
        gap = float(np.median(np.abs(real - fake)))
        if gap < STILL:
            yield Verdict(
                name,
                "median of |real logit - fake logit|, below",
                gap,
                STILL,
                f"{critic} says the same of data and samples, minibatch by minibatch",
                "Look at its capacity, its rate and its inputs; the generator learns "
                "nothing without it.",
            )
        fooled = _fooled(e, critic)
        if fooled > FOOLED:
            yield Verdict(
                name,
                "D(G(z)) - D(x), median over the last half, above",
                fooled,
                FOOLED,
                f"{critic} takes samples for data more often than data",
                "Raise its rate, its steps (k) or its capacity: the generator runs "
                "away from it.",
            )


def _fooled(e: Evidence, critic: str) -> float:
    """How much more real samples are to the critic than data; 0 if it cannot say."""
    if f"{critic}/real_probability" not in e.metrics or e.finite < LEAST_ROWS:
        return 0.0
    if e.steps[e.finite - 1] < LEAST_STEPS:  # a critic may well begin so
        return 0.0
    real, fake = (_late(e, f"{critic}/{side}_probability") for side in SIDES)
    return fake - real


PERIODS = 3  # in the window; one or two may be a trend
CYCLE_ROWS = 64
CYCLE_STEPS = 500  # healthy players circle first, and close in: until step 200
# Share of the variance at one frequency. Healthy: 0.57 at most; broken: 0.8 at least.
PERIODIC = 0.7
# Amplitude late over early: below it the circles close.
PERSISTS = 0.9


def oscillation(e: Evidence) -> Iterator[Verdict]:
    """The players circle round each other and come no nearer."""
    e.at_least(CYCLE_STEPS)
    for critic in e.critics():
        logit = e.column(f"{critic}/fake_logit", CYCLE_ROWS)
        window = _detrended(logit[len(logit) // 4 :])
        early, late = (half.std() for half in np.array_split(window, 2))
        periods, share = _strongest(window)
        if (
            late > STILL
            and late >= PERSISTS * early
            and periods >= PERIODS
            and share > PERIODIC
        ):
            length = (e.steps[e.finite - 1] - e.steps[len(logit) // 4]) / periods
            yield Verdict(
                "oscillation",
                f"share of the variance of {critic}/fake_logit at one frequency, above",
                share,
                PERIODIC,
                f"the players circle with a period of about {length:.3g} steps, and "
                f"the amplitude went from {early:.2g} to {late:.2g}",
                "Use dynamics.extragradient, optimistic or consensus, a penalty "
                "(terms.r1), less momentum (adam with b1=0), or smaller rates.",
            )


def _detrended(x: np.ndarray) -> np.ndarray:
    time = np.linspace(-1, 1, len(x))
    return x - np.polyval(np.polyfit(time, x, 1), time)


def _strongest(x: np.ndarray) -> tuple[int, float]:
    """The strongest frequency, in periods, and its share of the variance."""
    power = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
    power[0] = 0
    peak = int(power.argmax())
    if power[peak] == 0:
        return 0, 0.0
    return peak, float(power[max(peak - 2, 1) : peak + 3].sum() / power.sum())
