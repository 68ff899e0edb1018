"""Synthetic metrics and points for the tests of the diagnosis."""

import numpy as np

RNG = np.random.default_rng(0)
NUM_ROWS = 1_000
DATA, HELD_OUT, SAMPLES = RNG.normal(size=(3, 400, 2))


def noisy(value, num_rows=NUM_ROWS, sd=0.05):
    """Return a column with noise around a value."""
    return value + sd * RNG.normal(size=num_rows)


def healthy(num_rows=NUM_ROWS, probabilities=True):
    """Return metrics of a critic that is slightly better than chance."""
    logits = {
        "real_logit": noisy(0.3, num_rows),
        "fake_logit": noisy(-0.3, num_rows),
    }
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    sides = ("real", "fake") if probabilities else ()
    odds = {f"{side}_probability": sigmoid(logits[f"{side}_logit"]) for side in sides}
    rest = {"loss": noisy(1.2, num_rows), "gradient_norm": noisy(1, num_rows)}
    critic = logits | odds | rest
    generator = {"loss": noisy(0.8, num_rows), "gradient_norm": noisy(0.5, num_rows)}
    return {f"discriminator/{name}": x for name, x in critic.items()} | {
        f"generator/{name}": x for name, x in generator.items()
    }


def names(diagnosis):
    """Return the names of the findings."""
    return [finding.name for finding in diagnosis.findings]


def single_finding(diagnosis, name):
    """Return the only finding, which must have this name."""
    assert names(diagnosis) == [name]
    return diagnosis.findings[0]
