"""Time of the library's training step, compared with hand-written JAX and PyTorch.

    python benchmarks/step.py                # MLP and DCGAN networks, k = 1 and 5

All contestants take turns in one process; only ratios are meaningful. The hand-written
steps draw the same number of random bits, and use the same optimizers and the same
formulation of convolutions. PyTorch, if installed, runs the same networks in eager
mode.
"""

import argparse
import random
import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from by_hand import dcgan_step, mlp_step

import advnet
from advnet import games, losses, modules, priors

BATCH_SIZE = 100


def algorithm_of(pair: str, k: int) -> advnet.types.Algorithm:
    """Return the library's algorithm for a pair of networks."""
    if pair == "mlp":
        players = modules.MLPGenerator(), modules.MaxoutDiscriminator()
        optimizer = optax.sgd(0.1, momentum=0.5)
    else:
        players = modules.DCGANGenerator(), modules.DCGANDiscriminator()
        optimizer = optax.adam(2e-4, b1=0.5)
    game = games.gan(*players, priors.uniform(100), loss=losses.non_saturating())
    return advnet.alternating(game, optimizer, k=k)


def library(pair: str, k: int):
    """Return the library's compiled step and its initial state."""
    algorithm = algorithm_of(pair, k)
    state = algorithm.init(jax.random.key(0), examples(pair, k))
    return jax.jit(algorithm.train_step, donate_argnums=0), state


def examples(pair: str, k: int) -> jax.Array:
    shape = (784,) if pair == "mlp" else (28, 28, 1)
    rng = np.random.default_rng(0)
    return jnp.asarray(rng.uniform(size=(k * BATCH_SIZE, *shape)), jnp.float32)


def jax_contestant(step, state, batch):
    """Return a function that runs one step, waits for it, and keeps the new state."""
    current = [state]

    def run():
        current[0], metrics = step(current[0], batch)
        jax.block_until_ready((current[0], metrics))

    return run


def by_hand(pair: str, k: int):
    build = mlp_step if pair == "mlp" else dcgan_step
    step, state = build(jax.random.key(0), k=k, batch_size=BATCH_SIZE)
    return jax.jit(step, donate_argnums=0), state


def measure_in_turns(contestants: dict, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each contestant in each round, after a warm-up."""
    for run in contestants.values():
        run()
        run()
    seconds = {name: [] for name in contestants}
    order = list(contestants)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            start = time.perf_counter()
            contestants[name]()
            seconds[name].append(time.perf_counter() - start)
            if name == "PyTorch":  # its threads keep spinning for a while
                time.sleep(0.3)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--pairs", nargs="+", default=["mlp", "dcgan"])
    parser.add_argument("--ks", nargs="+", type=int, default=[1, 5])
    options = parser.parse_args()
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}, ms a step")
    for pair in options.pairs:
        for k in options.ks:
            batch = examples(pair, k)
            contestants = {
                "advnet": jax_contestant(*library(pair, k), batch),
                "by hand": jax_contestant(*by_hand(pair, k), batch),
            }
            torch_step = pytorch(pair, k)
            if torch_step is not None:
                contestants["PyTorch"] = torch_step
            rounds = max(5, options.rounds // k)
            report(pair, k, measure_in_turns(contestants, rounds))


def pytorch(pair: str, k: int):
    """Return the PyTorch contestant, or None if PyTorch is not installed."""
    try:
        import torch  # noqa: F401
    except ImportError:
        return None
    from in_pytorch import make_step

    return make_step(pair, k=k, batch_size=BATCH_SIZE)


def report(pair: str, k: int, seconds: dict[str, list[float]]) -> None:
    """Print the median time of each contestant and its ratio to the library."""
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        # A ratio compares times of the same round, so that drifts cancel.
        pairs = zip(seconds[name], seconds["advnet"], strict=True)
        ratio = statistics.median(time / baseline for time, baseline in pairs)
        print(f"{pair:6} k={k}  {name:8} {median * 1e3:8.2f} ms  {ratio:6.3f} x advnet")


if __name__ == "__main__":
    main()
