"""A month from a ledger: what is counted, who has a figure, what is kept and stays."""

import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.cli.running import inside
from tests.detect.conftest import small
from tests.detect.watched import Watched
from wayseal.cases.errors import OutletError
from wayseal.cases.ledger.casebook import FOLDER as DETECT
from wayseal.cases.outlets.acts import FOLDER
from wayseal.cases.outlets.month import Month, make_month, months_of, parse_month, read_month
from wayseal.cases.outlets.scores import PEOPLE
from wayseal.detect.window import WindowError
from wayseal.ledger import ingest, open_ledger
from wayseal.store import open_source

__all__ = ["small"]
MONTH = "2026-03"


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody how far it is."""


def made(ledger: Path, month: str = MONTH) -> Month:
    (ledger / DETECT).mkdir(exist_ok=True)
    with open_ledger(ledger) as snapshot:
        return make_month(snapshot, ledger, month, silent)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, small: Watched) -> Path:
    return Path(shutil.copytree(small.ledger, tmp_path_factory.mktemp("month") / "L"))


@pytest.fixture(scope="module")
def month(ledger: Path) -> Month:
    return made(ledger)


def test_a_figure_is_the_sum_of_its_strata(month: Month) -> None:
    for row in month.rows():
        compared = [one for one in row["strata"] if one["expected"] is not None]
        for name, digits in (("judged", 0), ("unexplained", 0), ("expected", 2)):
            assert round(sum(one[name] for one in compared) - row[name], digits) == 0


def test_reads_are_those_that_detection_counts(month: Month, small: Watched) -> None:
    """Of accounts of outlets, and no more than all."""
    all_ = sum(stratum["judged"] for row in month.rows() for stratum in row["strata"])
    assert 0.5 * small.result.first_reads.all < all_ <= small.result.first_reads.all
    odd = sum(stratum["unexplained"] for row in month.rows() for stratum in row["strata"])
    assert 0 < odd <= sum(day[2] for day in small.result.first_days)


def test_head_offices_are_no_outlets(month: Month, ledger: Path) -> None:
    """Rule 5."""
    with open_ledger(ledger) as snapshot:
        kinds = Counter(snapshot.outlets()["kind"].to_pylist())
    assert kinds["head_office"] > 0
    assert len(month.table) == kinds["outlet"] + kinds["hub"]


def _less(small: Watched, folder: Path, *, table: str, keep: pc.Expression | None) -> Path:
    """The world without some rows of a table, or without it."""
    data = Path(shutil.copytree(small.dataset, folder / "dataset"))
    (path,) = data.glob(f"{table}*")
    if keep is None:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    else:
        pq.write_table(pq.read_table(path).filter(keep), path)
    ingest(open_source(data), folder / "L")
    return folder / "L"


def test_an_outlet_of_two_has_no_figure_and_no_sum_tells_it(tmp_path: Path, small: Watched, month: Month) -> None:
    """Rule 4: an identifiable person's reads are nowhere, and in no region's sum."""
    actors = pq.read_table(next(small.dataset.glob("actors*")))
    outlet = str(month.choose("usual").rows()[0]["outlet"])
    mine = actors.filter(pc.equal(actors["outlet"].cast(pa.string()), outlet))["actor"].to_pylist()
    few = made(_less(small, tmp_path, table="actors", keep=~pc.field("actor").isin(mine[PEOPLE - 1 :])))
    row = few.choose(part=outlet).rows()[0]
    assert row["verdict"] == "few_people"
    told = [
        row[name] for name in ("judged", "unexplained", "expected", "rate", "worse", "discovery", "shared", "trained")
    ]
    assert told == [None] * len(told)
    assert row["strata"] == []


def test_without_scans_nothing_is_judged(tmp_path: Path, small: Watched) -> None:
    """Rule 2: unknown is unknown."""
    found = made(_less(small, tmp_path, table="scans", keep=None))
    assert found.about.lacking == ("scans",)
    assert {one["verdict"] for one in found.rows()} == {"few_people"}
    assert all(one["unexplained"] is None for one in found.rows())


def test_what_a_region_whose_people_all_look_away_is_held_to_is_the_others(month: Month) -> None:
    """Rule 3: the region is no stratum."""
    assert set(month.rows()[0]["strata"][0]) == {"role", "kind", "part", "volume", "judged", "unexplained", "expected"}


_HEAD = "at,actor,waybill\n"


def _log(path: Path, *months: str) -> Path:
    rows = [
        f"{m}-1{day}T10:00:00+08:00,u-{who},YT99{m[-2:]}{day}{who}\n"
        for m in months
        for day in range(5)
        for who in range(4)
    ]
    path.write_text(_HEAD + "".join(rows), encoding="utf-8")
    return path


def test_a_month_that_is_over_stays_and_one_that_isnt_is_made_anew(tmp_path: Path) -> None:
    """Rule 1: late rows change no file that people saw."""
    ledger, folder = tmp_path / "L", tmp_path / "L" / DETECT / FOLDER
    assert inside("ingest", ledger, _log(tmp_path / "a.csv", "2026-03")).code == 0
    first = made(ledger)
    assert not first.about.over
    assert inside("ingest", ledger, _log(tmp_path / "b.csv", "2026-04")).code == 0
    second = made(ledger)
    assert second.about.over
    assert second.about.ledger != first.about.ledger
    kept = (folder / f"{MONTH}.parquet").read_bytes()
    assert (folder / f"{MONTH}.parquet").stat().st_mode & 0o777 == 0o400
    assert inside("ingest", ledger, _log(tmp_path / "c.csv", "2026-05")).code == 0
    assert made(ledger).about == second.about
    assert (folder / f"{MONTH}.parquet").read_bytes() == kept
    assert made(ledger, "2026-04").about.since == MONTH
    assert made(ledger, "2026-05").about.since == MONTH
    assert months_of(folder) == ["2026-03", "2026-04", "2026-05"]
    with pytest.raises(WindowError):
        made(ledger, "2026-07")


@pytest.mark.parametrize("text", ["2026-13", "2026", "march", "../../etc", "2026-1"])
def test_a_month_is_a_month(text: str, tmp_path: Path) -> None:
    with pytest.raises(OutletError):
        parse_month(text)
    with pytest.raises(OutletError):
        read_month(tmp_path, text)


def test_a_file_that_cannot_be_read_is_said_and_never_guessed(tmp_path: Path) -> None:
    (tmp_path / f"{MONTH}.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(OutletError, match="can't be read"):
        read_month(tmp_path, MONTH)


def test_the_command_prints_what_it_keeps(ledger: Path) -> None:
    said = inside("outlets", "month", ledger, "--month", MONTH, "--quiet")
    assert said.code == 0
    assert "isn't over" in said.out
    told = inside("outlets", "month", ledger, "--month", MONTH, "--format", "json", "--quiet")
    assert '"strata"' in told.out
    assert inside("outlets", "month", ledger, "--month", "2026", "--quiet").code == 3


def test_rows_are_chosen_by_what_is_said_by_region_and_by_a_part_of_the_name(month: Month) -> None:
    trend = pa.array(["worse"] + [""] * (len(month.table) - 1))
    table = month.table.set_column(month.table.column_names.index("trend"), "trend", trend)
    some = Month(about=month.about, table=table)
    assert [row["outlet"] for row in some.choose("worse").rows()] == [month.table["outlet"][0].as_py()]
    assert {row["verdict"] for row in some.choose("too_few").rows()} == {"too_few"}
    assert {row["region"] for row in some.choose(region="北京").rows()} == {"北京"}
    assert {row["name"] for row in some.choose(part="北京001").rows()} == {"北京001网点"}
    assert len(some.choose(part="bj-h").rows()) == 1
