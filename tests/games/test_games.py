"""What a user can get wrong at the edge, and what a game promises."""

import contracts
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from contracts import BATCH

import advnet
from advnet import dynamics, games, losses, modules, priors, terms
from advnet.types import Comparison, Game

KEY = jax.random.key(0)


def init(game, batch=BATCH):
    return advnet.alternating(game, optax.sgd(0.1)).init(KEY, batch)


def test_generator_of_another_shape():
    game = games.gan(nn.Dense(3), nn.Dense(1), priors.normal(2), loss=losses.hinge())
    with pytest.raises(
        ValueError, match=r"real \(\(16, 2\),\) and fake \(\(16, 3\),\)"
    ):
        init(game)


def test_data_the_generator_cannot_reach():
    game = games.gan(
        modules.MLPGenerator(shape=(2,), hidden=(4,)),
        nn.Dense(1),
        priors.normal(2),
        loss=losses.hinge(),
    )
    with pytest.raises(
        ValueError, match=r"lies in \[0, 1\], but the data lie in \[0, 2"
    ):
        init(game, jnp.array([[0.0, 255.0]]))
    init(game, jnp.array([[0.0, 1.0]]))


def test_batch_with_labels():
    with pytest.raises(TypeError, match="one array .* got tuple. Pass the examples"):
        init(contracts.gan(), (BATCH, jnp.zeros(16)))


@pytest.mark.parametrize("features", [2, 5])
def test_critic_with_several_outputs(features):
    game = games.gan(
        nn.Dense(2), nn.Dense(features), priors.normal(2), loss=losses.hinge()
    )
    message = rf"one logit per example, .* got shape \(16, {features}\)"
    with pytest.raises(ValueError, match=message):
        init(game)


def test_patch_critic_with_a_readout():
    compare = lambda play, x, key: Comparison((x,), (x + 1,))
    game = games.adversarial(
        {"discriminator": nn.Conv(1, (3, 3))},
        compare,
        loss=losses.hinge(),
        readout=lambda patches: patches.mean(axis=(1, 2, 3)),
    )
    init(game, jnp.zeros((4, 8, 8, 1)))


def test_unknown_players():
    with pytest.raises(KeyError, match="No player 'critic' .* has \\['discriminator'"):
        games.adversarial(
            {"discriminator": nn.Dense(1)}, None, loss=None, critic="critic"
        )
    with pytest.raises(KeyError, match="No player 'd' .a term's player."):
        contracts.gan(terms=[terms.r1(player="d")])
    compare = lambda play, x, key: Comparison((x,), (play("genrator", x),))
    game = games.adversarial(
        {"discriminator": nn.Dense(1)}, compare, loss=losses.hinge()
    )
    with pytest.raises(KeyError, match="No player 'genrator'"):
        init(game)


def test_player_never_called():
    compare = lambda play, x, key: Comparison((x,), (x,))
    game = games.adversarial(
        {"discriminator": nn.Dense(1), "spare": nn.Dense(1)},
        compare,
        loss=losses.hinge(),
    )
    with pytest.raises(ValueError, match=r"No objective ever calls \['spare'\]"):
        init(game)


def test_terms_need_names_of_their_own():
    with pytest.raises(ValueError, match="'r1' is taken among the terms"):
        contracts.gan(terms=[terms.r1(), terms.r1(2.0)])
    contracts.gan(terms=[terms.r1(), terms.r1(2.0)._replace(name="stronger")])


def test_given_is_shown_to_the_critic_and_never_interpolated():
    seen = []

    def apply(params, x, label):
        seen.append(label)
        return (x @ params)[:, 0] + label

    label = jnp.arange(16.0)
    game = games.adversarial(
        {"discriminator": (lambda key, x, label: jnp.ones((2, 1)), apply)},
        lambda play, x, key: Comparison((x,), (x + 1,), given=(label,)),
        loss=losses.wasserstein(),
        terms=[terms.gradient_penalty()],
    )
    init(game)
    assert len(seen) >= 3  # real, fake and between
    for shown in seen:
        np.testing.assert_array_equal(shown, label)


def test_comparisons_of_pairs():
    """Two inputs a side, as in BiGAN; the penalty runs over both."""
    game = games.adversarial(
        {
            "discriminator": (
                lambda key, x, z: jnp.array([3.0, 4.0]),
                lambda w, x, z: x[:, 0] * w[0] + z[:, 0] * w[1],
            )
        },
        lambda play, x, key: Comparison((x, x[:, :1]), (x, x[:, 1:])),
        loss=losses.hinge(),
        terms=[terms.r1()],
    )
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    _, metrics = algorithm.train_step(algorithm.init(KEY, BATCH), BATCH)
    np.testing.assert_allclose(metrics["discriminator/r1"], 25, rtol=1e-6)


def test_sample_follows_its_key_and_size():
    game = contracts.gan()
    state = init(game)
    draw = lambda seed: advnet.sample(game, state, jax.random.key(seed), 7)
    assert draw(0).shape == (7, 2)
    np.testing.assert_array_equal(draw(0), draw(0))
    assert (draw(0) != draw(1)).all()


