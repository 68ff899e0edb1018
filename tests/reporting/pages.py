"""Reports with contents in every part."""

import functools

import numpy as np

from advnet import reporting
from advnet.evaluation import Evaluation, MetricResult, diagnosis, parzen
from advnet.reporting import Report

SHAPES = [(1,), (2,), (5,), (28, 28, 1), (32, 32, 3), (40, 24, 3), (96, 96, 1)]


def metrics(num=60):
    rng = np.random.default_rng(0)
    names = ["loss", "gradient_norm", "real_probability", "fake_probability", "r1"]
    columns = {f"discriminator/{name}": rng.uniform(size=num) for name in names}
    return {
        "step": 50 * np.arange(1, num + 1),
        **columns,
        "generator/loss": np.ones(num),
    }


def parzen_table(*notes):
    scores = {"samples": 225.12, "true data": 243.3}
    bandwidth = parzen.Bandwidth(0.1668, 2, np.zeros(10), np.logspace(-1, 0, 10))
    rows = {
        name: parzen.Score(
            MetricResult("log-likelihood", score, 2.0, 500, 4000, features=""),
            bandwidth,
        )
        for name, score in scores.items()
    }
    return parzen.Table(rows, notes)


def finding(**changes):
    values = {
        "name": "mode collapse",
        "rule": "variance of samples over the data's, below",
        "value": 0.0123,
        "threshold": 0.05,
        "observation": "samples have 1.2 % of the data's variance",
        "advice": "Add terms.r1.",
    }
    return diagnosis.Finding(**{**values, **changes})


def evaluation():
    nan = float("nan")
    return Evaluation(
        step=3000,
        results=(
            MetricResult("precision", 0.81, 0.012, 500, 4000, fingerprint="1f3a9c"),
            MetricResult("MMD²", -0.173, 0.02, 500, 4000, p_value=0.005),
            MetricResult("Fréchet distance", nan, failure="Expected n > d, got 5."),
        ),
        true_data=(MetricResult("precision", 0.88, 0.01, 500, 4000),),
        parzen=parzen_table("Sigma was chosen on the validation set."),
        diagnosis=diagnosis.Diagnosis(
            (finding(),),
            ("mode collapse", "memorizing"),
            {"oscillation": "it takes 500 steps"},
        ),
    )


def full(shape, **changes):
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(130, *shape))
    return Report(
        title="a run, 3,000 steps",
        provenance={"command": "advnet train mnist --seed 7", "jax": "0.10.0"},
        metrics=metrics(),
        samples=x,
        neighbors=x[:4] / 2,
        interpolations=x[:12].reshape(3, 4, *shape),
        data=rng.uniform(size=(50, *shape)),
        evaluation=evaluation(),
        frames=[x[:6], x[6:12], x[12:20]],
        frame_steps=[1, 1000, 3000],
        events=["Step 500: resumed."],
    )._replace(**changes)


@functools.cache
def full_page(shape):
    return reporting.html(full(shape))
