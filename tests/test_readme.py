"""The README's example runs, as it stands but for its size."""

import re
from pathlib import Path

import jax

README = (Path(__file__).parent.parent / "README.md").read_text()
CODE = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)


def test_example_runs(capsys):
    small = CODE
    for size, tiny in {"2_400": "2", "every=400": "every=1", "4_000": "64"}.items():
        assert size in CODE
        small = small.replace(size, tiny)
    with jax.numpy_dtype_promotion("standard"):  # optax.adam promotes its counters
        exec(compile(small, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "step 2  discriminator/fake_logit" in printed
    assert "nats (n = 500)" in printed


def test_example_is_at_most_sixteen_lines():
    assert len([line for line in CODE.splitlines() if line]) <= 16
