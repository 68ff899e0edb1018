"""Reports with something in every part."""

import functools

import numpy as np

from advnet import reporting
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
        evaluation=[
            {
                "metric": "precision",
                "samples": "0.81 ± 0.01",
                "true data": "0.88 ± 0.01",
                "features": "raw values",
                "n": "10,000",
            }
        ],
        notes=["Sigma was chosen on the validation set."],
        diagnosis=[("Mode collapse.", "Add terms.r1.")],
        diagnosis_summary="11 rules applied, one fired.",
        frames=[x[:6], x[6:12], x[12:18]],
        frame_steps=[1, 1000, 3000],
        events=["Step 500: resumed."],
    )._replace(**changes)


@functools.cache
def full_page(shape):
    return reporting.html(full(shape))
