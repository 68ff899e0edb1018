"""Games combined of parts, custom games, frozen players and memories."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import advnet
from advnet import dynamics, games, losses, networks, priors, terms
from advnet.types import Comparison, Memory, Variables

BATCH = jax.random.normal(jax.random.key(7), (16, 2))
PRIOR = priors.normal(3)
GENERATOR = nn.Dense(2)
CRITIC = nn.Sequential([nn.Dense(4), nn.tanh, nn.Dense(1)])


def gan(critic="discriminator", network=CRITIC, generator=GENERATOR, **options):
    def compare(play, x, key):
        return Comparison((x,), (play("generator", PRIOR(key, len(x))),))

    return games.adversarial(
        {"generator": generator, critic: network},
        compare,
        loss=losses.non_saturating(),
        critic=critic,
        **options,
    )


def step(game, num=1):
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    state = jax.jit(algorithm.init)(jax.random.key(0), BATCH)
    train_step = jax.jit(algorithm.train_step)
    for _ in range(num):
        state, metrics = train_step(state, BATCH)
    return state, metrics


def params(state):
    return {name: p.variables.params for name, p in state.players.items()}


def test_one_part_is_the_game_itself_bit_for_bit():
    game = gan(terms=[terms.r1(0.1)])
    state, metrics = step(game, 3)
    combined, combined_metrics = step(games.combine([(game, 1.0)]), 3)
    jax.tree.map(np.testing.assert_array_equal, params(state), params(combined))
    assert metrics.keys() == combined_metrics.keys()


def test_two_halves_are_the_whole_to_rounding():
    game = gan(terms=[terms.r1(0.1)])
    whole, _ = step(game, 3)
    halves, metrics = step(games.combine([(game, 0.5), (game, 0.5)]), 3)
    close = functools.partial(np.testing.assert_allclose, atol=1e-6)
    jax.tree.map(close, params(whole), params(halves))
    names = {"generator/loss", "generator/loss_0", "generator/loss_1"}
    assert names <= set(metrics)


def test_weights_scale_shared_players_only():
    parts = [
        (gan("first"), 0.0),
        (gan("second"), lambda step: jnp.where(step < 0, 0.0, 1.0)),
    ]
    combined, metrics = step(games.combine(parts))
    assert combined.players.keys() == {"generator", "first", "second"}
    np.testing.assert_allclose(metrics["generator/loss"], metrics["generator/loss_1"])
    assert metrics["first/gradient_norm"] > 0


def test_different_networks_under_one_name_are_refused():
    parts = [(gan("first"), 1.0), (gan("second", generator=nn.Dense(2, False)), 1.0)]
    with pytest.raises(ValueError, match="different networks for 'generator'"):
        games.combine(parts)


NUMBER = networks.plain(lambda key: jnp.ones(()), lambda value: value)


def bilinear(**objectives):
    return games.custom(
        {"x": NUMBER, "y": NUMBER},
        {
            "x": lambda play, batch, key: play("x") * play("y"),
            "y": lambda play, batch, key: (
                -play("x") * play("y"),
                {"value": play("y")},
            ),
            **objectives,
        },
        [["x"], ["y"]],
    )


def test_a_custom_game_names_its_metrics():
    _, metrics = step(bilinear())
    names = {"x/loss", "y/loss", "y/value", "x/gradient_norm", "y/gradient_norm"}
    assert set(metrics) == names


@pytest.mark.parametrize(
    ("objective", "error", "message"),
    [
        (
            lambda play, batch, key: play("x") * batch,
            ValueError,
            "loss of x to be a sc",
        ),
        (
            lambda play, batch, key: (play("x"), 3),
            TypeError,
            "with a mapping of metrics",
        ),
        (lambda play, batch, key: (play("x"), {"a": BATCH}), ValueError, "metric 'a'"),
        (lambda play, batch, key: play("z"), KeyError, "'z'"),
    ],
)
def test_a_custom_objective_is_checked(objective, error, message):
    with pytest.raises(error, match=message):
        step(bilinear(x=objective))


def test_the_turns_of_a_custom_game_are_checked():
    objective = lambda play, batch, key: play("x")
    make = lambda turns, **objectives: games.custom({"x": NUMBER}, objectives, turns)
    with pytest.raises(ValueError, match="has a turn and no objective"):
        make([["x"]])
    with pytest.raises(TypeError, match="Put it in a list"):
        make(["x"], x=objective)
    with pytest.raises(ValueError, match="two turns"):
        make([["x"], ["x"]], x=objective)
    with pytest.raises(ValueError, match="not a player"):
        make([["x"]], x=objective, y=objective)


class Features(nn.Module):
    @nn.compact
    def __call__(self, x, *, train: bool):
        x = nn.Dropout(0.9, deterministic=not train)(x)
        return [nn.Dense(3)(x), nn.Dense(4)(x)]


def test_a_frozen_player_does_not_change_and_is_in_inference_mode():
    variables = Variables(
        Features().init(jax.random.key(5), BATCH, train=False)["params"]
    )
    game = games.adversarial(
        {
            "generator": GENERATOR,
            "discriminator": CRITIC,
            "features": networks.pretrained(Features(), variables),
        },
        lambda play, x, key: Comparison((x,), (play("generator", PRIOR(key, len(x))),)),
        loss=losses.hinge(),
        frozen=["features"],
        terms=[terms.paired(lambda x: x, features="features")],
    )
    assert game.turns == (("discriminator",), ("generator",))
    state, metrics = step(game, 2)
    kept = state.players["features"].variables.params
    jax.tree.map(np.testing.assert_array_equal, kept, variables.params)
    assert float(metrics["generator/paired"]) > 0
    # The weights are arguments of the compiled step, not constants in it.
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    text = jax.jit(algorithm.train_step).lower(state, BATCH).as_text()
    number = f"{float(variables.params['Dense_0']['kernel'][0, 0]):.6g}"[:7]
    assert number not in text


def test_an_nnx_instance_may_be_frozen():
    module = nnx.Linear(2, 4, rngs=nnx.Rngs(0))
    game = games.adversarial(
        {"generator": GENERATOR, "discriminator": CRITIC, "features": module},
        lambda play, x, key: Comparison((x,), (play("generator", PRIOR(key, len(x))),)),
        loss=losses.hinge(),
        frozen=["features"],
        terms=[terms.paired(lambda x: x, features="features")],
    )
    state, _ = step(game)
    kernel = state.players["features"].variables.params["kernel"]
    np.testing.assert_array_equal(kernel, module.kernel.get_value())


def test_donating_a_state_does_not_delete_pretrained_weights():
    weights = {"kernel": jnp.ones((2, 1)), "bias": jnp.zeros(1)}
    game = gan(network=networks.pretrained(nn.Dense(1), weights))
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    state = algorithm.init(jax.random.key(0), BATCH)
    jax.jit(algorithm.train_step, donate_argnums=0)(state, BATCH)
    assert float(weights["kernel"].sum()) == 2.0


def test_a_player_with_nothing_to_minimize_is_refused():
    players = {"generator": GENERATOR, "discriminator": CRITIC, "encoder": nn.Dense(3)}
    make = lambda **options: games.adversarial(
        players, lambda play, x, key: None, loss=losses.hinge(), **options
    )
    with pytest.raises(ValueError, match="'encoder' has nothing to minimize"):
        make(against=["generator"])
    assert make(against=["generator"], frozen=["encoder"]).turns[1] == ("generator",)


def test_the_critic_sees_past_samples():
    seen = []

    def compare(play, x, key):
        return Comparison((x,), (play("generator", PRIOR(key, len(x))),))

    game = games.adversarial(
        {"generator": GENERATOR, "discriminator": CRITIC},
        compare,
        loss=losses.hinge(),
        history=32,
        terms=[
            advnet.types.Term(
                "spread",
                "discriminator",
                lambda view: (
                    seen.append(view.comparison.fake[0].shape) or jnp.zeros(())
                ),
            )
        ],
    )
    state, _ = step(game, 3)
    (pool,) = state.players["generator"].memories.values()
    assert pool[0].shape == (32, 2)
    assert set(seen) == {(16, 2)}
    one, _ = step(game, 1)
    again, _ = step(game, 1)
    jax.tree.map(
        np.testing.assert_array_equal,
        one.players["generator"].memories,
        again.players["generator"].memories,
    )


def test_a_memory_changes_with_its_writer_only():
    count = Memory(lambda value: value, lambda old, value, key: old + value, "x")

    def objective(play, batch, key):
        play.record("count", jnp.ones(()))
        return play("x") * play("y"), {"seen": play.memories["count"]}

    game = games.custom(
        {"x": NUMBER, "y": NUMBER},
        {"x": objective, "y": objective},
        [["x"], ["y"]],
        memories={"count": count},
    )
    state, metrics = step(game, 3)
    assert float(state.players["x"].memories["count"]) == 4.0  # once at init
    assert state.players["y"].memories == {}
    assert float(metrics["y/seen"]) == 5.0  # y's own record is dropped


def test_a_memory_that_is_never_recorded_is_refused():
    game = games.custom(
        {"x": NUMBER},
        {"x": lambda play, batch, key: play("x")},
        [["x"]],
        memories={"mean": games.running_mean(writer="x")},
    )
    with pytest.raises(ValueError, match="'mean' is never recorded"):
        step(game)


def test_gan_takes_a_pytree_of_data():
    generator = (
        lambda key, z: jnp.zeros((1, 2)),
        lambda p, z: {"a": z[:, :2] + p, "b": z[:, :1] + p[:, :1]},
    )
    critic = (
        lambda key, x: jnp.ones(()),
        lambda p, x: p * x["a"].sum(axis=1) + x["b"][:, 0],
    )
    game = games.gan(generator, critic, PRIOR, loss=losses.hinge())
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    batch = {"a": BATCH, "b": BATCH[:, :1]}
    state = algorithm.init(jax.random.key(0), batch)
    state, _ = algorithm.train_step(state, batch)
    drawn = advnet.sample(game, state, jax.random.key(1), 5)
    assert drawn["a"].shape == (5, 2)


def test_inversion_of_a_conditional_game():
    game = games.conditional(
        advnet.modules.Concatenate(nn.Dense(2), num_classes=3),
        advnet.modules.Concatenate(nn.Dense(1), num_classes=3),
        PRIOR,
        loss=losses.hinge(),
    )
    labels = jnp.arange(16) % 3
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    state = algorithm.init(jax.random.key(0), (BATCH, labels))
    game = games.with_inversion(game, PRIOR, num_steps=300, restarts=2)
    with jax.numpy_dtype_promotion("standard"):
        z = advnet.encode(game, state, BATCH, jax.random.key(1), condition=labels)
    x = advnet.sample(game, state, jax.random.key(2), 16, condition=labels, noise=z)
    np.testing.assert_allclose(x, BATCH, atol=0.02)


def test_scheduled_hyper_parameters_follow_a_half_cosine():
    half = lambda step, start, end: (
        end + (start - end) * (1 + jnp.cos(jnp.pi * jnp.float32(step) / 100)) / 2
    )
    game = gan()

    def build(step):
        rate, b2 = half(step, 0.1, 0.01), half(step, 0.9, 0.99)
        adam = optax.scale_by_adam(b1=0.0, b2=b2)
        optimizer = optax.chain(adam, optax.scale(-rate))
        inner = advnet.alternating(game, optimizer)
        averaged = advnet.averaged(inner, decay=half(step, 0.5, 0.9))
        return dynamics.recorded(averaged, lambda state: {"rate": rate, "b2": b2})

    algorithm = dynamics.scheduled(build)
    with jax.numpy_dtype_promotion("standard"):
        state = jax.jit(algorithm.init)(jax.random.key(0), BATCH)
        train_step = jax.jit(algorithm.train_step)
        for t in range(100):
            state, metrics = train_step(state, BATCH)
            cosine = (1 + np.cos(np.pi * t / 100)) / 2
            np.testing.assert_allclose(metrics["rate"], 0.01 + 0.09 * cosine, rtol=1e-5)
            np.testing.assert_allclose(metrics["b2"], 0.99 - 0.09 * cosine, rtol=1e-6)
        assert train_step._cache_size() == 1


def test_a_population_can_report_every_member():
    algorithm = dynamics.population(
        advnet.alternating(gan(), optax.sgd(0.1)), 3, member_metrics=True
    )
    state = algorithm.init(jax.random.key(0), BATCH)
    _, metrics = algorithm.train_step(state, BATCH)
    members = [metrics[f"generator/loss_{index}"] for index in range(3)]
    np.testing.assert_allclose(np.mean(members), metrics["generator/loss"], rtol=1e-6)


def test_a_player_read_before_its_first_call_gives_a_sentence():
    game = games.custom(
        {"x": nn.Dense(1)},
        {"x": lambda play, batch, key: play.pure("x")(batch).mean()},
        [["x"]],
    )
    with pytest.raises(ValueError, match="ensure_initialized"):
        step(game)


def test_zero_sum_is_the_negative_critic_loss():
    loss = losses.zero_sum(losses.non_saturating(), weight=0.5)
    logits = jnp.array([1.0, -2.0]), jnp.array([0.5, 3.0])
    np.testing.assert_allclose(
        loss.generator(*logits), -0.5 * loss.discriminator(*logits)
    )
