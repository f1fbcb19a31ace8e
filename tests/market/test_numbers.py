"""Numbers on offer: what may be one, whose it is, how many hits are chance, and the rows of leaks of ours."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.market.log.lines_of import offered, reading
from tests.tables import each
from wayseal.ledger import ingest, open_ledger
from wayseal.market.log import Line, LineKind, open_market
from wayseal.market.log.reads import Reads
from wayseal.market.numbers import Own, Writing, _own, candidates, leaks_of_record, match, own_of_ledger
from wayseal.market.reading import Reader
from wayseal.market.types import NumberCandidate
from wayseal.model.predicate import parse_predicate
from wayseal.store import arrow_schema, open_source, read_leaks, write_table
from wayseal.store.mapping import Format

NUMBER = "YT8801203456789"
OWN = [f"YT88012034{n:05}" for n in range(0, 4000, 2)]
"""Every second number of a row, as a courier issues them."""


def own_of_numbers(numbers: Iterable[str]) -> Own:
    own = frozenset(numbers)
    return _own(own.intersection, sorted(own), len(own))


def line(text: str, probability: float = 1.0) -> Writing:
    return Writing(spellings=((text, probability),), words=text)


def code(payload: str) -> Writing:
    return Writing(spellings=((payload, 1.0),), code=True)


def read(number: str, probability: float = 0.99) -> NumberCandidate:
    return NumberCandidate(number=number, couriers=("yto",), probability=probability)


@each(
    ("text", "number", "couriers"),
    [
        ("YT8801203456789", NUMBER, ("yto",)),
        ("运单号:YT88 0120 3456 789 *先生", NUMBER, ("yto",)),
        ("ＹＴ８８０１２０３４５６７８９", NUMBER, ("yto",)),
        ("yt88-0120-3456-789", NUMBER, ("yto",)),
        ("YT88O12O34S6789", NUMBER, ("yto",)),
        ("VT880l203456789", NUMBER, ("yto",)),
        ("RA868872484CN", "RA868872484CN", ("s10",)),
        ("RA86887Z4B4CN", "RA868872484CN", ("s10",)),
        ("5F1234567890123", "SF1234567890123", ("sf",)),
        ("中通 7624 5193 4708 32", "76245193470832", ("zto",)),
    ],
)
def test_a_number_is_found_as_it_was_meant(text: str, number: str, couriers: tuple[str, ...]) -> None:
    found = candidates([line(text)])
    assert (found[0].number, found[0].couriers) == (number, couriers)
    assert found[0].probability > 0.5
    assert number not in repr(found)


@each(
    "text",
    [
        "",
        "电话 13812345678",
        "010-12345678",
        "110101199003078515",
        "打印电子面单",
        "2026/11/05 17:42",
        "12345",
        "订单 1234567890123456789012345678901234567890123",
        "YT" * 30,
        "____ --- ...",
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert [one for one in candidates([line(text)]) if one.couriers] == []


def test_a_run_is_not_cut_out_of_a_longer_one() -> None:
    assert {one.number for one in candidates([line("订单 9188012034567891")])} == {"9188012034567891"}
    assert {one.number for one in candidates([line("YT8801203456789012")])} == {"YT8801203456789012"}


def test_words_beside_a_number_say_what_it_is() -> None:
    bare, ours, other = (
        candidates([line(f"{word}9123456789012")])[0].probability for word in ("", "运单号 ", "订单号 ")
    )
    assert other < 0.3 < bare < ours


def test_a_wrong_check_digit_is_no_number_of_that_kind() -> None:
    assert all(one.couriers != ("s10",) or one.number != "RA868872485CN" for one in candidates([line("RA868872485CN")]))


def test_lines_and_a_code_that_can_say_the_same_agree() -> None:
    blurred = Writing(spellings=(("YT8801203456769", 0.5), ("YT8801203456789", 0.4)), words="")
    alone = candidates([blurred])
    assert alone[0].number == "YT8801203456769"
    for beside in (code(f"https://t.example.cn/?n={NUMBER}"), line("YT88 0120 3456 789", 0.9)):
        found = candidates([blurred, beside])
        assert found[0].number == NUMBER
        assert found[0].probability > 0.95
        assert sum(one.probability for one in found) <= 1 + 1e-9


def test_a_list_of_consecutive_numbers_stays_a_list() -> None:
    lines = [line(f"YT88012034567{n:02}", 0.97) for n in range(20)]
    found = [one for one in candidates(lines) if one.probability > 0.9]
    assert len(found) == 20
    assert len(match(found, own_of_numbers([])).rows) == 20


def test_two_numbers_of_one_line_are_both_there() -> None:
    found = candidates([line("YT8801203456781 YT8801203456782")])
    assert [round(one.probability, 1) for one in found[:2]] == [1.0, 1.0]


def test_a_code_says_what_it_says() -> None:
    assert candidates([code("YT88O1203456789")])[0].couriers == ()
    found = candidates([code("9123456789012")])
    assert found[0].probability > 0.95


def test_ours_is_what_is_known_and_read_well() -> None:
    own = own_of_numbers(OWN)
    told = [read(OWN[7]), read("SF1234567890123"), read("YT9901203456789", 0.4), read("YT8899999999999")]
    found = match(told, own)
    assert [row.number for row in found.ours] == [OWN[7]]
    assert {row.number: row.probability for row in found.rows}["YT8899999999999"] == 0.0


def test_one_known_reading_of_a_blurred_number_is_ours_only_where_neighbours_are_none() -> None:
    alone = own_of_numbers(["YT8801203456789"])
    readings = [read("YT8801203456769", 0.5), read("YT8801203456789", 0.3), read("YT8801203458789", 0.1)]
    row = match(readings, alone).rows[0]
    assert (row.number, row.ours) == ("YT8801203456789", True)
    dense = own_of_numbers([f"YT88012034567{n:02}" for n in range(100)] + ["YT8801203458789"])
    crowded = match(readings, dense).rows[0]
    assert not crowded.ours
    assert crowded.probability == pytest.approx(0.5, abs=0.1)


def test_hits_by_chance_are_as_many_as_are_said() -> None:
    rng = random.Random(3)
    own = own_of_numbers(OWN)
    tried = []
    for n in rng.sample(OWN, 250):
        place = rng.randrange(2, len(n))
        tried.append(n[:place] + rng.choice("0123456789".replace(n[place], "")) + n[place + 1 :])
    tried = sorted(set(tried))
    hits = len(own.known(tried))
    said = match([read(n, 0.001) for n in tried], own).by_chance
    assert hits > 20
    assert said == pytest.approx(hits, rel=0.25)
    nobody = match([read(f"SF{n:013}", 0.5) for n in range(500)], own)
    assert nobody.ours == ()
    assert nobody.by_chance < 1e-6


def test_a_canary_is_told_even_if_the_rest_is_unsure() -> None:
    own = own_of_numbers([*OWN, NUMBER])
    readings = [read(NUMBER, 0.5), read("YT8801203456769", 0.4)]
    assert match(readings, own, canaries={NUMBER}).rows[0].canary
    assert match([read(NUMBER)], own_of_numbers([]), canaries={NUMBER}).rows[0].canary
    row = match([read(NUMBER, 0.2)], own_of_numbers([]), canaries={NUMBER}).rows[0]
    assert not row.canary
    assert not match([read(OWN[0])], own, canaries={NUMBER}).rows[0].canary


def test_nothing_gives_nothing() -> None:
    assert candidates([]) == ()
    found = match([], own_of_numbers([]))
    assert (found.rows, found.by_chance) == ((), 0)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [{"at": start + timedelta(minutes=n), "actor": "a", "waybill": w} for n, w in enumerate(OWN[:300])]
    made = pa.Table.from_pylist(rows, schema=arrow_schema("accesses"))
    write_table(folder / "dataset", "accesses", [made])
    ingest(open_source(folder / "dataset"), folder / "ledger")
    return folder / "ledger"


SD = [f"SD{7_300_000_000_000 + 7919 * n * n}" for n in range(300)]


@each("text", [SD[7], f"{SD[8][:6]} {SD[8][6:]}", "5D" + SD[9][2:], SD[10].replace("0", "O")])
def test_a_ledgers_own_format_is_read_everywhere(tmp_path: Path, text: str) -> None:
    """Also in a picture, where look-alikes are read by formats alone; without the ledger it is nobody's."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [{"at": start + timedelta(minutes=n), "actor": "a", "waybill": w} for n, w in enumerate(SD)]
    write_table(tmp_path / "dataset", "accesses", [pa.Table.from_pylist(rows, schema=arrow_schema("accesses"))])
    ingest(open_source(tmp_path / "dataset"), tmp_path / "ledger")
    with open_ledger(tmp_path / "ledger") as snapshot:
        own = own_of_ledger(snapshot)
        assert not any(one.couriers for one in candidates([line(text)]))
        best = candidates([line(text)], own.formats)[0]
        assert (best.number in SD, best.couriers) == (True, ("own",))
        assert match([best], own).ours
        assert not match([read("SD9999999999999")], own).ours
    assert [n.number for n in Reader(own=own.formats).read(f"出 {SD[3]} 单号").numbers] == [SD[3]]
    assert Reader().read(f"出 {SD[3]} 单号").numbers == ()


