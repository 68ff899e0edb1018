"""A run in two processes, started as the documents say, and its mistakes."""

import json
import socket

import numpy as np
import pytest
from cli.running import BAD, start

X = np.random.default_rng(0).normal(size=(300, 2))


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_two_processes_train_one_run(tmp_path):
    """The metrics and samples are those of one process, to rounding."""
    np.save(tmp_path / "x.npy", X)
    fit = ["fit", "x.npy", "--steps", "20", "--samples", "30", "--batch-size", "16"]
    fit += ["--width", "16", "--checkpoint-every", "10", "--score-every", ".5"]
    port = free_port()
    processes = [
        start(
            *[*fit, "--run", "two", "--coordinator", f"localhost:{port}"],
            *["--num-processes", 2, "--process-id", index],
            cwd=tmp_path,
        )
        for index in range(2)
    ]
    try:
        for process in processes:
            _, errors = process.communicate(timeout=400)
            assert process.returncode == 0, errors
    finally:
        for process in processes:
            process.kill()
    one = start(*fit, "--run", "one", cwd=tmp_path)
    _, errors = one.communicate(timeout=300)
    assert one.returncode == 0, errors
    record = json.loads((tmp_path / "two" / "config.json").read_text())
    assert record["devices"] == 2
    rows = [
        [json.loads(row) for row in (tmp_path / name / file).read_text().splitlines()]
        for file in ("metrics.jsonl", "scores.jsonl")
        for name in ("one", "two")
    ]
    for first, second in ((rows[0], rows[1]), (rows[2], rows[3])):
        assert [row["step"] for row in first] == [row["step"] for row in second]
        for a, b in zip(first, second, strict=True):
            np.testing.assert_allclose([*a.values()], [*b.values()], atol=1e-3)
    samples = [np.load(tmp_path / name / "samples.npy") for name in ("one", "two")]
    np.testing.assert_allclose(*samples, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--num-processes 2", "Expected --coordinator with --num-processes"),
        ("--coordinator localhost:1234", "got localhost:1234, None and None"),
        ("--coordinator host --num-processes 2 --process-id 0", "got host, 2 and 0"),
    ],
)
def test_incomplete_options_are_refused(advnet, options, expected):
    code, _, errors = advnet("fit", "x.npy", *options.split())
    assert code == BAD
    assert expected in errors
