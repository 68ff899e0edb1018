"""Building of an experiment from a configuration and its data."""

import jax
import numpy as np

from advnet import data, recipes
from advnet._examples import are_bytes
from advnet.data import Dataset
from advnet.recipes import Recipe
from advnet.runs._config import Config
from advnet.runs._devices import choose_mesh, on_mesh
from advnet.runs._experiment import Experiment
from advnet.runs._pixels import max_float_examples, on_bytes
from advnet.runs._scoring import schedule_scores
from advnet.types import Variables

_DATA_SHARE_OF_MEMORY = 0.25


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
    recipe = _make_recipe(config, dataset, pretrained)
    if recipe.game.sample is None:
        raise ValueError(
            "Expected a recipe whose game can sample. Pass sample="
            "advnet.games.sampler(prior) to games.adversarial."
        )
    trained_on, unlabeled = dataset.train.x, dataset.unlabeled
    if unlabeled is not None:
        trained_on = np.concatenate([trained_on, unlabeled.x])
    conditional = is_conditional(config, dataset)
    mesh = choose_mesh(config.devices, recipe.batch_size)
    examples = dataset.train if conditional else dataset.train.x
    batches = data.minibatches(examples, recipe.batch_size, key=data_key)
    if _fits_on_device(dataset.train.x.nbytes):
        batches = data.on_device(batches, mesh)
    if are_bytes(dataset.train.x):
        recipe = recipe._replace(algorithm=on_bytes(recipe.algorithm))
    recipe = recipe._replace(algorithm=on_mesh(recipe.algorithm, mesh))
    experiment = Experiment(
        dataset=dataset,
        trained_on=trained_on,
        recipe=recipe,
        batches=batches,
        num_steps=0,
        num_samples=min(config.samples, max_float_examples(trained_on)),
        init_key=init_key,
        sample_key=sample_key,
        mesh=mesh,
        conditional=conditional,
    )
    experiment = experiment._replace(num_steps=_num_steps(experiment, config))
    schedule_scores(experiment, config)  # raises before training
    return experiment


def _make_recipe(
    config: Config, dataset: Dataset, pretrained: Variables | None
) -> Recipe:
    if dataset.table is not None:
        labeled = is_conditional(config, dataset)
        column = str(config.labels) if labeled else None
        return recipes.table(
            dataset.train.x, dataset.table, condition=column, settings=config.settings
        )
    spec = config.spec
    options = {name: getattr(config, name) for name in spec.options}
    if "pretrained" in options:
        options["pretrained"] = pretrained
    if spec.takes("settings"):
        options["settings"] = config.settings
    chosen = {name: value for name, value in options.items() if value is not None}
    if dataset.kind and spec.takes("kind"):
        chosen["kind"] = dataset.kind
    if not is_conditional(config, dataset):
        return spec.make(dataset.train.x, **chosen)
    num_classes = len(dataset.class_names or ())
    return spec.make(
        dataset.train.x, dataset.train.y, num_classes=num_classes, **chosen
    )


def is_conditional(config: Config, dataset: Dataset) -> bool:
    """Return whether a run learns from the labels of the user's data.

    Raises:
      ValueError: If labels were asked for, and the recipe does not take them.
    """
    if config.spec.takes("num_classes"):
        return dataset.class_names is not None and dataset.train.y is not None
    if config.labels is not None and not is_none(config.labels):
        raise ValueError(
            f"The recipe {config.name} does not take labels; leave them out."
        )
    return False


def is_none(labels: object) -> bool:
    """Return whether the option `labels` says that there are none."""
    return isinstance(labels, str) and labels == "none"


def _num_steps(experiment: Experiment, config: Config) -> int:
    if config.steps is not None:
        return config.steps
    if config.epochs is not None:
        return experiment.steps_in(config.epochs)
    if experiment.recipe.num_steps is not None:
        return experiment.recipe.num_steps
    return max(config.spec.min_steps, experiment.steps_in(config.spec.epochs))


def _fits_on_device(num_bytes: int) -> bool:
    """Return whether the data fit into the memory of an accelerator."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return False
    memory = device.memory_stats() or {}
    return num_bytes < _DATA_SHARE_OF_MEMORY * memory.get("bytes_limit", 0)
