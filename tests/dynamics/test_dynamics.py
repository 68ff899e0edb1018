"""Errors for wrong arguments, metrics, and averages."""

import chex
import contracts
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from contracts import BATCH

import advnet
from advnet import dynamics, games, losses, modules, priors
from advnet.networks import as_network


def test_a_batch_that_k_does_not_divide_is_refused():
    algorithm = dynamics.alternating(contracts.gan(), contracts.OPTIMIZER, k=5)
    state = algorithm.init(jax.random.key(0), BATCH)
    message = r"A step with k=5 needs a batch of k \* m examples, got 16"
    with pytest.raises(ValueError, match=message):
        algorithm.train_step(state, BATCH)


def test_a_missing_optimizer_is_refused():
    message = (
        r"No optimizer for \['discriminator'\]; got optimizers for \['generator'\]"
    )
    with pytest.raises(ValueError, match=message):
        dynamics.alternating(contracts.gan(), {"generator": optax.sgd(0.1)})


def test_an_optimizer_of_an_unknown_player_is_refused():
    optimizers = dict.fromkeys(["generator", "discriminator", "critc"], optax.sgd(0.1))
    with pytest.raises(KeyError, match="No player 'critc'"):
        dynamics.simultaneous(contracts.gan(), optimizers)


def test_an_average_of_an_unknown_player_is_refused():
    algorithm = dynamics.averaged(
        dynamics.simultaneous(contracts.gan(), contracts.OPTIMIZER),
        players=["genrator"],
    )
    with pytest.raises(KeyError, match="No player 'genrator'"):
        algorithm.init(jax.random.key(0), BATCH)


@pytest.mark.parametrize("wrong", [1e-3, optax.adam])
def test_an_optimizer_that_is_not_an_optimizer_is_refused(wrong):
    with pytest.raises(TypeError, match=r"such as optax.adam\(1e-3\)"):
        dynamics.alternating(contracts.gan(), wrong)


def test_a_seed_instead_of_a_key_is_refused():
    algorithm = dynamics.alternating(contracts.gan(), contracts.OPTIMIZER)
    with pytest.raises(TypeError, match="Expected a key, got 0"):
        algorithm.init(0, BATCH)


def test_k_below_one_is_refused():
    for k in (0, -1):
        with pytest.raises(ValueError, match=f"Expected k >= 1, got {k}"):
            dynamics.alternating(contracts.gan(), contracts.OPTIMIZER, k=k)


def test_decay_outside_its_range_is_refused():
    algorithm = dynamics.simultaneous(contracts.gan(), contracts.OPTIMIZER)
    with pytest.raises(ValueError, match=r"decay in \[0, 1\), got 1"):
        dynamics.averaged(algorithm, decay=1.0)


def test_names_of_the_metrics_of_a_step():
    game = contracts.gan(terms=[advnet.terms.r1()])
    algorithm = dynamics.alternating(game, contracts.OPTIMIZER)
    state = algorithm.init(jax.random.key(0), BATCH)
    _, metrics = algorithm.train_step(state, BATCH)
    assert set(metrics) == {
        "discriminator/fake_logit",
        "discriminator/fake_probability",
        "discriminator/gradient_norm",
        "discriminator/loss",
        "discriminator/r1",
        "discriminator/real_logit",
        "discriminator/real_probability",
        "discriminator/real_sign",
        "generator/gradient_norm",
        "generator/loss",
    }


def test_metrics_of_a_constant_critic():
    zeros = nn.initializers.zeros
    critic = nn.Dense(1, kernel_init=zeros)
    game = games.gan(
        nn.Dense(2), critic, priors.normal(3), loss=losses.non_saturating()
    )
    algorithm = dynamics.simultaneous(game, optax.sgd(0.1))
    state = algorithm.init(jax.random.key(0), BATCH)
    _, metrics = algorithm.train_step(state, BATCH)
    np.testing.assert_allclose(metrics["discriminator/loss"], np.log(4), rtol=1e-6)
    np.testing.assert_allclose(metrics["generator/loss"], np.log(2), rtol=1e-6)
    for name in ("real", "fake"):
        assert metrics[f"discriminator/{name}_probability"] == 0.5
    assert metrics["generator/gradient_norm"] == 0  # the critic is constant


@pytest.mark.ci
def test_simultaneous_shares_noise_and_dropout_masks():
    """D's loss and G's loss receive exactly the same fake logits."""
    recorded = []

    def record(real, fake):
        jax.debug.callback(lambda fake: recorded.append(np.asarray(fake)), fake)
        return fake

    loss = advnet.types.Loss(record, record)
    game = games.gan(nn.Dense(2), contracts.LinenCritic(), priors.normal(3), loss=loss)
    algorithm = dynamics.simultaneous(game, optax.sgd(0.1))
    state = algorithm.init(jax.random.key(0), BATCH)
    jax.effects_barrier()
    recorded.clear()
    algorithm.train_step(state, BATCH)
    jax.effects_barrier()
    assert len(recorded) == 2
    np.testing.assert_array_equal(*recorded)


