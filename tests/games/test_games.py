"""Errors for wrong arguments, and the properties that every game has."""

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


def test_a_generator_of_another_shape_is_refused():
    game = games.gan(nn.Dense(3), nn.Dense(1), priors.normal(2), loss=losses.hinge())
    with pytest.raises(
        ValueError, match=r"real \(\(16, 2\),\) and fake \(\(16, 3\),\)"
    ):
        init(game)


def test_data_outside_the_range_of_the_generator_are_refused():
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


def test_a_batch_with_labels_is_refused():
    with pytest.raises(ValueError, match="If the batch has labels"):
        init(contracts.gan(), (BATCH, jnp.zeros(16)))


@pytest.mark.parametrize("features", [2, 5])
def test_a_critic_with_several_outputs_is_refused(features):
    game = games.gan(
        nn.Dense(2), nn.Dense(features), priors.normal(2), loss=losses.hinge()
    )
    message = rf"one per example, .* got shape \(16, {features}\)"
    with pytest.raises(ValueError, match=message):
        init(game)


def test_a_patch_critic_works_with_a_readout():
    compare = lambda play, x, key: Comparison((x,), (x + 1,))
    game = games.adversarial(
        {"discriminator": nn.Conv(1, (3, 3))},
        compare,
        loss=losses.hinge(),
        readout=lambda patches: patches.mean(axis=(1, 2, 3)),
    )
    init(game, jnp.zeros((4, 8, 8, 1)))


def test_unknown_players_are_refused():
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


def test_a_player_that_is_never_called_is_refused():
    compare = lambda play, x, key: Comparison((x,), (x,))
    game = games.adversarial(
        {"discriminator": nn.Dense(1), "spare": nn.Dense(1)},
        compare,
        loss=losses.hinge(),
    )
    with pytest.raises(ValueError, match=r"No objective ever calls \['spare'\]"):
        init(game)


def test_terms_of_a_player_need_different_names():
    with pytest.raises(ValueError, match="'r1' is taken among the terms"):
        contracts.gan(terms=[terms.r1(), terms.r1(2.0)])
    contracts.gan(terms=[terms.r1(), terms.r1(2.0)._replace(name="stronger")])


def test_given_is_shown_to_the_critic_and_never_interpolated():
    calls = []

    def apply(params, x, label):
        calls.append(label)
        return (x @ params)[:, 0] + label

    label = jnp.arange(16.0)
    game = games.adversarial(
        {"discriminator": (lambda key, x, label: jnp.ones((2, 1)), apply)},
        lambda play, x, key: Comparison((x,), (x + 1,), given=(label,)),
        loss=losses.wasserstein(),
        terms=[terms.gradient_penalty()],
    )
    init(game)
    assert len(calls) >= 3  # real, fake and interpolated
    for received in calls:
        np.testing.assert_array_equal(received, label)


def test_a_penalty_covers_both_inputs_of_a_pair():
    """Each side has two inputs, as in BiGAN."""
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


def test_samples_depend_on_key_and_number():
    game = contracts.gan()
    state = init(game)
    draw = lambda seed: advnet.sample(game, state, jax.random.key(seed), 7)
    assert draw(0).shape == (7, 2)
    np.testing.assert_array_equal(draw(0), draw(0))
    assert (draw(0) != draw(1)).all()


def test_sample_accepts_noise():
    game = contracts.gan()
    state = init(game)
    z = jax.random.normal(jax.random.key(5), (7, 3))
    samples = advnet.sample(game, state, KEY, 7, noise=z)
    np.testing.assert_array_equal(samples, advnet.apply(game, state, "generator", z))
    with pytest.raises(ValueError, match="one noise vector for each of 8 samples"):
        advnet.sample(game, state, KEY, 8, noise=z)


SAMPLING = ["gan", "conditional", "bidirectional", "inpainting", "semi_supervised"]


@pytest.mark.ci
@pytest.mark.parametrize("name", [*SAMPLING, "latent_optimized"])
def test_all_games_sample_by_the_same_protocol(name):
    """Noise may be passed in, and a condition is required or refused."""
    make, batch = contracts.GAMES[name]
    game = make("hinge")
    state = init(game, batch)
    conditions = {"conditional": contracts.LABELS, "inpainting": (BATCH, BATCH > 1)}
    condition = conditions.get(name)
    draw = lambda **options: advnet.sample(game, state, KEY, 16, **options)
    z = contracts.PRIOR(jax.random.key(1), 16)
    samples = draw(condition=condition, noise=z)
    assert samples.shape == (16, 2)
    np.testing.assert_array_equal(samples, draw(condition=condition, noise=z))
    assert (np.asarray(samples) != draw(condition=condition)).any()
    message = "takes no condition" if condition is None else "draws under a condition"
    with pytest.raises(ValueError, match=message):
        draw(condition=contracts.LABELS if condition is None else None)


