"""States that were saved on other devices than this machine has."""

import os
import subprocess
import sys

import pytest

SAVE_ON_SECOND_DEVICE = """
import sys, jax, numpy as np
from advnet.training import Checkpoints
from advnet.types import State, Player, Variables
weights = jax.numpy.arange(5.0)
state = State(jax.numpy.asarray(3), jax.random.key(0),
              {"generator": Player(Variables({"w": weights}), opt_state=())})
state = jax.device_put(state, jax.devices()[-1])
with Checkpoints(sys.argv[1]) as checkpoints:
    checkpoints.save(state)
"""
RESTORE = """
import sys, jax
from advnet.training import Checkpoints
from advnet.types import State, Player, Variables
like = lambda: State(jax.numpy.asarray(3), jax.random.key(0),
    {"generator": Player(Variables({"w": jax.numpy.zeros(5)}), opt_state=())})
with Checkpoints(sys.argv[1], read_only=True) as checkpoints:
    state = checkpoints.restore(jax.eval_shape(like))
print(state.players["generator"].variables.params["w"].tolist(), len(jax.devices()))
"""


@pytest.mark.ci
def test_a_state_of_another_device_is_restored_on_the_first(tmp_path):
    def call(code, num_devices):
        flags = f"--xla_force_host_platform_device_count={num_devices}"
        environment = os.environ | {"XLA_FLAGS": flags}
        return subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "c")],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    call(SAVE_ON_SECOND_DEVICE, 2)
    assert call(RESTORE, 1).strip() == "[0.0, 1.0, 2.0, 3.0, 4.0] 1"