def test_sample_uses_running_statistics():
    """One example or a thousand: batch statistics of the sample play no part.

    Those of one example would make every unit 0, and the sample the output's bias.
    """
    generator = modules.MLPGenerator((2,), (4,), output=lambda x: x, batch_norm=True)
    game = games.gan(generator, nn.Dense(1), priors.normal(2), loss=losses.hinge())
    state = init(game)
    one, other = (advnet.sample(game, state, jax.random.key(i), 1) for i in (0, 1))
    assert (one != other).any()


def test_apply_drops_nothing():
    game = games.gan(
        nn.Dense(2),
        modules.MaxoutDiscriminator(),
        priors.normal(2),
        loss=losses.hinge(),
    )
    ask = lambda seed: advnet.apply(
        game, state, "discriminator", BATCH, key=jax.random.key(seed)
    )
    state = init(game)
    np.testing.assert_array_equal(ask(0), ask(1))


def test_sample_without_an_average():
    game = contracts.gan()
    with pytest.raises(
        ValueError, match="No average of 'generator' was kept: train with"
    ):
        advnet.sample(game, init(game), KEY, 2, average=True)


def test_sample_of_a_game_that_cannot():
    with pytest.raises(ValueError, match="built without sample"):
        advnet.sample(Game({}, {}, ()), None, KEY, 2)


def test_init_keeps_module_state_as_the_module_made_it():
    """The trial calls that initialize players move no batch statistics."""
    state = init(contracts.gan(critic="linen"))
    statistics = state.players["discriminator"].variables.state["batch_stats"]
    np.testing.assert_array_equal(statistics["BatchNorm_0"]["mean"], 0)
    np.testing.assert_array_equal(statistics["BatchNorm_0"]["var"], 1)


def test_only_averages_that_were_kept_are_used():
    algorithm = advnet.averaged(advnet.alternating(contracts.gan(), optax.sgd(0.1)))
    state = algorithm.init(KEY, BATCH)
    ask = lambda name, x: advnet.apply(contracts.gan(), state, name, x, average=True)
    assert ask("generator", jnp.zeros((2, 3))).shape == (2, 2)
    with pytest.raises(ValueError, match="No average of 'discriminator' was kept"):
        ask("discriminator", BATCH)


def test_conditions_that_are_not_arrays():
    make, batch = contracts.GAMES["conditional"]
    game = make("hinge")
    state = init(game, batch)
    for condition in (7, [7, 7]):
        with pytest.raises(ValueError, match="one condition for each of 2 samples"):
            advnet.sample(game, state, KEY, 2, condition=condition)


ONE = terms.r1()


@pytest.mark.parametrize("given", [ONE, [(ONE, ONE)]], ids=["one", "a pair"])
def test_what_is_no_list_of_terms(given):
    with pytest.raises(TypeError, match=r"Put one in a list, and unpack"):
        contracts.gan(terms=given)


def test_a_state_of_another_game():
    smaller = contracts.gan()
    larger = smaller._replace(
        players=smaller.players | {"encoder": smaller.players["generator"]}
    )
    with pytest.raises(ValueError, match="no player 'encoder', only"):
        advnet.apply(larger, init(smaller), "encoder", BATCH)


@pytest.mark.parametrize("given", ["hinge", losses.hinge], ids=["name", "function"])
def test_what_is_no_loss(given):
    with pytest.raises(TypeError, match=r"such as loss=advnet.losses.hinge\(\)"):
        games.gan(nn.Dense(2), nn.Dense(1), priors.normal(2), loss=given)


@pytest.mark.parametrize(
    ("shown", "error", "message"),
    [
        (lambda x: (x, x), TypeError, "return Comparison.*got tuple"),
        (lambda x: Comparison(x, (x,)), TypeError, r"real of .* Write real=\(x,\)"),
        (lambda x: Comparison((x,), x), TypeError, r"fake of .* Write fake=\(x,\)"),
        (lambda x: Comparison((x[:0],), (x[:0],)), ValueError, "at least one example"),
        (
            lambda x: Comparison((x.astype(jnp.int32),), (x,)),
            TypeError,
            r"int32, samples float32.*x.astype\(np.float32\)",
        ),
    ],
)
def test_what_is_no_comparison(shown, error, message):
    game = games.adversarial(
        {"discriminator": nn.Dense(1)},
        lambda play, x, key: shown(x),
        loss=losses.hinge(),
    )
    with pytest.raises(error, match=message):
        init(game)


def test_bad_requests_for_samples():
    game = contracts.gan()
    state = init(game)
    with pytest.raises(ValueError, match="num >= 1, got 0"):
        advnet.sample(game, state, KEY, 0)
    with pytest.raises(TypeError, match="num to be an integer, got 2.0"):
        advnet.sample(game, state, KEY, 2.0)
    with pytest.raises(TypeError, match=r"a key, got 0. Make one with jax.random.key"):
        advnet.sample(game, state, 0, 2)
    many = dynamics.population(advnet.alternating(game, optax.sgd(0.1)), 3)
    states = many.init(KEY, BATCH)
    with pytest.raises(ValueError, match=r"3 runs at once.*dynamics.select_member"):
        advnet.sample(game, states, KEY, 2)
