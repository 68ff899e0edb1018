"""The other recipes of 2014, field by field, against the authors' configuration."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet import data, recipes

RNG = np.random.default_rng(0)
COLOR = data.contrast_normalized(RNG.uniform(size=(200, 32, 32, 3)))
FACES = RNG.uniform(0.1, 0.9, size=(200, 48, 48, 1)).astype(np.float32)


@pytest.fixture(autouse=True)
def _standard_promotion():
    with jax.numpy_dtype_promotion("standard"):  # optax promotes its counters
        yield


def abstract(recipe, x):
    return jax.eval_shape(recipe.algorithm.init, jax.random.key(0), x[:2])


def kernels(state, name):
    params = state.players[name].variables.params
    flat = jax.tree_util.tree_leaves_with_path(params)
    return [leaf.shape for path, leaf in flat if "kernel" in jax.tree_util.keystr(path)]


FULLY_CONNECTED = {
    "cifar10_fc_2014": (COLOR, [(100, 8000), (8000, 8000), (8000, 3072)], 1600),
    "tfd_pretrain_2014": (FACES, [(100, 8000), (8000, 8000), (8000, 2304)], 1200),
}


@pytest.mark.parametrize("name", FULLY_CONNECTED)
def test_sizes_of_the_fully_connected_pairs(name):
    x, generator, units = FULLY_CONNECTED[name]
    recipe = getattr(recipes, name)(x)
    state = abstract(recipe, x)
    assert kernels(state, "generator") == generator
    sizes = [np.prod(shape) for shape in kernels(state, "discriminator")]
    inputs = np.prod(x.shape[1:])
    assert sizes == [units, inputs * units * 5, units * units * 5]
    assert recipe.batch_size == 100


def test_sizes_of_the_convolutional_pair():
    recipe = recipes.cifar10_conv_2014(COLOR)
    state = abstract(recipe, COLOR)
    generator = kernels(state, "generator")
    assert sorted(map(len, generator)) == [2, 2, 4]
    assert (100, 8000) in generator
    assert (8000, 8000) in generator
    bias = state.players["generator"].variables.params["bias"]
    assert bias.shape == (32, 32, 3)  # untied
    assert recipe.batch_size == 128
    convolutions = [k for k in kernels(state, "discriminator") if len(k) == 4]
    assert convolutions == [(8, 8, 3, 64), (8, 8, 32, 64), (5, 5, 32, 384)]


def hyperparameters(state, name):
    is_injected = lambda node: hasattr(node, "hyperparams")
    leaves = jax.tree.leaves(state.players[name].opt_state, is_leaf=is_injected)
    (values,) = (leaf.hyperparams for leaf in leaves if is_injected(leaf))
    return values


RATES = {
    "cifar10_fc_2014": (COLOR, 0.025),
    "cifar10_conv_2014": (COLOR, 0.004),
    "tfd_pretrain_2014": (FACES, 0.05),
}


@pytest.mark.parametrize("name", RATES)
def test_rates_and_updates(name):
    x, rate = RATES[name]
    make = getattr(recipes, name)
    recipe = make(x)
    assert "simultaneous" in recipe.about
    assert make(x, updates="alternating", k=2).batch_size == 2 * recipe.batch_size
    with pytest.raises(ValueError, match="got 'both'"):
        make(x, updates="both")

    @jax.jit  # the compiler drops the unused weights, hundreds of millions
    def initial_hyperparameters(key):
        state = recipe.algorithm.init(key, x[:2])
        return [hyperparameters(state, player) for player in state.players]

    for values in initial_hyperparameters(jax.random.key(0)):
        np.testing.assert_allclose(values["learning_rate"], rate, rtol=1e-6)
        np.testing.assert_allclose(values["momentum"], 0.5)


LINEAR = {"cifar10_fc_2014": 0.5, "cifar10_conv_2014": 0.05}


@pytest.mark.ci
@pytest.mark.parametrize(
    "name",
    ["cifar10_conv_2014", pytest.param("cifar10_fc_2014", marks=pytest.mark.slow)],
)
def test_color_starts_as_published(name):
    recipe = getattr(recipes, name)(COLOR)

    @jax.jit
    def largest_values(key):
        players = recipe.algorithm.init(key, COLOR[:2]).players
        params = {name: player.variables.params for name, player in players.items()}
        return jax.tree.map(lambda leaf: jnp.abs(leaf).max(), params)

    leaves = jax.tree_util.tree_leaves_with_path(largest_values(jax.random.key(0)))
    values = {jax.tree_util.keystr(path): float(value) for path, value in leaves}
    weights = {path: value for path, value in values.items() if "kernel" in path}
    biases = {path: value for path, value in values.items() if "bias" in path}
    assert set(biases.values()) == {0.0}
    assert len(weights) + len(biases) == len(values)
    last_layer = max(path for path in weights if "generator" in path)
    for path, value in weights.items():
        width = 0.05 if "generator" in path else 0.005
        width = LINEAR[name] if path == last_layer else width
        assert 0.99 * width < value <= width * (1 + 1e-6), path


@pytest.fixture(scope="module")
def faces():
    """The first stage, and its generator at the start."""
    first = recipes.tfd_pretrain_2014(FACES)
    generator = first.game.players["generator"]
    return first, jax.jit(generator.init)(jax.random.key(0), jnp.zeros((1, 100)))


@pytest.mark.slow
def test_faces_start_as_published(faces):
    _, variables = faces
    params = variables.params
    assert np.abs(params["Dense_0"]["kernel"]).max() <= 0.05
    np.testing.assert_array_equal(params["Dense_0"]["bias"], 0)
    np.testing.assert_array_equal(params["Dense_1"]["bias"], -2)
    sparse = np.asarray(params["Dense_2"]["kernel"])
    np.testing.assert_array_equal((sparse != 0).sum(axis=0), 100)
    np.testing.assert_allclose(sparse[sparse != 0].std(), 1, atol=0.01)
    means = jax.nn.sigmoid(params["Dense_2"]["bias"])
    np.testing.assert_allclose(means, FACES.mean(axis=0).ravel(), atol=1e-5)


@pytest.mark.slow
def test_the_second_stage_starts_from_the_first(faces):
    _, pretrained = faces
    recipe = recipes.tfd_2014(FACES, pretrained)
    state = recipe.algorithm.init(jax.random.key(1), FACES[:100])
    params = state.players["generator"].variables.params
    jax.tree.map(
        np.testing.assert_array_equal, params["layers_1"], dict(pretrained.params)
    )
    front = params["layers_0"]
    assert front["Dense_0"]["kernel"].shape == (100, 8000)
    assert front["Dense_1"]["kernel"].shape == (8000, 100)
    np.testing.assert_array_equal(front["Dense_1"]["bias"], -2)
    assert recipe.game.players["generator"].output_range == (0, 1)
    state, _ = jax.jit(recipe.algorithm.train_step)(state, FACES[:100])
    for name, player in state.players.items():
        for leaf in jax.tree.leaves(player.variables.params):
            if leaf.ndim == 2:
                norm = jnp.linalg.norm(leaf, axis=0).max()
                assert norm <= 1.9365 * (1 + 1e-5), name


def test_contrast_normalized():
    flat = COLOR.reshape(len(COLOR), -1)
    np.testing.assert_allclose(flat.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(flat, axis=1), 55, rtol=1e-5)
    # Sums of a third in float32 leave a rest, which must not be scaled up.
    for dtype in (np.float16, np.float32, np.float64):
        assert not data.contrast_normalized(np.full((1, 5, 5, 3), 1 / 3, dtype)).any()
    tiny = data.contrast_normalized(1e-20 * (FACES[:5, :8, :8] + 1.0))
    np.testing.assert_allclose(
        np.linalg.norm(tiny.reshape(5, -1), axis=1), 55, rtol=1e-5
    )
    with pytest.raises(ValueError, match="Expected images"):
        data.contrast_normalized(np.ones((2, 4)))
