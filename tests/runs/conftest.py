"""One device for the runs of these tests, unless a test asks for more."""

import jax
import pytest

from advnet.runs import _devices


@pytest.fixture(autouse=True)
def one_device(monkeypatch):
    """The tests simulate eight devices, on which a tiny run is slower than on one."""
    monkeypatch.setattr(_devices, "default_devices", lambda: jax.local_devices()[:1])
