"""NaN is stopped, named, and survived."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import advnet
from advnet import dynamics, games, hooks, losses, modules, priors
from advnet.training import Checkpoints, NotFinite, Recovery, fit, fit_with_recovery
from advnet.types import Term

BAD = 13  # the step in which NaN appears, counting from 1


def at_bad_step(step):
    """NaN in one step, 0 in the others; `step` counts from 0 inside a step."""
    return jnp.where(step == BAD - 1, jnp.nan, 0.0)


def poison():
    """An optimizer transformation that puts NaN into the gradient of one step."""
    update = lambda grads, count, params=None: (
        jax.tree.map(lambda g: g + at_bad_step(count), grads),
        count + 1,
    )
    return optax.GradientTransformation(lambda params: jnp.zeros((), jnp.int32), update)


def algorithm(*, poisoned="", terms=()):
    game = games.gan(
        modules.MLPGenerator(shape=(2,), hidden=(8,), output=lambda x: x),
        modules.MLPDiscriminator(hidden=(8,), noise=0.0),
        priors.normal(2),
        loss=losses.non_saturating(),
        terms=terms,
    )
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


def begin(algorithm):
    return algorithm.init(jax.random.key(0), clean(0))


def test_nan_in_the_data_is_named():
    one = algorithm()
    with pytest.raises(NotFinite, match=rf"batches\({BAD - 1}\)") as failure:
        fit(one, begin(one), dirty, num_steps=40, hooks=[stop()])
    assert (failure.value.step, failure.value.player) == (BAD, "discriminator")


def test_nan_in_a_term_is_named():
    fn = lambda view: jnp.where(view.batch[0, 0] == clean(BAD - 1)[0, 0], jnp.nan, 0.0)
    one = algorithm(terms=[Term("mine", "generator", fn)])
    with pytest.raises(NotFinite, match="generator/mine is nan at step 13") as failure:
        fit(one, begin(one), clean, num_steps=40, hooks=[stop()])
    assert (failure.value.player, failure.value.what) == ("generator", "mine")


def test_nan_is_named_where_it_began_though_steps_are_fused():
    """By the end of the call all is NaN, the critic first in order."""
    fn = lambda view: jnp.where(view.batch[0, 0] == clean(BAD)[0, 0], jnp.nan, 0.0)
    one = algorithm(terms=[Term("mine", "generator", fn)])
    message = "generator/mine is nan in one of the steps 13 to 16"
    with pytest.raises(NotFinite, match=message):
        fit(one, begin(one), clean, num_steps=40, hooks=[stop()], steps_per_call=4)


def test_nan_in_the_data_is_named_though_steps_are_fused():
    one = algorithm()
    with pytest.raises(NotFinite, match=rf"batches\({BAD - 1}\)") as failure:
        fit(one, begin(one), dirty, num_steps=40, hooks=[stop()], steps_per_call=4)
    assert (failure.value.step, failure.value.player) == (16, "discriminator")


def test_nan_after_the_last_look_is_found():
    one = algorithm()
    with pytest.raises(NotFinite, match="at step 13"):
        fit(one, begin(one), dirty, num_steps=15, hooks=[stop()])


def test_a_resumed_run_names_the_step_it_is():
    one = algorithm()
    state = fit(one, begin(one), clean, num_steps=BAD - 1)
    with pytest.raises(NotFinite, match=rf"at step 13.*batches\({BAD - 1}\)"):
        fit(one, state, dirty, num_steps=40, hooks=[stop()])


def test_a_look_that_fused_steps_jump_over_is_refused():
    one = algorithm()
    with pytest.raises(ValueError, match="every 20 steps.*steps_per_call=3"):
        fit(one, begin(one), dirty, num_steps=50, hooks=[stop()], steps_per_call=3)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_nan_in_an_update_never_reaches_a_checkpoint(player, tmp_path):
    """The metrics of the step are still finite; its parameters are not."""
    one = algorithm(poisoned=player)
    with Checkpoints(tmp_path) as checkpoints:
        save = hooks.checkpoint(checkpoints, every=1)
        with pytest.raises(NotFinite, match=f"{player}.* is not finite") as failure:
            fit(one, begin(one), clean, num_steps=40, hooks=[stop(), save])
        assert failure.value.player == player
        assert int(checkpoints.restore(begin(one)).step) < BAD


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_nan_in_a_gradient_is_named(player):
    """A loss whose value is finite where its slope is not."""

    def fn(view):
        wrong = view.batch[0, 0] == clean(BAD - 1)[0, 0]
        shown = view.fake_logits if player == "generator" else view.real_logits
        return jnp.sqrt(jnp.where(wrong, 0.0 * shown.sum(), 1.0))  # slope 0 * inf

    one = algorithm(terms=[Term("mine", player, fn)])
    with pytest.raises(NotFinite, match=f"{player}/gradient_norm is nan at") as failure:
        fit(one, begin(one), clean, num_steps=40, hooks=[stop()])
    assert failure.value.step == BAD


def recover(one, batches, tmp_path, on_nan, events=(), state=None, until=40):
    recorded = list(events)
    with Checkpoints(tmp_path) as checkpoints:
        end = fit_with_recovery(
            one,
            begin(one) if state is None else state,
            batches,
            num_steps=until,
            hooks=[stop(every=5), hooks.checkpoint(checkpoints, every=5)],
            restore=lambda: checkpoints.restore(begin(one)),
            on_nan=on_nan,
            events=events,
            on_recovery=recorded.append,
        )
    return end, recorded


def test_skipping_reaches_the_end(tmp_path):
    one = algorithm()
    end, events = recover(one, dirty, tmp_path, "skip")
    assert [event[:3] for event in events] == [(10, 3, "")]
    # The very run that never saw those batches.
    spared = lambda step: clean(step if step < 10 else step + 3)
    want = fit(one, begin(one), spared, num_steps=40)
    jax.tree.map(np.testing.assert_array_equal, end.players, want.players)


def test_a_second_failure_is_told_of_the_batches_that_were_drawn(tmp_path):
    """Fused, and after a skip: batch 33 is the 31st drawn."""
    worse = lambda step: dirty(step) + (np.nan if step == 33 else 0)
    one, recorded = algorithm(), []
    with Checkpoints(tmp_path) as checkpoints:
        fit_with_recovery(
            one,
            begin(one),
            worse,
            num_steps=60,
            hooks=[stop(every=5), hooks.checkpoint(checkpoints, every=10)],
            restore=lambda: checkpoints.restore(begin(one)),
            on_nan="skip",
            on_recovery=recorded.append,
            steps_per_call=5,
        )
    assert [event[:2] for event in recorded] == [(10, 5), (20, 10)]
    assert "in one of the steps 11 to 15. The batch" in recorded[0].cause
    assert "in one of the steps 26 to 30" in recorded[1].cause
    assert "batches(28), is not finite" in recorded[1].cause


def test_a_resumed_run_repeats_its_recoveries(tmp_path):
    one = algorithm()
    whole, events = recover(one, dirty, tmp_path / "a", "skip")
    part, recorded = recover(one, dirty, tmp_path / "b", "skip", until=20)
    assert recorded == events
    again, _ = recover(one, dirty, tmp_path / "b", "skip", events, state=part)
    jax.tree.map(np.testing.assert_array_equal, again.players, whole.players)


def test_halving_slows_the_player_it_began_with(tmp_path):
    """A rate of 30 overflows; after some halvings it does not."""
    game = games.gan(
        modules.MLPGenerator(shape=(2,), hidden=(8,), output=lambda x: x),
        modules.MLPDiscriminator(hidden=(8,), noise=0.0),
        priors.normal(2),
        loss=losses.least_squares(),
    )
    rates = {"discriminator": optax.sgd(1.0), "generator": optax.sgd(0.01)}
    one = dynamics.alternating(game, rates)
    start = begin(one)
    recorded = []
    end = fit_with_recovery(
        one,
        start,
        clean,
        num_steps=200,
        hooks=[stop(every=1)],
        restore=lambda: start,
        on_nan="halve",
        on_recovery=recorded.append,
        max_recoveries=10,
    )
    assert recorded
    assert {event.damped for event in recorded} == {"discriminator"}
    assert int(end.step) == 200


def test_a_remedy_that_does_not_help_raises_in_the_end(tmp_path):
    one = algorithm()
    always = lambda step: clean(step) * np.float32(np.nan if step >= 7 else 1)
    with pytest.raises(NotFinite):
        recover(one, always, tmp_path, "halve", until=40)


def test_damped_goes_part_of_the_way():
    one = algorithm()
    start = begin(one)
    whole, _ = one.train_step(start, clean(0))
    part, _ = dynamics.scale_updates(one, {"generator": 0.25}).train_step(
        start, clean(0)
    )
    pick = lambda state, name: state.players[name].variables.params
    between = jax.tree.map(
        lambda a, b: a + np.float32(0.25) * (b - a),
        pick(start, "generator"),
        pick(whole, "generator"),
    )
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6),
        pick(part, "generator"),
        between,
    )
    jax.tree.map(
        np.testing.assert_array_equal,
        pick(part, "discriminator"),
        pick(whole, "discriminator"),
    )
    with pytest.raises(ValueError, match=r"factor in \(0, 1\] for 'generator', got 2"):
        dynamics.scale_updates(one, {"generator": 2.0})


def test_best_keeps_a_copy_and_stops(tmp_path):
    scores = iter([1.0, 5.0, float("nan"), 2.0, 9.0])
    best = hooks.Best(lambda state: next(scores), every=2, patience=2)
    one = algorithm()
    end = fit(one, begin(one), clean, num_steps=40, hooks=[best])
    assert (int(end.step), best.step, best.score) == (8, 4, 5.0)
    want = fit(one, begin(one), clean, num_steps=4)
    jax.tree.map(np.testing.assert_array_equal, best.state.players, want.players)


def test_best_of_distances_is_the_smallest():
    scores = iter([3.0, 1.0, 2.0])
    best = hooks.Best(lambda state: next(scores), every=1, lower_is_better=True)
    one = algorithm()
    fit(one, begin(one), clean, num_steps=3, hooks=[best])
    assert (best.step, best.score, len(best.history)) == (2, 1.0, 3)


def test_best_may_keep_its_states_on_disk(tmp_path):
    one = algorithm()
    with Checkpoints(tmp_path, keep=1) as checkpoints:
        scores = iter([1.0, 2.0, 0.0])
        best = hooks.Best(lambda state: next(scores), every=1, keep=checkpoints.save)
        fit(one, begin(one), clean, num_steps=3, hooks=[best])
        assert best.state is None
        assert int(checkpoints.restore(begin(one)).step) == 2


def test_best_without_scores_says_so():
    with pytest.raises(ValueError, match="Nothing was scored yet"):
        _ = hooks.Best(lambda state: 0.0, every=5).score


def test_events_are_plain():
    assert Recovery(3, 2, "", "why")._asdict()["skipped"] == 2
    assert advnet.hooks is hooks
