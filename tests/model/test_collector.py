"""The collector is held off for as long as a block runs."""

import gc

import pytest

from wayseal.model.runtime import collector_paused


def test_the_collector_is_as_before_afterwards() -> None:
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="x"), collector_paused():
        raise ValueError("x")
    assert gc.isenabled()
