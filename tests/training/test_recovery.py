"""NaN stops training, is reported with its origin, and can be recovered from."""

import functools

import contracts
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from advnet import dynamics, games, hooks, losses, modules, priors
from advnet.training import Checkpoints, NotFinite, Recovery, fit, fit_with_recovery
from advnet.types import Term

BAD = 13  # the step in which NaN appears, counting from 1


def at_bad_step(step):
    """Return NaN in one step and 0 in the others; `step` counts from 0."""
    return jnp.where(step == BAD - 1, jnp.nan, 0.0)


def poison():
    """Return an optax transformation that adds NaN to the gradient of one step."""
    update = lambda grads, count, params=None: (
        jax.tree.map(lambda g: g + at_bad_step(count), grads),
        count + 1,
    )
    return optax.GradientTransformation(lambda params: jnp.zeros((), jnp.int32), update)


@functools.cache  # plain networks and one algorithm for many tests compile fastest
def algorithm(*, poisoned="", terms=()):
    game = contracts.gan(terms=terms)
    sgd = {name: optax.sgd(0.01) for name in game.players}
    if poisoned:
        sgd[poisoned] = optax.chain(poison(), optax.sgd(0.01))
    return dynamics.alternating(game, sgd)


def clean(step):
    return np.random.default_rng(step).normal(size=(8, 2)).astype(np.float32)


def dirty(step):
    return clean(step) + (np.nan if step == BAD - 1 else 0)


def stop(every=20):
    order = ("discriminator", "generator")
    return hooks.stop_if_not_finite(every=every, order=order)


@functools.cache
def initial_state(algorithm):
    return jax.jit(algorithm.init)(jax.random.key(0), clean(0))


def test_nan_in_the_data_is_reported():
    gan = algorithm()
    with pytest.raises(NotFinite, match=rf"batches\({BAD - 1}\)") as failure:
        fit(gan, initial_state(gan), dirty, num_steps=40, hooks=[stop()])
    assert (failure.value.step, failure.value.player) == (BAD, "discriminator")


def test_nan_in_a_term_is_reported():
    fn = lambda view: jnp.where(view.batch[0, 0] == clean(BAD - 1)[0, 0], jnp.nan, 0.0)
    gan = algorithm(terms=(Term("mine", "generator", fn),))
    with pytest.raises(NotFinite, match="generator/mine is nan at step 13") as failure:
        fit(gan, initial_state(gan), clean, num_steps=40, hooks=[stop()])
    assert (failure.value.player, failure.value.what) == ("generator", "mine")


def test_fused_steps_report_the_metric_in_which_nan_first_appeared():
    """At the end of the call every metric is NaN, and the critic precedes."""
    fn = lambda view: jnp.where(view.batch[0, 0] == clean(BAD)[0, 0], jnp.nan, 0.0)
    gan = algorithm(terms=(Term("mine", "generator", fn),))
    message = "generator/mine is nan in one of the steps 13 to 16"
    with pytest.raises(NotFinite, match=message):
        fit(
            gan,
            initial_state(gan),
            clean,
            num_steps=40,
            hooks=[stop()],
            steps_per_call=4,
        )


def test_fused_steps_report_nan_in_the_data():
    gan = algorithm()
    with pytest.raises(NotFinite, match=rf"batches\({BAD - 1}\)") as failure:
        fit(
            gan,
            initial_state(gan),
            dirty,
            num_steps=40,
            hooks=[stop()],
            steps_per_call=4,
        )
    assert (failure.value.step, failure.value.player) == (16, "discriminator")


def test_nan_after_the_last_periodic_check_is_found():
    gan = algorithm()
    with pytest.raises(NotFinite, match="at step 13"):
        fit(gan, initial_state(gan), dirty, num_steps=15, hooks=[stop()])


def test_a_resumed_run_reports_the_right_step():
    gan = algorithm()
    state = fit(gan, initial_state(gan), clean, num_steps=BAD - 1)
    with pytest.raises(NotFinite, match=rf"at step 13.*batches\({BAD - 1}\)"):
        fit(gan, state, dirty, num_steps=40, hooks=[stop()])


def test_checks_that_fused_steps_would_miss_are_refused():
    gan = algorithm()
    with pytest.raises(ValueError, match="every 20 steps.*steps_per_call=3"):
        fit(
            gan,
            initial_state(gan),
            dirty,
            num_steps=50,
            hooks=[stop()],
            steps_per_call=3,
        )


@pytest.mark.ci
@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_nan_in_an_update_never_reaches_a_checkpoint(player, tmp_path):
    """The metrics of this step are finite, but its parameters are not."""
    gan = algorithm(poisoned=player)
    with Checkpoints(tmp_path) as checkpoints:
        save = hooks.checkpoint(checkpoints, every=1)
        with pytest.raises(NotFinite, match=f"{player}.* is not finite") as failure:
            fit(gan, initial_state(gan), clean, num_steps=40, hooks=[stop(), save])
        assert failure.value.player == player
        assert int(checkpoints.restore(initial_state(gan)).step) < BAD


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_nan_in_a_gradient_is_reported(player):
    """The value of the loss is finite, its gradient is not."""

    def fn(view):
        wrong = view.batch[0, 0] == clean(BAD - 1)[0, 0]
        logits = view.fake_logits if player == "generator" else view.real_logits
        return jnp.sqrt(jnp.where(wrong, 0.0 * logits.sum(), 1.0))  # 0 * inf

    gan = algorithm(terms=(Term("mine", player, fn),))
    with pytest.raises(NotFinite, match=f"{player}/gradient_norm is nan at") as failure:
        fit(gan, initial_state(gan), clean, num_steps=40, hooks=[stop()])
    assert failure.value.step == BAD


