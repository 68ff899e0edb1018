"""Every rule from made-up metrics: it fires, it is silent, it says why it cannot judge.

That real runs are named right is held by tests/learning/test_diagnosis.py.
"""

import json

import jax
import numpy as np
import pytest

import advnet
from advnet.evaluation.diagnosis import diagnose

NOISE = np.random.default_rng(0)
ROWS = 1_000
POINTS = NOISE.normal(size=(3, 400, 2))  # data, held-out, samples
RULES = [
    "not finite",
    "data out of range",
    "mode collapse",
    "memorizing",
    "critic too strong",
    "vanishing gradient",
    "critic not learning",
    "oscillation",
]


def near(value, rows=ROWS, sd=0.05):
    """A column round a level."""
    return value + sd * NOISE.normal(size=rows)


def healthy(rows=ROWS, probabilities=True):
    """A critic that is right a little more often than not."""
    logits = {"real_logit": near(0.3, rows), "fake_logit": near(-0.3, rows)}
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    sides = ("real", "fake") if probabilities else ()
    odds = {f"{side}_probability": sigmoid(logits[f"{side}_logit"]) for side in sides}
    critic = logits | odds | {"loss": near(1.2, rows), "gradient_norm": near(1, rows)}
    generator = {"loss": near(0.8, rows), "gradient_norm": near(0.5, rows)}
    return {f"discriminator/{k}": x for k, x in critic.items()} | {
        f"generator/{k}": x for k, x in generator.items()
    }


def names(diagnosis):
    return [verdict.name for verdict in diagnosis.verdicts]


def only(diagnosis, name):
    assert names(diagnosis) == [name]
    return diagnosis.verdicts[0]


@pytest.mark.parametrize("probabilities", [True, False])
def test_a_healthy_run_is_left_alone(probabilities):
    data, held_out, samples = POINTS
    got = diagnose(
        healthy(probabilities=probabilities),
        samples=samples,
        data=data,
        held_out=held_out,
        output_range=(-np.inf, np.inf),
    )
    assert got.verdicts == ()
    assert list(got.applied) == RULES
    assert str(got) == "8 rules were applied and none fired."


def test_metrics_alone_and_what_is_missing_for_the_rest():
    got = diagnose(healthy())
    assert got.applied == ("not finite", *RULES[4:])
    assert got.not_applied == dict.fromkeys(RULES[1:4], "it takes data")
    assert "Not applied: memorizing (it takes data)." in str(got)


def test_samples_alone():
    got = diagnose({}, samples=POINTS[2], data=POINTS[0])
    assert got.applied == ("data out of range", "mode collapse")
    assert got.not_applied["not finite"] == "it takes metrics"
    assert got.not_applied["memorizing"] == "it takes held_out"
    assert "fake_logit" in got.not_applied["oscillation"]


def test_too_short_a_run():
    got = diagnose(healthy(19))
    assert got.applied == ("not finite",)
    assert got.not_applied["critic too strong"] == "it takes 200 finite steps, got 19"
    assert got.not_applied["critic not learning"] == "it takes 20 finite rows, got 19"


def test_rows_may_be_thinned_out():
    metrics = healthy(50) | {"step": 100 * np.arange(1, 51)}
    assert "critic too strong" in diagnose(metrics).applied
    assert "oscillation" in diagnose(metrics).not_applied  # too few rows


# Not finite.


def test_nan_is_dated_and_the_rest_judged_before_it():
    metrics = healthy()
    metrics["discriminator/gradient_norm"][600:] = np.nan
    metrics["generator/loss"][601:] = np.inf
    verdict = only(diagnose(metrics, step=np.arange(1, 1_001)), "not finite")
    assert verdict.number == 400
    assert "at step 601, in discriminator/gradient_norm" in verdict.says
    assert "It reached discriminator first" in verdict.advice


def test_nan_in_a_batch_is_told_from_nan_in_a_network():
    metrics = healthy()
    for name in ("discriminator/real_logit", "discriminator/loss", "generator/loss"):
        metrics[name][600:] = np.nan
    assert "batch of that step" in only(diagnose(metrics), "not finite").advice
    metrics["discriminator/fake_logit"][600:] = np.nan
    assert "learning rate" in only(diagnose(metrics), "not finite").advice


def test_nan_from_the_first_row():
    metrics = {name: np.full(100, np.nan) for name in healthy()}
    got = diagnose(metrics, samples=np.full((50, 2), np.nan), data=POINTS[0])
    assert names(got) == ["not finite"]
    assert got.not_applied["critic too strong"] == "it takes 200 finite steps, got 0"
    assert got.not_applied["data out of range"] == "samples are not all finite"


def test_nan_in_the_data_needs_no_metrics():
    data = np.where(np.arange(400)[:, None] == 7, np.nan, POINTS[0])
    assert "1 of 400" in only(diagnose({}, data=data), "not finite").says


# Critics.


