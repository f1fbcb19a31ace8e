"""Sets that engines made: bit-equal to what one process makes of the same, a killed worker or not."""

import re
import shutil
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import need
from tests.engines import works
from tests.ledger.helpers import put
from tests.ledger.test_crash import sound
from tests.ledger.test_set_ingest import portions, said
from wayseal.engines import Engine, EngineError, ProcessEngine, SparkEngine, _engine
from wayseal.ledger import LedgerError
from wayseal.ledger.sharding import make_set, split_ledger

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return portions(tmp_path_factory.mktemp("sources"))[:3]


@pytest.fixture(scope="module")
def whole(sources: Sequence[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of all of them; beside it that of the first."""
    folder = tmp_path_factory.mktemp("whole")
    put(sources[0], folder / "L", keep_rejected=True)
    shutil.copytree(folder / "L", folder / "first")
    for source in sources[1:]:
        put(source, folder / "L", keep_rejected=True)
    return folder / "L"


def needs_pyspark() -> None:
    need(find_spec("pyspark") is not None, "pyspark is not installed (make setup-spark)")


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Spark on this machine, as a person has it who says nothing of it."""
    needs_pyspark()
    need(bool(shutil.which("java")), "Java is not installed")
    from pyspark import SparkContext

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with SparkEngine() as engine:
        yield engine
    assert SparkContext._active_spark_context is None


def check_parity(engine: Engine, whole: Path, sources: Sequence[Path], folder: Path, shards: int) -> None:
    """Splits a ledger, lets it take in the rest, and makes the same anew from nothing; in each phase a worker dies."""
    (folder / "marks").mkdir(parents=True)
    run = works.OneKilled(engine, folder / "marks")
    split_ledger(whole.with_name("first"), folder / "S", shards, run=run)
    make_set(folder / "new", shards)
    put(sources[0], folder / "new", keep_rejected=True, run=run)
    for source in sources[1:]:
        put(source, folder / "S", keep_rejected=True, run=run)
        put(source, folder / "new", keep_rejected=True, run=engine)
    assert said(folder / "S") == said(whole) == said(folder / "new")
    assert sound(folder / "S")
    assert sound(folder / "new")
    left = [path for path in (folder / "S").rglob("*") if re.search(r"-[0-9a-f]{8}(\.|$)", path.name)]
    assert not left  # what a killed worker made
    killed = {path.name for path in (folder / "marks").iterdir()}
    assert killed == {"make_shard", "read_piece", "settle_shard"}
    assert len(engine.retries) == len(killed)


def test_processes_make_the_same(whole: Path, sources: Sequence[Path], tmp_path: Path) -> None:
    with ProcessEngine(2) as engine:
        check_parity(engine, whole, sources, tmp_path, 4)


def test_spark_makes_the_same(whole: Path, sources: Sequence[Path], tmp_path: Path, spark: Engine) -> None:
    check_parity(spark, whole, sources, tmp_path, 4)
    assert spark.cost.core_seconds > 0


def test_spark_says_what_went_wrong(
    spark: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sorted(spark(works.square, [3, 4, 5])) == [(0, 9), (1, 16), (2, 25)]
    assert sorted(spark(works.die_once, [(tmp_path, n) for n in range(2)])) == [(0, 0), (1, 1)]
    assert spark.retries
    assert {retry.work for retry in spark.retries} == {"die_once"}
    assert "Python worker exited unexpectedly" in str(spark.retries[0].reason)
    with pytest.raises(LedgerError, match="1,234 rows are missing"):
        list(spark(works.refuse, [0]))
    with pytest.raises(EngineError, match=r"lost 4 times.*No space left"):
        list(spark(works.fill, [0]))
    with pytest.raises(EngineError, match=r"lost 4 times.*KeyError at works.py:\d+$"):
        list(spark(works.leak, [0]))
    begun, left = time.monotonic(), spark(works.sleep, [0, 300])
    assert isinstance(left, Generator)
    assert next(left) == (0, 0)
    left.close()  # what still runs is cancelled
    assert time.monotonic() - begun < 100
    with SparkEngine() as within:  # what runs already is used, and goes on
        assert list(within(works.square, [7])) == [(0, 49)]
    assert list(spark(works.square, [8])) == [(0, 64)]
    with monkeypatch.context() as patch:
        patch.setattr(_engine, "environment", lambda: "Wayseal 0.0.1")
        with pytest.raises(EngineError, match="they must be the same"):
            list(spark(works.square, [0]))
    said = capfd.readouterr()
    assert "13800138000" not in said.out + said.err


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Spark leaves a pipe open
def test_spark_needs_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    needs_pyspark()
    from pyspark import SparkContext

    monkeypatch.setattr(SparkContext, "_gateway", None)
    monkeypatch.setattr(SparkContext, "_jvm", None)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match="Spark doesn't start, it needs Java 17 or newer"):
        SparkEngine().__enter__()


def test_spark_needs_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(EngineError, match="make setup-spark"):
        SparkEngine().__enter__()