def test_what_a_ledger_knows_is_ours_and_becomes_leaks(ledger: Path, tmp_path: Path) -> None:
    with open_ledger(ledger) as snapshot:
        own = own_of_ledger(snapshot)
        assert own.shapes == {"YT0000000000000": 300.0}
        found = match([read(OWN[3]), read(OWN[5]), read("SF1234567890123"), read("YT8801203400007", 0.3)], own)
    assert [row.number for row in found.ours] == [OWN[3], OWN[5]]
    seen = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    route: dict[str, object] = {"origin": "杭州", "destination": "成都", "at": [0, 5]}
    other: dict[str, object] = {"origin": "", "destination": "武汉", "at": [6, 8]}
    ours = [row.number for row in found.ours]
    with on_offer(tmp_path, seen, {"asked": [route, route], "two": [route, other], "one-end": [other]}, ours) as reads:
        asked, rest = leaks_of_record(reads, "m-7"), leaks_of_record(reads)
    path = write_table(tmp_path, "leaks", [asked, rest], form=Format.CSV)
    assert "2026-03-02T12:30:00+08:00" in path.read_text("utf-8")
    read_back = read_leaks(path)
    assert read_back.rejected == ()
    rows = read_back.rows.to_pylist()
    assert {row["waybill"] for row in rows} == {OWN[3], OWN[5]}
    assert {row["found_by"] for row in rows} == {"listing"}
    assert {row["seen_at"] for row in rows} == {seen}
    assert [row["seller"] for row in rows[:2]] == ["m-7", "m-7"]
    said: list[object] = [dict(parse_predicate(row["asked"]).any_of) if row["asked"] else {} for row in rows]
    one = {"origin_city": ("杭州",), "destination_city": ("成都",)}
    end = {"destination_city": ("武汉",)}
    assert said[:2] == [one, one]
    assert (said[2:].count(one), said[2:].count(end), said[2:].count({})) == (2, 2, 2)


