"""What each feature of a run costs or saves: ratios side by side, in one process.

    python benchmarks/scale.py
    python benchmarks/scale.py --only watched --rounds 15

Contestants of a row take turns in random order, a few hundred steps at a time; a row is
the median over rounds of the ratio to its first contestant in the same round.
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
    """A pair for points in the plane."""
    game = games.gan(
        modules.MLPGenerator(shape=(2,), hidden=(64, 64), output=lambda x: x),
        modules.MLPDiscriminator(hidden=(64, 64), noise=0.0),
        priors.normal(2),
        loss=losses.non_saturating(),
    )
    return game, (2,), 256


def paper(wrap=lambda player: player):
    """The paper's MNIST pair."""
    players = modules.MLPGenerator(shape=(28, 28, 1)), modules.MaxoutDiscriminator()
    game = games.gan(
        *map(wrap, players), priors.uniform(100), loss=losses.non_saturating()
    )
    return game, (28, 28, 1), 100


def conv():
    """A small convolutional pair."""
    game = games.gan(
        modules.DCGANGenerator(shape=(28, 28, 1), channels=(32, 16)),
        modules.DCGANDiscriminator(channels=(16, 32)),
        priors.normal(100),
        loss=losses.non_saturating(),
    )
    return game, (28, 28, 1), 64


class Contestant:
    """Trains on where it stopped, and tells the time of a step."""

    def __init__(self, made, num_steps, *, over=lambda batches: batches, **options):
        game, shape, size = made
        rng = np.random.default_rng(0)
        x = rng.uniform(size=(10_000, *shape)).astype(np.float32)
        self.batches = over(data.minibatches(x, size, key=jax.random.key(1)))
        self.algorithm = dynamics.alternating(game, optax.adam(2e-4, b1=0.5))
        self.num_steps, self.options, self.members = num_steps, options, 1
        self.state = None

    def run(self) -> float:
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
    """Of the tiny pair; the time of a step is a member's."""
    contestant = Contestant(tiny(), num_steps)
    contestant.algorithm = dynamics.population(contestant.algorithm, members)
    contestant.members = members
    return contestant


def saving(num_steps: int, every: int) -> Contestant:
    checkpoints = Checkpoints(tempfile.mkdtemp())
    hook = hooks.checkpoint(checkpoints, every=every)
    return Contestant(paper(), num_steps, hooks=[hook])


def rows(scale: float):
    some = lambda num: max(20, int(num * scale) // 20 * 20)
    yield (
        "tiny pair, steps in one call",
        {
            "1": Contestant(tiny(), some(1000)),
            "10": Contestant(tiny(), some(1000), steps_per_call=10),
            "20": Contestant(tiny(), some(1000), steps_per_call=20),
        },
    )
    yield (
        "conv pair, steps in one call",
        {
            "1": Contestant(conv(), some(20)),
            "10": Contestant(conv(), some(20), steps_per_call=10),
        },
    )
    yield (
        "paper's pair, where batches come from",
        {
            "host": Contestant(paper(), some(100)),
            "prefetch": Contestant(paper(), some(100), over=data.prefetch),
            "on the device": Contestant(paper(), some(100), over=data.on_device),
        },
    )
    watch = [
        hooks.stop_if_not_finite(every=20),
        hooks.write_metrics(tempfile.mkdtemp() + "/metrics.jsonl", every=20),
    ]
    yield (
        "paper's pair, saved and watched",
        {
            "neither": Contestant(paper(), some(200)),
            "saved every 200 steps": saving(some(200), 200),
            "watched every 20": Contestant(paper(), some(200), hooks=watch),
        },
    )
    yield (
        "tiny pair, a member's step",
        {
            "single": Contestant(tiny(), some(1000)),
            "of 16": population(some(200), 16),
        },
    )
    yield (
        "paper's pair, compute in",
        {
            "float32": Contestant(paper(), some(60)),
            "bfloat16": Contestant(paper(networks.in_bfloat16), some(60)),
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0, help="of steps a turn")
    parser.add_argument("--only", default="", help="rows whose title has this in it")
    options = parser.parse_args()
    jnp.zeros(1).block_until_ready()
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}")
    for title, contestants in rows(options.scale):
        if options.only not in title:
            continue
        for contestant in contestants.values():
            contestant.run()
        times = {name: [] for name in contestants}
        order = list(contestants)
        for _ in range(options.rounds):
            random.shuffle(order)  # who runs after whom tells by some hundredths
            for name in order:
                times[name].append(contestants[name].run())
        print(f"{title}:")
        first = next(iter(times.values()))
        for name, seconds in times.items():
            pairs = zip(seconds, first, strict=True)
            ratio = statistics.median(own / base for own, base in pairs)
            median = statistics.median(seconds) * 1e3
            print(f"  {name:24}{median:10.3f} ms a step   {ratio:6.3f} x", flush=True)


if __name__ == "__main__":
    main()
