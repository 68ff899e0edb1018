"""Speed of training steps on one GPU, in images a second and as a share of its peak.

    OUT=out python benchmarks/gpu/speed.py
    OUT=out python benchmarks/gpu/speed.py --tiny      # on a CPU, in a minute

Rows: the MLP, DCGAN and residual pairs as library steps, one step or 20 in a call, and
populations of MLP pairs. PyTorch, if installed, runs the MLP and DCGAN pairs eagerly.
Each row is written to speed.json when it is measured. `benchmarks/step.py`, also on the
GPU, compares with JAX by hand.
"""

import argparse
import json
import os
import pathlib
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import step as step_benchmark

import advnet
from advnet import recipes

PEAK = 990e12  # bfloat16 products of an H100, a second


def time_calls(call, seconds: float) -> float:
    """Return the median time of a call that waits for its result."""
    call()
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def fused(train_step, state, batch, num: int):
    """Return a function that runs `num` steps in one call, and its operations."""

    def steps(state):
        body = lambda state, _: (train_step(state, batch)[0], None)
        return jax.lax.scan(body, state, None, length=num)[0]

    compiled = jax.jit(steps, donate_argnums=0).lower(state).compile()
    cost = compiled.cost_analysis() or {}
    current = [state]

    def call():
        current[0] = jax.block_until_ready(compiled(current[0]))

    return call, cost.get("flops", float("nan"))


def residual(width: int, side: int, batch_size: int):
    """Return the step of R3GAN, its state and a batch."""
    x = np.zeros((2, side, side, 3), np.uint8)
    settings = recipes.Settings(model="small", width=width, batch_size=batch_size)
    recipe = recipes.images(x, settings=settings)
    rng = np.random.default_rng(0)
    batch = jnp.asarray(rng.uniform(size=(batch_size, side, side, 3)), jnp.float32)
    return start(recipe.algorithm, batch)


def library(pair: str):
    """Return the step of the MLP or DCGAN pair, its state and a batch."""
    return start(step_benchmark.algorithm_of(pair, 1), step_benchmark.examples(pair, 1))


def population(members: int):
    """Return the step of a population of MLP pairs, its states and a batch."""
    algorithm = step_benchmark.algorithm_of("mlp", 1)
    algorithm = advnet.dynamics.population(algorithm, members)
    return start(algorithm, step_benchmark.examples("mlp", 1))


def start(algorithm, batch):
    """Return the step of an algorithm, its initial state and the batch."""
    state = jax.jit(algorithm.init)(jax.random.key(0), batch)
    return algorithm.train_step, state, batch


def rows(tiny: bool):
    """Yield the name, the images of a step and the contestant of each row."""
    for pair in ("mlp", "dcgan"):
        yield pair, step_benchmark.BATCH_SIZE, lambda pair=pair: library(pair)
    sizes = [(16, 8, 4)] if tiny else [(96, 32, 256), (192, 32, 256), (192, 64, 256)]
    for width, side, batch_size in sizes:
        name = f"R3GAN, width {width}, {side} pixels"
        yield name, batch_size, lambda s=(width, side, batch_size): residual(*s)
    for members in (1, 2) if tiny else (1, 4, 16, 64):
        num = members * step_benchmark.BATCH_SIZE
        yield f"{members} MLP pairs", num, lambda m=members: population(m)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    path = pathlib.Path(os.environ["OUT"], "speed.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    device = jax.devices()[0].device_kind
    table = [{"device": device, "jax": jax.__version__, "optax": optax.__version__}]
    seconds = 0.1 if options.tiny else 5.0
    for name, num_images, build in rows(options.tiny):
        for steps in (1, 2 if options.tiny else 20):
            begin = time.perf_counter()
            call, flops = fused(*build(), steps)
            compiling = time.perf_counter() - begin
            per_step = time_calls(call, seconds) / steps
            row = {
                "pair": name,
                "steps a call": steps,
                "ms a step": 1e3 * per_step,
                "images a second": num_images / per_step,
                "share of peak": flops / per_step / PEAK,
                "seconds of compilation": compiling,
            }
            table.append(row)
            path.write_text(json.dumps(table, indent=1))
            print(json.dumps(row), flush=True)
    for pair in ("mlp", "dcgan"):
        run = step_benchmark.pytorch(pair, 1)
        if run is not None:
            row = {"pair": f"{pair}, PyTorch", "ms a step": 1e3 * time_calls(run, 1.0)}
            table.append(row)
            path.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
