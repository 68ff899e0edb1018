"""One of several processes: arguments PORT NUM INDEX FOLDER STEPS FAILING.

It trains data-parallel with one device in each process, starts from the newest
checkpoint, and writes the final parameters to FOLDER/INDEX.npz. The process with index
FAILING raises an error at step 20.
"""

import sys
from pathlib import Path

import jax
import numpy as np
import optax

import advnet
from advnet import data, games, losses, modules, priors, sharding
from advnet.training import Checkpoints, watch_processes

TIMEOUT = 4  # seconds


def main(
    port: int, num: int, index: int, folder: Path, num_steps: int, failing: int
) -> None:
    if num > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(f"localhost:{port}", num, index)
    assert jax.device_count() == num
    game = games.gan(
        modules.MLPGenerator(shape=(6,), hidden=(16,), output=lambda x: x),
        modules.MaxoutDiscriminator(units=(8,)),
        priors.normal(4),
        loss=losses.non_saturating(),
    )
    algorithm = advnet.averaged(advnet.alternating(game, optax.adam(1e-3), k=2))
    x = np.random.default_rng(0).uniform(size=(50, 6)).astype(np.float32)
    mesh = sharding.data_mesh()
    batches = data.minibatches(x, 16, key=jax.random.key(1))
    first = batches(0)
    global_batches = data.on_mesh(batches, mesh)
    with jax.set_mesh(mesh):
        start = lambda: algorithm.init(jax.random.key(0), first)
        init = jax.jit(start, out_shardings=sharding.replicated(mesh))
        state = init()
        watch = watch_processes(timeout=TIMEOUT)
        with Checkpoints(folder / "checkpoints") as checkpoints, watch:
            state = checkpoints.restore(state) or state
            hooks = [advnet.hooks.checkpoint(checkpoints, every=5)]
            if index == failing:
                hooks.append(lambda step, state, metrics: 1 / (step - 20))
            state = advnet.fit(
                algorithm, state, global_batches, num_steps=num_steps, hooks=hooks
            )
    leaves = jax.tree.leaves({n: p.variables for n, p in state.players.items()})
    np.savez(folder / f"{index}.npz", *[leaf.addressable_data(0) for leaf in leaves])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), Path(sys.argv[4]), *map(int, sys.argv[5:]))
