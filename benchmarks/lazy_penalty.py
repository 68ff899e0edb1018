"""Cost of a lazily evaluated penalty: mean time of DCGAN steps, over 16 steps a round.

    python benchmarks/lazy_penalty.py

A median would hide the one step in sixteen that evaluates the penalty.
"""

import argparse

import jax
import optax
from step import examples, jax_contestant, measure_in_turns

import advnet
from advnet import games, losses, modules, priors, terms

TERMS = {
    "without R1": [],
    "every(r1, 16)": [terms.every(terms.r1(0.1), 16)],
    "r1 at each step": [terms.r1(0.1)],
}


def sixteen_steps(game_terms):
    """Return a function that takes sixteen steps."""
    game = games.gan(
        modules.DCGANGenerator(),
        modules.DCGANDiscriminator(),
        priors.uniform(100),
        loss=losses.non_saturating(),
        terms=game_terms,
    )
    algorithm = advnet.alternating(game, optax.adam(2e-4, b1=0.5))
    batch = examples("dcgan", 1)
    state = algorithm.init(jax.random.key(0), batch)
    step = jax.jit(algorithm.train_step, donate_argnums=0)
    run = jax_contestant(step, state, batch)
    return lambda: [run() for _ in range(16)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    contestants = {name: sixteen_steps(terms) for name, terms in TERMS.items()}
    seconds = measure_in_turns(contestants, options.rounds)
    baseline = sum(seconds["without R1"])
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}")
    for name, times in seconds.items():
        milliseconds = 1e3 * sum(times) / (16 * options.rounds)
        ratio = sum(times) / baseline
        print(f"{name:16} {milliseconds:7.1f} ms a step  {ratio:.3f} x without R1")


if __name__ == "__main__":
    main()
