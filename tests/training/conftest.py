"""Fixtures of the tests of training."""

import gc
import warnings

import pytest


@pytest.fixture(autouse=True)
def _collect_orbax_garbage(request):
    """Collect coroutines that orbax did not await, before they warn in a later test."""
    gc.freeze()  # so that only objects of this test are looked at, which is faster
    yield
    if {"tmp_path", "tmpfs"} & set(request.fixturenames):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()
    gc.unfreeze()
