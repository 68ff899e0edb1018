"""Cost or gain of each feature of a run, as ratios measured in one process.

    python benchmarks/scale.py
    python benchmarks/scale.py --only watched --rounds 15

The contestants of a table take turns in random order, a few hundred steps at a time. A
ratio compares a contestant with the first contestant of the table in the same round;
the median over rounds is printed.
"""

import argparse
import random
import statistics
import tempfile
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import advnet
from advnet import data, dynamics, games, hooks, losses, modules, networks, priors
from advnet.training import Checkpoints


def tiny():
    """Build small networks for points in the plane."""
    game = games.gan(
        modules.MLPGenerator(shape=(2,), hidden=(64, 64), output=lambda x: x),
        modules.MLPDiscriminator(hidden=(64, 64), noise=0.0),
        priors.normal(2),
        loss=losses.non_saturating(),
    )
    return game, (2,), 256


def paper(wrap=lambda player: player):
    """Build the MNIST networks of the paper."""
    players = modules.MLPGenerator(shape=(28, 28, 1)), modules.MaxoutDiscriminator()
    game = games.gan(
        *map(wrap, players), priors.uniform(100), loss=losses.non_saturating()
    )
    return game, (28, 28, 1), 100


def conv():
    """Build small convolutional networks."""
    game = games.gan(
        modules.DCGANGenerator(shape=(28, 28, 1), channels=(32, 16)),
        modules.DCGANDiscriminator(channels=(16, 32)),
        priors.normal(100),
        loss=losses.non_saturating(),
    )
    return game, (28, 28, 1), 64


class Contestant:
    """Training run that is continued at every turn, and that times its steps."""

    def __init__(self, setup, num_steps, *, wrap=lambda batches: batches, **options):
        game, shape, size = setup
        rng = np.random.default_rng(0)
        x = rng.uniform(size=(10_000, *shape)).astype(np.float32)
        self.batches = wrap(data.minibatches(x, size, key=jax.random.key(1)))
        self.algorithm = dynamics.alternating(game, optax.adam(2e-4, b1=0.5))
        self.num_steps, self.options, self.members = num_steps, options, 1
        self.state = None

    def run(self) -> float:
        """Train for some steps; return the seconds per step and member."""
        if self.state is None:
            self.state = jax.jit(self.algorithm.init)(
                jax.random.key(0), self.batches(0)
            )
        start = time.perf_counter()
        end = int(self.state.step) + self.num_steps
        self.state = advnet.fit(
            self.algorithm, self.state, self.batches, num_steps=end, **self.options
        )
        jax.block_until_ready(self.state)
        return (time.perf_counter() - start) / self.num_steps / self.members


def population(num_steps: int, members: int) -> Contestant:
    """Build a population of the tiny networks; times are per member."""
    contestant = Contestant(tiny(), num_steps)
    contestant.algorithm = dynamics.population(contestant.algorithm, members)
    contestant.members = members
    return contestant


def saving(num_steps: int, every: int) -> Contestant:
    """Build a run that saves a checkpoint every so many steps."""
    checkpoints = Checkpoints(tempfile.mkdtemp())
    hook = hooks.checkpoint(checkpoints, every=every)
    return Contestant(paper(), num_steps, hooks=[hook])


def tables(scale: float):
    """Yield the title and the contestants of each table."""
    scaled = lambda num: max(20, int(num * scale) // 20 * 20)
    yield (
        "tiny networks, steps in one call",
        {
            "1": Contestant(tiny(), scaled(1000)),
            "10": Contestant(tiny(), scaled(1000), steps_per_call=10),
            "20": Contestant(tiny(), scaled(1000), steps_per_call=20),
        },
    )
    yield (
        "convolutional networks, steps in one call",
        {
            "1": Contestant(conv(), scaled(20)),
            "10": Contestant(conv(), scaled(20), steps_per_call=10),
        },
    )
    yield (
        "networks of the paper, where batches come from",
        {
            "host": Contestant(paper(), scaled(100)),
            "prefetch": Contestant(paper(), scaled(100), wrap=data.prefetch),
            "on the device": Contestant(paper(), scaled(100), wrap=data.on_device),
        },
    )
    watching = [
        hooks.stop_if_not_finite(every=20),
        hooks.write_metrics(tempfile.mkdtemp() + "/metrics.jsonl", every=20),
    ]
    yield (
        "networks of the paper, saved and watched",
        {
            "neither": Contestant(paper(), scaled(200)),
            "saved every 200 steps": saving(scaled(200), 200),
            "watched every 20": Contestant(paper(), scaled(200), hooks=watching),
        },
    )
    yield (
        "tiny networks, the step of a member",
        {
            "single": Contestant(tiny(), scaled(1000)),
            "of 16": population(scaled(200), 16),
        },
    )
    yield (
        "networks of the paper, computed in",
        {
            "float32": Contestant(paper(), scaled(60)),
            "bfloat16": Contestant(paper(networks.in_bfloat16), scaled(60)),
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="factor for the steps of a turn"
    )
    parser.add_argument(
        "--only", default="", help="tables whose title contains this text"
    )
    options = parser.parse_args()
    jnp.zeros(1).block_until_ready()
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}")
    for title, contestants in tables(options.scale):
        if options.only not in title:
            continue
        for contestant in contestants.values():
            contestant.run()
        times = {name: [] for name in contestants}
        order = list(contestants)
        for _ in range(options.rounds):
            random.shuffle(order)  # the order changes times by some hundredths
            for name in order:
                times[name].append(contestants[name].run())
        print(f"{title}:")
        first = next(iter(times.values()))
        for name, seconds in times.items():
            pairs = zip(seconds, first, strict=True)
            ratio = statistics.median(time / baseline for time, baseline in pairs)
            median = statistics.median(seconds) * 1e3
            print(f"  {name:24}{median:10.3f} ms a step   {ratio:6.3f} x", flush=True)


if __name__ == "__main__":
    main()