def test_real_and_fake_have_different_dropout_masks():
    """Real and fake inputs are equal, so only their dropout masks differ."""
    game = games.adversarial(
        {"discriminator": contracts.LinenCritic()},
        lambda play, x, key: advnet.types.Comparison((x,), (x,)),
        loss=losses.hinge(),
    )
    algorithm = dynamics.alternating(game, optax.sgd(0.0))
    state = algorithm.init(jax.random.key(0), BATCH)
    _, metrics = algorithm.train_step(state, BATCH)
    assert metrics["discriminator/real_logit"] != metrics["discriminator/fake_logit"]


def test_averaged_follows_the_recurrence():
    algorithm = dynamics.averaged(
        dynamics.alternating(contracts.gan(critic="linen"), contracts.OPTIMIZER),
        decay=0.25,
    )
    state = algorithm.init(jax.random.key(0), BATCH)
    step = jax.jit(algorithm.train_step, donate_argnums=0)
    weights = lambda variables: np.asarray(variables.params["w"], np.float64)
    expected = weights(state.players["generator"].variables)
    for t in range(1, 6):
        state, _ = step(state, BATCH)
        rate = min(0.25, t / (t + 9))
        new = weights(state.players["generator"].variables)
        expected = rate * expected + (1 - rate) * new
    generator = state.players["generator"]
    np.testing.assert_allclose(weights(generator.average), expected, rtol=1e-5)
    assert state.players["discriminator"].average is None


def test_a_state_without_averages_is_refused():
    plain = dynamics.alternating(contracts.gan(), contracts.OPTIMIZER)
    state = plain.init(jax.random.key(0), BATCH)
    with pytest.raises(ValueError, match="has no average to update"):
        dynamics.averaged(plain).train_step(state, BATCH)


def test_averaging_does_not_change_training():
    plain = dynamics.alternating(contracts.gan(), contracts.OPTIMIZER)
    states = []
    for algorithm in (plain, dynamics.averaged(plain)):
        state = algorithm.init(jax.random.key(0), BATCH)
        for _ in range(3):
            state, _ = algorithm.train_step(state, BATCH)
        states.append(state.players["generator"].variables)
    jax.tree.map(np.testing.assert_array_equal, *states)


def test_a_step_can_be_donated_and_scanned():
    algorithm = dynamics.averaged(
        dynamics.alternating(contracts.gan(), contracts.OPTIMIZER, k=2)
    )
    state = algorithm.init(jax.random.key(0), BATCH)
    step = jax.jit(algorithm.train_step)
    expected = state
    for _ in range(3):
        expected, _ = step(expected, BATCH)
    batches = jnp.broadcast_to(BATCH, (3, *BATCH.shape))
    scanned, metrics = jax.jit(
        lambda s, b: jax.lax.scan(algorithm.train_step, s, b), donate_argnums=0
    )(state, batches)
    assert metrics["generator/loss"].shape == (3,)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    jax.tree.map(close, scanned.players, expected.players)


@pytest.mark.ci
def test_extragradient_updates_batch_statistics_once():
    """With learning rate 0 the result is that of simultaneous updates."""
    game = games.gan(
        modules.MLPGenerator((2,), (4,), output=lambda x: x, batch_norm=True),
        nn.Dense(1),
        priors.normal(3),
        loss=losses.non_saturating(),
    )
    makers = advnet.simultaneous, dynamics.extragradient
    states = []
    for algorithm in (make(game, optax.sgd(0.0)) for make in makers):
        state = algorithm.init(jax.random.key(0), BATCH)
        states.append(algorithm.train_step(state, BATCH)[0])
    chex.assert_trees_all_equal(*(state.players for state in states))


@pytest.mark.ci
def test_later_turns_of_unrolled_use_the_updated_players():
    """The third turn, an encoder's, depends on the generator's update."""

    def encoder_kernel(rate):
        plain = contracts.gan()
        encoder = as_network(nn.Dense(3))

        def objective(play, batch, key):
            z = priors.normal(3)(key, len(batch))
            code = play("encoder", play("generator", z))
            return jnp.mean((code - z) ** 2), {}

        game = plain._replace(
            players=plain.players | {"encoder": encoder},
            objectives=plain.objectives | {"encoder": objective},
            turns=(*plain.turns, ("encoder",)),
        )
        rates = {"generator": rate, "discriminator": 0.1, "encoder": 0.1}
        optimizers = {name: optax.sgd(rate) for name, rate in rates.items()}
        algorithm = dynamics.unrolled(game, optimizers, k=1)
        state = algorithm.train_step(algorithm.init(jax.random.key(0), BATCH), BATCH)[0]
        return state.players["encoder"].variables.params["kernel"]

    assert (encoder_kernel(0.0) != encoder_kernel(0.5)).any()