@contextmanager
def on_offer(
    folder: Path, seen: datetime, offers: dict[str, list[dict[str, object]]], ours: list[str]
) -> Iterator[Reads]:
    """A record of offers with numbers of ours and routes; of the first one the seller is known."""
    at = int(seen.timestamp() * 1_000_000)
    numbers = [{"number": one, "canary": False} for one in ours]
    with open_market(folder) as market:
        for offer, routes in offers.items():
            body = {"offer": offer, "capture": "", "ours": numbers, "expected_false": 0.0}
            market.append([offered(offer, at, reading=reading(routes=routes))])
            market.append([Line(kind=LineKind.MATCHED, at=at, body=body)])
        linked = {"links": [], "sellers": {next(iter(offers)): "m-7"}}
        market.append([Line(kind=LineKind.LINKED, at=at, body=linked)])
        yield Reads(market)


def test_a_number_of_a_seller_counts_once_however_many_offers_have_it(tmp_path: Path) -> None:
    seen = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    with on_offer(tmp_path, seen, {"list": [], "feed": [], "api": []}, [OWN[3]]) as reads:
        linked = {"links": [], "sellers": dict.fromkeys(("list", "feed", "api"), "m-7")}
        reads._market.append([Line(kind=LineKind.LINKED, at=1, body=linked)])
        assert [one.waybill for one in reads.numbers()] == [OWN[3]]
        assert leaks_of_record(reads).num_rows == 1