def test_a_certain_critic_for_long_not_for_a_while():
    metrics = healthy()
    sure = np.arange(ROWS) > 300
    metrics["discriminator/real_probability"] = np.where(sure, 0.98, 0.6)
    metrics["discriminator/fake_probability"] = np.where(sure, 0.04, 0.4)
    verdict = only(diagnose(metrics), "critic too strong")
    assert verdict.number == pytest.approx(0.96)
    assert verdict.threshold == 0.9
    metrics["discriminator/fake_probability"] = np.where(sure, 0.4, 0.04)
    metrics["discriminator/real_probability"] = np.where(sure, 0.6, 0.98)
    assert not diagnose(metrics).verdicts
    metrics["discriminator/real_probability"][:] = 0.98  # of one side alone
    assert not diagnose(metrics).verdicts


def test_a_critic_without_probabilities_makes_no_error():
    metrics = healthy(probabilities=False)
    metrics["discriminator/loss"] = np.abs(near(0.01, sd=0.005))
    assert only(diagnose(metrics), "critic too strong").number < 0.02


def wasserstein(gap, norm):
    metrics = healthy(probabilities=False)
    fake = near(5)
    return metrics | {
        "discriminator/real_logit": fake + gap,
        "discriminator/fake_logit": fake,
        "discriminator/loss": -gap,
        "generator/gradient_norm": norm,
    }


def test_a_wasserstein_critic_whose_slope_grows():
    up = np.geomspace(1, 100, ROWS)
    verdict = only(diagnose(wasserstein(up, up)), "critic too strong")
    # Medians of the last and the second quarter of a geometric sequence.
    assert verdict.number == pytest.approx(100**0.5, rel=0.01)
    for gap, norm in ((up, 1 + 0 * up), (1 + 0 * up, up), (up[::-1], up)):
        assert not diagnose(wasserstein(gap, norm)).verdicts


def test_a_loss_of_no_known_scale_is_not_judged():
    metrics = healthy(probabilities=False)
    metrics["discriminator/loss"] -= 3
    got = diagnose(metrics)
    assert "no scale" in got.not_applied["critic too strong"]


@pytest.mark.parametrize(
    ("loss", "advice"), [(-1e-6, "non_saturating"), (5.0, "saturated or dead")]
)
def test_a_vanished_gradient(loss, advice):
    metrics = healthy()
    metrics["generator/loss"] = np.full(ROWS, loss)
    metrics["generator/gradient_norm"] = np.geomspace(1, 1e-6, ROWS)
    verdict = only(diagnose(metrics), "vanishing gradient")
    assert verdict.number < verdict.threshold
    assert advice in verdict.advice


def test_a_gradient_small_from_the_start_is_held_against_the_critics():
    metrics = healthy()
    metrics["generator/gradient_norm"] = np.full(ROWS, 1e-6)
    assert only(diagnose(metrics), "vanishing gradient").number < 1e-5


def test_a_spike_is_no_measure_for_a_gradient():
    metrics = healthy()
    metrics["generator/gradient_norm"][3] = 1e6
    assert not diagnose(metrics).verdicts


def test_a_critic_that_says_the_same_of_both():
    metrics = healthy()
    metrics["discriminator/fake_logit"] = metrics["discriminator/real_logit"]
    assert only(diagnose(metrics), "critic not learning").number == 0


def test_a_critic_that_is_fooled():
    metrics = healthy()
    for what in ("logit", "probability"):
        real, fake = (f"discriminator/{side}_{what}" for side in ("real", "fake"))
        metrics[real], metrics[fake] = metrics[fake] - 1, metrics[real] + 1
    metrics["discriminator/real_probability"] = near(0.5, sd=0.01)
    metrics["discriminator/fake_probability"] = near(0.95, sd=0.01)
    metrics["generator/gradient_norm"] = np.full(ROWS, 1e-6)
    got = diagnose(metrics)
    verdict = only(got, "critic not learning")  # and not "train the critic less"
    assert "takes samples for data" in verdict.says
    assert verdict.number == pytest.approx(0.45, abs=0.01)
    assert "fooled" in got.not_applied["vanishing gradient"]
    early = {name: x[:100] for name, x in metrics.items()}
    assert "critic not learning" not in names(diagnose(early))


def test_every_critic_is_judged():
    metrics = healthy()
    second = {k.replace("discriminator", "second"): x for k, x in metrics.items()}
    second["second/real_logit"] = second["second/fake_logit"]
    got = diagnose(metrics | second)
    assert only(got, "critic not learning").says.startswith("second")


# Circles.


def circling(growth, sd=0.05):
    time = np.arange(ROWS)
    metrics = healthy()
    wave = np.exp(growth * time / ROWS) * np.sin(2 * np.pi * time / 60)
    metrics["discriminator/fake_logit"] = near(-0.3, sd=sd) + wave
    return metrics


@pytest.mark.parametrize("growth", [0.0, 1.0])
def test_circles_that_persist(growth):
    verdict = only(diagnose(circling(growth)), "oscillation")
    assert verdict.number > 0.9
    assert float(verdict.says.split("about ")[1].split()[0]) == pytest.approx(60, 0.1)