def recover(gan, batches, tmp_path, on_nan, recoveries=(), state=None, num_steps=40):
    log = list(recoveries)
    with Checkpoints(tmp_path) as checkpoints:
        end = fit_with_recovery(
            gan,
            initial_state(gan) if state is None else state,
            batches,
            num_steps=num_steps,
            hooks=[stop(every=5), hooks.checkpoint(checkpoints, every=5)],
            restore=lambda: checkpoints.restore(initial_state(gan)),
            on_nan=on_nan,
            recoveries=recoveries,
            on_recovery=log.append,
        )
    return end, log


def test_skipping_batches_reaches_the_end(tmp_path):
    gan = algorithm()
    end, recoveries = recover(gan, dirty, tmp_path, "skip")
    assert [recovery[:3] for recovery in recoveries] == [(10, 3, "")]
    # The result equals a run on data without those batches.
    remaining = lambda step: clean(step if step < 10 else step + 3)
    expected = fit(gan, initial_state(gan), remaining, num_steps=40)
    jax.tree.map(np.testing.assert_array_equal, end.players, expected.players)


@pytest.mark.ci
def test_a_second_failure_reports_the_batches_that_were_drawn(tmp_path):
    """Steps are fused. After a skip, batch 33 of the data is batches(28)."""
    worse = lambda step: dirty(step) + (np.nan if step == 33 else 0)
    gan, recoveries = algorithm(), []
    with Checkpoints(tmp_path) as checkpoints:
        fit_with_recovery(
            gan,
            initial_state(gan),
            worse,
            num_steps=60,
            hooks=[stop(every=5), hooks.checkpoint(checkpoints, every=10)],
            restore=lambda: checkpoints.restore(initial_state(gan)),
            on_nan="skip",
            on_recovery=recoveries.append,
            steps_per_call=5,
        )
    assert [recovery[:2] for recovery in recoveries] == [(10, 5), (20, 10)]
    assert "in one of the steps 11 to 15. The batch" in recoveries[0].cause
    assert "in one of the steps 26 to 30" in recoveries[1].cause
    assert "batches(28), is not finite" in recoveries[1].cause


@pytest.mark.ci
def test_a_resumed_run_repeats_its_recoveries(tmp_path):
    gan = algorithm()
    uninterrupted, recoveries = recover(gan, dirty, tmp_path / "a", "skip")
    part, log = recover(gan, dirty, tmp_path / "b", "skip", num_steps=20)
    assert log == recoveries
    resumed, _ = recover(gan, dirty, tmp_path / "b", "skip", log, state=part)
    equal = np.testing.assert_array_equal
    jax.tree.map(equal, resumed.players, uninterrupted.players)


@pytest.mark.ci
def test_halving_slows_the_player_in_which_nan_first_appeared():
    """The critic's learning rate 1 overflows; after some halvings it does not."""
    game = games.gan(
        modules.MLPGenerator(shape=(2,), hidden=(8,), output=lambda x: x),
        modules.MLPDiscriminator(hidden=(8,), noise=0.0),
        priors.normal(2),
        loss=losses.least_squares(),
    )
    rates = {"discriminator": optax.sgd(1.0), "generator": optax.sgd(0.01)}
    gan = dynamics.alternating(game, rates)
    start = initial_state(gan)
    recoveries = []
    end = fit_with_recovery(
        gan,
        start,
        clean,
        num_steps=200,
        hooks=[stop(every=1)],
        restore=lambda: start,
        on_nan="halve",
        on_recovery=recoveries.append,
        max_recoveries=10,
    )
    assert recoveries
    assert {recovery.slowed_player for recovery in recoveries} == {"discriminator"}
    assert int(end.step) == 200


@pytest.mark.ci
def test_too_many_recoveries_raise(tmp_path):
    gan = algorithm()
    always = lambda step: clean(step) * np.float32(np.nan if step >= 7 else 1)
    with pytest.raises(NotFinite):
        recover(gan, always, tmp_path, "halve")


def test_scale_updates_interpolates_parameters():
    gan = algorithm()
    start = initial_state(gan)
    full, _ = gan.train_step(start, clean(0))
    slower = dynamics.scale_updates(gan, {"generator": 0.25})
    scaled, _ = slower.train_step(start, clean(0))
    params = lambda state, name: state.players[name].variables.params
    between = jax.tree.map(
        lambda a, b: a + np.float32(0.25) * (b - a),
        params(start, "generator"),
        params(full, "generator"),
    )
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6),
        params(scaled, "generator"),
        between,
    )
    jax.tree.map(
        np.testing.assert_array_equal,
        params(scaled, "discriminator"),
        params(full, "discriminator"),
    )
    with pytest.raises(ValueError, match=r"factor in \(0, 1\] for 'generator', got 2"):
        dynamics.scale_updates(gan, {"generator": 2.0})


def test_recoveries_can_be_stored_as_dictionaries():
    recovery = Recovery(3, 2, "", "cause")
    assert recovery._asdict()["num_skipped"] == 2
    assert Recovery(**recovery._asdict()) == recovery
