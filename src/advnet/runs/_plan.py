"""A dry run: networks, sizes, memory and time, without writing anything."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import numpy as np

from advnet.runs._config import Config
from advnet.runs._experiment import Experiment
from advnet.types import State

_NUM_TIMED = 6


class Plan(NamedTuple):
    """A forecast of a run; `print(plan)` shows it as text.

    Attributes:
      about: Description of the networks.
      num_examples: Number of training examples.
      parameters: For each player, the shape of every parameter by its path.
      memory_bytes: Memory of one training step on the device, if the backend knows it.
      seconds_per_step: Median time of a training step.
      num_steps: Length of training.
      device: Kind of the device.
      settings: Settings of training by name, those of the recipe included.
    """

    about: str
    num_examples: int
    parameters: dict[str, dict[str, tuple[int, ...]]]
    memory_bytes: int | None
    seconds_per_step: float
    num_steps: int
    device: str
    settings: Mapping[str, Any] = MappingProxyType({})

    def __str__(self) -> str:
        """Return networks, sizes, memory and time as lines of text."""
        lines = [f"{self.about}, {self.num_examples:,} examples"]
        for player, shapes in self.parameters.items():
            lines.append(f"  {player}: {self.num_parameters(player):,} parameters")
            lines += [f"    {path} {list(shape)}" for path, shape in shapes.items()]
        if self.memory_bytes is not None:
            lines.append(f"  memory: {self.memory_bytes / 2**20:.0f} MiB on the device")
        if self.settings:
            words = (f"{k.replace('_', ' ')} {v}" for k, v in self.settings.items())
            lines.append(f"  settings: {', '.join(words)}")
        minutes = self.seconds_per_step * self.num_steps / 60
        lines.append(
            f"  time: {self.seconds_per_step * 1e3:.1f} ms a step, "
            f"{self.num_steps:,} steps, about {minutes:.1f} minutes on {self.device}"
        )
        return "\n".join(lines)

    def num_parameters(self, player: str) -> int:
        """Return the number of parameters of a player."""
        return sum(int(np.prod(shape)) for shape in self.parameters[player].values())


def make_plan(config: Config, experiment: Experiment) -> Plan:
    """Compile the training step of a configuration and time it on a few batches."""
    state = experiment.initial_state()
    parameters = {
        name: _shapes(player.variables.params) for name, player in state.players.items()
    }
    step = jax.jit(experiment.recipe.algorithm.train_step, donate_argnums=0)
    compiled = step.lower(state, experiment.feed(0)).compile()
    memory = compiled.memory_analysis()
    return Plan(
        about=experiment.recipe.about,
        num_examples=len(experiment.dataset.train.x),
        parameters=parameters,
        memory_bytes=memory
        and memory.temp_size_in_bytes + memory.argument_size_in_bytes,
        seconds_per_step=_time_step(compiled, state, experiment),
        num_steps=experiment.num_steps,
        device=_device(experiment.num_devices),
        settings=experiment.recipe.settings,
    )


def _device(num: int) -> str:
    kind = jax.devices()[0].device_kind
    return kind if num == 1 else f"{num} devices ({kind})"


def _shapes(params) -> dict[str, tuple[int, ...]]:
    return {
        jax.tree_util.keystr(path, simple=True, separator="/"): leaf.shape
        for path, leaf in jax.tree_util.tree_leaves_with_path(params)
    }


def _time_step(compiled, state: State, experiment: Experiment) -> float:
    times = []
    for number in range(_NUM_TIMED):
        batch = experiment.feed(number)
        start = time.perf_counter()
        state, _ = jax.block_until_ready(compiled(state, batch))
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))