def test_circles_that_close_a_trend_and_noise_are_none():
    assert not diagnose(circling(-1.0)).verdicts
    assert not diagnose(circling(0.0, sd=1.5)).verdicts
    metrics = healthy()
    metrics["discriminator/fake_logit"] += np.linspace(0, 3, ROWS) ** 2
    assert not diagnose(metrics).verdicts


# Samples.


def test_data_out_of_a_known_range():
    data, held_out, _ = np.clip(np.abs(POINTS) / 3, 0, 1)
    look = lambda scale, reach: diagnose({}, data=scale * data, output_range=reach)
    assert not look(1, (0, 1)).verdicts
    assert not look(1, (0, np.inf)).verdicts
    assert only(look(255, (0, 1)), "data out of range").number > 0.9
    few = np.where(np.arange(400)[:, None] < 3, 9, data)  # 0.75 % of the values
    assert not diagnose({}, data=few, output_range=(0, 1)).verdicts


def test_data_out_of_the_samples_range_by_much():
    data, _, samples = POINTS
    assert not diagnose({}, data=2 * data, samples=samples).verdicts
    got = diagnose({}, data=50 * data, samples=samples)
    assert names(got)[0] == "data out of range"
    early = diagnose(healthy(100), data=50 * data, samples=samples)
    assert "1,000 finite steps" in early.not_applied["data out of range"]


@pytest.mark.parametrize("num", [100, 256, 400])
@pytest.mark.parametrize("spread", [0.0, 1e-3, 0.1])
def test_collapse_to_a_point(num, spread):
    data, _, samples = POINTS
    at = np.array([0.5, 0.7]) + spread * samples[:num]
    got = diagnose(healthy(), data=data, samples=at, output_range=(-9, 9))
    assert only(got, "mode collapse").number == pytest.approx(spread**2, rel=0.6)


def test_a_point_has_no_range_to_speak_of():
    data, _, samples = POINTS
    at = np.array([0.5, 0.7]) + 1e-4 * samples
    got = diagnose({}, data=data, samples=at)
    assert names(got) == ["mode collapse"]
    assert "output_range" in got.not_applied["data out of range"]


def test_collapse_to_two_far_points_has_variance_but_no_recall():
    data, _, samples = POINTS
    sides = np.where(np.arange(400)[:, None] % 2, 3.0, -3.0)
    got = diagnose({}, data=data, samples=sides + 0.05 * samples)
    assert "recall" in only(got, "mode collapse").rule


def test_images_may_vary_in_few_directions():
    """784 values, 3 causes: recall in all directions would be noise."""
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(3, 784))
    data, samples = (
        rng.normal(size=(300, 3)) @ directions + rng.normal(size=(300, 784))
        for _ in range(2)
    )
    assert not diagnose({}, data=data, samples=samples).verdicts
    got = diagnose({}, data=data, samples=0.1 * samples)
    assert "mode collapse" in names(got)


def test_exploded_samples_are_judged_quietly():
    data, held_out, samples = POINTS
    got = diagnose({}, data=data, samples=1e30 * samples, held_out=held_out)
    assert "nowhere near" in got.not_applied["memorizing"]


def test_a_thief():
    data, held_out, noise = POINTS
    got = diagnose({}, data=data, samples=data + 0.01 * noise, held_out=held_out)
    assert only(got, "memorizing").number > 0.9


def test_few_samples_are_not_judged():
    data, held_out, samples = POINTS
    got = diagnose({}, data=data, samples=samples[:19], held_out=held_out)
    assert "20" in got.not_applied["mode collapse"]
    assert "20" in got.not_applied["memorizing"]


# The rest.


def test_a_verdict_prints_its_rule_number_and_threshold():
    got = diagnose(healthy(), data=POINTS[0], samples=np.ones((100, 2)))
    text = str(got)
    assert text.startswith("mode collapse: samples have 0 % of the data's variance")
    assert "(variance of samples over the data's, below: 0, threshold 0.05)." in text
    assert "6 rules were applied and 1 fired." in text


def test_reads_what_write_metrics_writes(tmp_path):
    path = tmp_path / "metrics.jsonl"
    hook = advnet.hooks.write_metrics(path, every=10)
    metrics = healthy()
    for row in range(ROWS):
        hook(row + 1, None, {name: x[row] for name, x in metrics.items()})
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    got = diagnose(columns)
    assert not got.verdicts
    assert "oscillation" in got.applied


def test_jax_arrays_of_any_shape_will_do():
    data = jax.numpy.asarray(POINTS[0]).reshape(400, 1, 2, 1)
    assert not diagnose({}, data=data, samples=POINTS[2]).verdicts


def test_bad_input():
    metrics = healthy()
    with pytest.raises(ValueError, match="one length"):
        diagnose(metrics | {"generator/loss": np.zeros(3)})
    with pytest.raises(ValueError, match="one length"):
        diagnose(metrics, step=np.arange(3))
    with pytest.raises(ValueError, match="one size"):
        diagnose({}, data=POINTS[0], samples=POINTS[2][:, :1])
    with pytest.raises(ValueError, match="x\\[:, None\\]"):
        diagnose({}, data=POINTS[0][:, 0])
