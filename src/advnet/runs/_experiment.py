"""Data, networks and noise of a run, and what is computed with them."""

import math
from typing import NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh

from advnet import data, games, priors, reporting
from advnet._examples import are_bytes, scale_bytes
from advnet.data import Dataset
from advnet.recipes import Recipe
from advnet.runs._config_checks import MAX_STEPS
from advnet.runs._devices import (
    place_on_mesh,
    place_on_one_device,
    to_one_device,
)
from advnet.runs._pixels import max_float_examples
from advnet.types import Batches, Prior, State

_NUM_CALIBRATION = 10_000  # samples that the codes of a table are calibrated with
_SAMPLE_BLOCK, _MAX_VALUES = 1000, 1 << 22  # samples, and values, in one call


class Experiment(NamedTuple):
    """A recipe on its data, with the random keys of a seed.

    Attributes:
      dataset: The data, split into train, valid and test.
      trained_on: All examples trained on [n, ...], those of an earlier stage included.
      recipe: The game and its algorithm.
      batches: Minibatches as a function of the step.
      num_steps: Length of training.
      num_samples: Samples to evaluate.
      init_key: Key of the initial state.
      sample_key: Key of the evaluated samples.
      mesh: The devices that a batch is split over, or None for one device.
      conditional: Whether samples are drawn under a class.
    """

    dataset: Dataset
    trained_on: np.ndarray
    recipe: Recipe
    batches: data.Minibatches
    num_steps: int
    num_samples: int
    init_key: jax.Array
    sample_key: jax.Array
    mesh: Mesh | None = None
    conditional: bool = False

    @property
    def num_devices(self) -> int:
        """Number of devices that a batch is split over."""
        return 1 if self.mesh is None else self.mesh.size

    @property
    def feed(self) -> Batches:
        """The minibatches as training reads them, split over the devices."""
        on_host = isinstance(jax.tree.leaves(self.batches.arrays)[0], np.ndarray)
        if self.mesh is None or not on_host:
            return self.batches
        return data.on_mesh(self.batches, self.mesh)

    def initial_state(self) -> State:
        """Compute the state at step 0, a copy on every device."""
        init = self.recipe.algorithm.init
        if self.mesh is None:
            return jax.jit(init)(self.init_key, self.batches(0))
        layout = jax.tree.map(lambda leaf: leaf.sharding, self.abstract_state())
        return jax.jit(init, out_shardings=layout)(self.init_key, self.feed(0))

    def abstract_state(self, *, on_one_device: bool = False) -> State:
        """Return the shapes of a state, and the devices that it is to be placed on."""
        state = jax.eval_shape(
            self.recipe.algorithm.init, self.init_key, self.batches(0)
        )
        if on_one_device:
            return place_on_one_device(state)
        return state if self.mesh is None else place_on_mesh(state, self.mesh)

    def steps_in(self, epochs: float) -> int:
        """Return the number of training steps in `epochs`, at least 1.

        Raises:
          ValueError: If there are more steps than a state can count.
        """
        steps = epochs * self.batches.steps_per_epoch
        if steps > MAX_STEPS:
            raise ValueError(
                f"Expected at most {MAX_STEPS} steps, got {epochs:g} epochs of "
                f"{self.batches.steps_per_epoch:g} steps. Choose fewer epochs."
            )
        return max(1, round(steps))

    def sample(
        self,
        state: State,
        num: int,
        *,
        key: jax.Array | None = None,
        classes: np.ndarray | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Draw samples [num, ...], from the averaged generator if there is one.

        Args:
          state: The state.
          num: Number of samples.
          key: Random key; `sample_key` by default.
          classes: Class of each sample, int32 [num], for a conditional run. By default
            classes have the frequencies of the training data.
          truncation: Largest absolute value of the noise, or None.
        """
        samples = self.draw(state, num, key, classes, truncation)
        if (table := self.dataset.table) is None:
            return samples
        draws_key = jax.random.fold_in(self.sample_key, 1 << 31)
        draws = self.draw(state, _NUM_CALIBRATION, draws_key)
        return table.calibrate(samples, draws)

    def draw(
        self,
        state: State,
        num: int,
        key: jax.Array | None = None,
        classes: np.ndarray | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Draw samples [num, ...] as the generator returns them.

        Scores and pictures during training take these samples: the calibration of a
        table needs many further draws. See `sample` for the arguments.
        """
        key = self.sample_key if key is None else key
        if self.conditional and classes is None:
            classes = self.draw_classes(num, key)
        limit = max(1, _MAX_VALUES // self.dataset.train.x[0].size)
        size = min(num, _SAMPLE_BLOCK, limit)
        prior = self._prior(truncation)
        blocks = []
        state = self._local(state)
        for block in range(math.ceil(num / size)):
            block_key = jax.random.fold_in(key, block)
            condition = noise = None
            if classes is not None:
                start = block * size
                condition = np.resize(classes[start : start + size], size)
            if truncation is not None:
                noise = prior(jax.random.fold_in(block_key, 1), size)
            samples = games.sample(
                self.recipe.game,
                state,
                block_key,
                size,
                condition=condition,
                noise=noise,
                average=is_averaged(state),
            )
            blocks.append(np.asarray(samples))
        return np.concatenate(blocks)[:num]

    def sample_by_class(
        self, state: State, num: int, *, max_classes: int | None = None
    ) -> np.ndarray:
        """Draw samples [classes, num, ...] of the first classes of the data."""
        names = (self.dataset.class_names or ())[:max_classes]
        classes = np.repeat(np.arange(len(names), dtype=np.int32), num)
        samples = self.sample(state, len(classes), classes=classes)
        return samples.reshape(len(names), num, *samples.shape[1:])

    def draw_classes(self, num: int, key: jax.Array) -> np.ndarray:
        """Draw classes, int32 [num], with the frequencies of the training data."""
        labels = self.dataset.train.y
        assert labels is not None  # as the run is conditional
        seed = np.asarray(jax.random.bits(key, (2,)))
        return np.random.default_rng(seed).choice(labels, num)

    def interpolate(
        self,
        state: State,
        rows: int,
        columns: int,
        *,
        key: jax.Array | None = None,
        classes: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draw samples [rows, columns, ...] along straight lines in z (Figure 3).

        Each row of a conditional run has one class: `classes`, int32 [rows], or a class
        drawn at random.
        """
        key = self.sample_key if key is None else key
        ends = np.asarray(self.recipe.prior(key, 2 * rows))
        start, end = ends[:rows, None], ends[rows:, None]
        share = np.linspace(0, 1, columns, dtype=np.float32)
        share = share.reshape(1, columns, *[1] * (ends.ndim - 1))
        z = (1 - share) * start + share * end
        state = self._local(state)
        inputs = [z.reshape(-1, *ends.shape[1:])]
        if self.conditional:
            classes = self.draw_classes(rows, key) if classes is None else classes
            inputs.append(np.repeat(classes, columns))
        samples = games.apply(
            self.recipe.game,
            state,
            "generator",
            *inputs,
            average=is_averaged(state),
        )
        return np.asarray(samples).reshape(rows, columns, *samples.shape[1:])

    def invert(
        self, state: State, x: np.ndarray, classes: np.ndarray | None, key: jax.Array
    ) -> tuple[np.ndarray, np.ndarray]:
        """Search for z [m, ...] of examples [m, ...]; return z and G(z)."""
        state = self._local(state)
        game = games.with_inversion(self.recipe.game, self.recipe.prior)
        average = is_averaged(state)
        condition = None if classes is None else classes
        z = games.encode(game, state, x, key, condition=condition, average=average)
        inputs = [z] if classes is None else [z, classes]
        again = games.apply(game, state, "generator", *inputs, average=average)
        return np.asarray(z), np.asarray(again)

    def floats(self, x: np.ndarray) -> np.ndarray:
        """Return examples as float32; of bytes as many as memory is meant to hold."""
        return scale_bytes(x[: max_float_examples(x)]) if are_bytes(x) else x

    def _local(self, state: State) -> State:
        """Return a state on one device, where samples are drawn."""
        if self.mesh is None:
            return state
        return to_one_device(state)

    def _prior(self, truncation: float | None) -> Prior:
        prior = self.recipe.prior
        return prior if truncation is None else priors.truncated(prior, truncation)

    def as_pixels(self, x: np.ndarray) -> np.ndarray:
        """Scale images to pixels in [0, 1], each by its own range where necessary."""
        if not self.is_images() or self.is_pixels():
            return x
        axes = tuple(range(x.ndim - 3, x.ndim))
        low, high = (reduce(axis=axes, keepdims=True) for reduce in (x.min, x.max))
        return (x - low) / np.where(high > low, high - low, 1)

    def channels(self) -> list[str]:
        """Return the names of the channels of series; empty for other data."""
        dataset = self.dataset
        if dataset.kind != "series":
            return []
        num = dataset.train.x.shape[2]
        return [*(dataset.channel_names or (f"channel {i}" for i in range(num)))]

    def is_images(self) -> bool:
        """Return whether the data are images: gray, RGB or RGBA."""
        return reporting.is_images(self.dataset.train.x)

    def is_pixels(self) -> bool:
        """Return whether the data are images in [0, 1]."""
        x = self.dataset.train.x
        if are_bytes(x):
            return True
        return x.ndim == 4 and x.min() >= 0 and x.max() <= 1


def is_averaged(state: State) -> bool:
    """Return whether averages of players are kept."""
    return any(player.average for player in state.players.values())
