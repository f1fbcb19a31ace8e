"""A call as a worker meets it: done, refused, or failed without a word of what it held."""

import pytest

from tests.engines import works
from tests.engines.test_parity import needs_pyspark
from wayseal.engines import Cost, EngineError, _engine
from wayseal.engines._engine import pack, perform
from wayseal.engines._spark import _perform_in_worker
from wayseal.ledger import LedgerError


def test_a_call_is_done_where_all_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    done = perform(pack(3, works.square, 4), attempt=1)
    assert (done.place, done.result, done.error, done.attempt) == (3, 16, None, 1)
    assert done.cost.core_seconds >= 0
    call = pack(3, works.square, 4)
    monkeypatch.setattr(_engine, "environment", lambda: "Wayseal 0.0.1")
    other = perform(call)
    assert (other.place, other.result, other.cost) == (3, None, Cost())
    assert isinstance(other.error, EngineError)


def test_what_we_say_of_a_failure_is_in_the_outcome() -> None:
    assert isinstance(perform(pack(0, works.refuse, 1)).error, LedgerError)
    with pytest.raises(KeyError):
        perform(pack(0, works.leak, 1))


def test_a_worker_of_spark_raises_nothing_that_quotes_a_row() -> None:
    needs_pyspark()
    assert _perform_in_worker(pack(1, works.square, 5)).result == 25
    with pytest.raises(RuntimeError, match="No space left") as full:
        _perform_in_worker(pack(0, works.fill, 1))
    with pytest.raises(RuntimeError, match=r"^KeyError at works.py:\d+$") as foreign:
        _perform_in_worker(pack(0, works.leak, 1))
    assert full.value.__suppress_context__
    assert foreign.value.__suppress_context__
