"""Data, networks and noise of a run, made from its configuration."""

import math
from typing import NamedTuple

import jax
import numpy as np

from advnet import data, games, reporting
from advnet.data import Dataset
from advnet.recipes import Recipe
from advnet.runs._config import MAX_STEPS, Config
from advnet.types import State, Variables

_SAMPLE_BLOCK = 1000
_MIN_SCORED = 20  # what sliced Wasserstein distances need
_DATA_SHARE_OF_MEMORY = 0.25


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
    """

    dataset: Dataset
    trained_on: np.ndarray
    recipe: Recipe
    batches: data.Minibatches
    num_steps: int
    num_samples: int
    init_key: jax.Array
    sample_key: jax.Array

    def initial_state(self) -> State:
        """Compute the state at step 0."""
        return jax.jit(self.recipe.algorithm.init)(self.init_key, self.batches(0))

    def abstract_state(self) -> State:
        """Return the shapes of a state."""
        return jax.eval_shape(
            self.recipe.algorithm.init, self.init_key, self.batches(0)
        )

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
        self, state: State, num: int, *, key: jax.Array | None = None
    ) -> np.ndarray:
        """Draw samples [num, ...], from the averaged generator if there is one."""
        key = self.sample_key if key is None else key
        blocks = [
            games.sample(
                self.recipe.game,
                state,
                jax.random.fold_in(key, block),
                min(num, _SAMPLE_BLOCK),
                average=is_averaged(state),
            )
            for block in range(math.ceil(num / _SAMPLE_BLOCK))
        ]
        return np.concatenate([np.asarray(block) for block in blocks])[:num]

    def interpolate(
        self, state: State, rows: int, columns: int, *, key: jax.Array | None = None
    ) -> np.ndarray:
        """Draw samples [rows, columns, ...] along straight lines in z (Figure 3)."""
        key = self.sample_key if key is None else key
        ends = np.asarray(self.recipe.prior(key, 2 * rows))
        start, end = ends[:rows, None], ends[rows:, None]
        share = np.linspace(0, 1, columns, dtype=np.float32)
        share = share.reshape(1, columns, *[1] * (ends.ndim - 1))
        z = (1 - share) * start + share * end
        samples = games.apply(
            self.recipe.game,
            state,
            "generator",
            z.reshape(-1, *ends.shape[1:]),
            average=is_averaged(state),
        )
        return np.asarray(samples).reshape(rows, columns, *samples.shape[1:])

    def as_pixels(self, x: np.ndarray) -> np.ndarray:
        """Scale images to pixels in [0, 1], each by its own range where necessary."""
        if not self.is_images() or self.is_pixels():
            return x
        axes = tuple(range(x.ndim - 3, x.ndim))
        low, high = (reduce(axis=axes, keepdims=True) for reduce in (x.min, x.max))
        return (x - low) / np.where(high > low, high - low, 1)

    def is_images(self) -> bool:
        """Return whether the data are images: gray, RGB or RGBA."""
        return reporting.is_images(self.dataset.train.x)

    def is_pixels(self) -> bool:
        """Return whether the data are images in [0, 1]."""
        x = self.dataset.train.x
        return x.ndim == 4 and x.min() >= 0 and x.max() <= 1


def is_averaged(state: State) -> bool:
    """Return whether averages of players are kept."""
    return any(player.average for player in state.players.values())


def load_dataset(config: Config) -> Dataset:
    """Load the data of a configuration.

    Raises:
      OSError: If the data are missing.
      ValueError: If the data do not have the expected form.
    """
    spec = config.spec
    options = {name: getattr(config, name) for name in spec.data_options}
    if "seed" in options:
        options["seed"] = config.with_split_seed().split_seed
    return spec.load_data(config.data, **options)


def make_experiment(
    config: Config, dataset: Dataset, pretrained: Variables | None = None
) -> Experiment:
    """Build the networks, minibatches and keys of a configuration.

    Args:
      config: The configuration.
      dataset: The data; see `load_dataset`.
      pretrained: The generator's variables for recipes that start from another run.
    """
    init_key, data_key, sample_key = jax.random.split(jax.random.key(config.seed), 3)
    options = {name: getattr(config, name) for name in config.spec.options}
    if "pretrained" in options:
        options["pretrained"] = pretrained
    recipe = config.spec.make(dataset.train.x, **options)
    if recipe.game.sample is None:
        raise ValueError(
            "Expected a recipe whose game can sample. Pass sample="
            "advnet.games.sampler(prior) to games.adversarial."
        )
    trained_on, unlabeled = dataset.train.x, dataset.unlabeled
    if unlabeled is not None:
        trained_on = np.concatenate([trained_on, unlabeled.x])
    batches = data.minibatches(dataset.train.x, recipe.batch_size, key=data_key)
    if _fits_on_device(dataset.train.x.nbytes):
        batches = data.on_device(batches)
    experiment = Experiment(
        dataset=dataset,
        trained_on=trained_on,
        recipe=recipe,
        batches=batches,
        num_steps=0,
        num_samples=min(config.samples, len(trained_on)),
        init_key=init_key,
        sample_key=sample_key,
    )
    if config.score_every is not None:
        _check_scores(experiment)
    return experiment._replace(num_steps=_num_steps(experiment, config))


def _check_scores(experiment: Experiment) -> None:
    """Raise before training if the validation data are too few for the score."""
    num = len(experiment.dataset.valid.x)
    if num < _MIN_SCORED and not experiment.is_pixels():
        raise ValueError(
            f"Expected at least {_MIN_SCORED} validation examples for score_every, got "
            f"{num}. Leave score_every out, or collect more data."
        )


def _num_steps(experiment: Experiment, config: Config) -> int:
    if config.steps is not None:
        return config.steps
    if config.epochs is not None:
        return experiment.steps_in(config.epochs)
    return max(config.spec.min_steps, experiment.steps_in(config.spec.epochs))


def _fits_on_device(num_bytes: int) -> bool:
    """Return whether the data fit into the memory of an accelerator."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return False
    memory = device.memory_stats() or {}
    return num_bytes < _DATA_SHARE_OF_MEMORY * memory.get("bytes_limit", 0)