def test_sample_uses_running_statistics():
    """Batch statistics of the samples are not used.

    Those of a single sample would make every unit 0, and the sample the output's bias.
    """
    generator = modules.MLPGenerator((2,), (4,), output=lambda x: x, batch_norm=True)
    game = games.gan(generator, nn.Dense(1), priors.normal(2), loss=losses.hinge())
    state = init(game)
    first, second = (advnet.sample(game, state, jax.random.key(i), 1) for i in (0, 1))
    assert (first != second).any()


def test_apply_uses_no_dropout():
    game = games.gan(
        nn.Dense(2),
        modules.MaxoutDiscriminator(),
        priors.normal(2),
        loss=losses.hinge(),
    )
    apply = lambda seed: advnet.apply(
        game, state, "discriminator", BATCH, key=jax.random.key(seed)
    )
    state = init(game)
    np.testing.assert_array_equal(apply(0), apply(1))


def test_sampling_from_a_missing_average_is_refused():
    game = contracts.gan()
    with pytest.raises(ValueError, match="no average of 'generator': train with"):
        advnet.sample(game, init(game), KEY, 2, average=True)


def test_sampling_from_a_game_without_a_sampler_is_refused():
    with pytest.raises(ValueError, match="built without sample"):
        advnet.sample(Game({}, {}, ()), None, KEY, 2)


def test_init_does_not_update_batch_statistics():
    """The calls that initialize players leave the initial module state unchanged."""
    state = init(contracts.gan(critic="linen"))
    statistics = state.players["discriminator"].variables.state["batch_stats"]
    np.testing.assert_array_equal(statistics["BatchNorm_0"]["mean"], 0)
    np.testing.assert_array_equal(statistics["BatchNorm_0"]["var"], 1)


def test_only_players_with_an_average_can_be_averaged():
    algorithm = advnet.averaged(advnet.alternating(contracts.gan(), optax.sgd(0.1)))
    state = algorithm.init(KEY, BATCH)
    apply = lambda name, x: advnet.apply(contracts.gan(), state, name, x, average=True)
    assert apply("generator", jnp.zeros((2, 3))).shape == (2, 2)
    with pytest.raises(ValueError, match="no average of 'discriminator'"):
        apply("discriminator", BATCH)


def test_conditions_that_are_not_arrays_are_refused():
    make, batch = contracts.GAMES["conditional"]
    game = make("hinge")
    state = init(game, batch)
    for condition in (7, [7, 7]):
        with pytest.raises(ValueError, match="one condition for each of 2 samples"):
            advnet.sample(game, state, KEY, 2, condition=condition)


@pytest.mark.parametrize(
    "wrong", [terms.r1(), [(terms.r1(), terms.r2())]], ids=["a term", "a pair"]
)
def test_terms_that_are_not_a_list_are_refused(wrong):
    with pytest.raises(TypeError, match=r"Put a single term in a list, and unpack"):
        contracts.gan(terms=wrong)


def test_a_state_of_another_game_is_refused():
    smaller = contracts.gan()
    larger = smaller._replace(
        players=smaller.players | {"encoder": smaller.players["generator"]}
    )
    with pytest.raises(ValueError, match="no player 'encoder', only"):
        advnet.apply(larger, init(smaller), "encoder", BATCH)


@pytest.mark.parametrize("wrong", ["hinge", losses.hinge], ids=["name", "function"])
def test_a_loss_that_is_not_a_loss_is_refused(wrong):
    with pytest.raises(TypeError, match=r"such as loss=advnet.losses.hinge\(\)"):
        games.gan(nn.Dense(2), nn.Dense(1), priors.normal(2), loss=wrong)


@pytest.mark.parametrize(
    ("compare", "error", "message"),
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
def test_wrong_comparisons_are_refused(compare, error, message):
    game = games.adversarial(
        {"discriminator": nn.Dense(1)},
        lambda play, x, key: compare(x),
        loss=losses.hinge(),
    )
    with pytest.raises(error, match=message):
        init(game)


def test_wrong_arguments_of_sample_are_refused():
    game = contracts.gan()
    state = init(game)
    with pytest.raises(ValueError, match="num >= 1, got 0"):
        advnet.sample(game, state, KEY, 0)
    with pytest.raises(TypeError, match="num to be an integer, got 2.0"):
        advnet.sample(game, state, KEY, 2.0)
    with pytest.raises(TypeError, match=r"a key, got 0. Make one with jax.random.key"):
        advnet.sample(game, state, 0, 2)
    seeds = dynamics.population(advnet.alternating(game, optax.sgd(0.1)), 3)
    states = seeds.init(KEY, BATCH)
    with pytest.raises(ValueError, match=r"got 3 runs.*dynamics.select_member"):
        advnet.sample(game, states, KEY, 2)
