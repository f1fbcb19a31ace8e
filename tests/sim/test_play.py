"""A dataset played as a stream: every row once and in order, or with the faults that were asked for, and the truth."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.brokers import kafka_broker, messages_of, nats_server, values_of
from tests.cli.running import inside
from tests.tables import each
from wayseal.client.errors import DeliveryError
from wayseal.live.gateways import GatewayCounts
from wayseal.store import open_source, read_batches
from wayseal.store.tables import TABLES, arrow_schema
from wayseal_sim import SimulateError, generate, preset, simulate
from wayseal_sim._lines import iso_times, lines_of
from wayseal_sim._timeline import STATIC, TIMED
from wayseal_sim.play import Faults, Stream, Stretch, copy_before, play

ALL = Faults(late=0.05, doubled=0.03, dropped=0.02, reordered=30, dying_gateways=0.3, skew=60)
Event = dict[str, Any]
SETTINGS: Mapping[str, Any] = {
    "accesses": 8_000,
    "days": 5,
    "insiders": "few",
    "queries": 0.3,
    "leaker": "wide",
    "buyer": "anything",
    "bought": 5,
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("play") / "world"
    simulate(place, preset("tiny", **SETTINGS), seed=5)
    return place


@pytest.fixture(scope="module")
def dataset(out: Path) -> Path:
    return out / "dataset"


def lines(stream: Stream) -> list[bytes]:
    return [line for stretch in stream for line in bytes(text(stretch)).splitlines(keepends=True)]


def text(stretch: Stretch) -> memoryview:
    return stretch.data[stretch.ends[0] : stretch.ends[-1]]


def events(stream: Stream) -> list[Event]:
    return [json.loads(line) for line in lines(stream)]


def rows_of(table: pa.Table) -> list[Event]:
    """Rows as lines have them: without nulls, times as texts, predicates as objects."""
    told = []
    for row in table.to_pylist():
        kept = {k: v for k, v in row.items() if v is not None}
        for key, value in kept.items():
            if isinstance(value, datetime):
                kept[key] = value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            elif TABLES["queries"].names.count(key) and key == "filter":
                kept[key] = json.loads(value)
        told.append(kept)
    return told


def key(row: Event) -> str:
    return json.dumps(row, sort_keys=True)


def bare(event: Event) -> Event:
    """The row of an event, without what the stream adds."""
    added = {"table", "gateway", "epoch", "count", *(["access"] if event["table"] == "accesses" else [])}
    return {k: v for k, v in event.items() if k not in added}


def take(found: list[Event]) -> tuple[GatewayCounts, list[str]]:
    numbered = [event for event in found if "gateway" in event]
    names = sorted({event["gateway"] for event in numbered})
    codes = np.array([names.index(event["gateway"]) for event in numbered], np.int32)
    epochs, numbers = (np.array([event[k] for event in numbered], np.int64) for k in ("epoch", "count"))
    counts = GatewayCounts()
    counts.take(codes, epochs, numbers)
    return counts, names


def test_every_row_is_a_line_in_order_of_time(dataset: Path) -> None:
    found = events(Stream(dataset, seed=1))
    world = generate(preset("tiny", **SETTINGS), seed=5)
    told = defaultdict(list)
    for event in found:
        told[event["table"]].append(key(bare(event)))
    assert told.keys() == world.tables.keys()
    for name, table in world.tables.items():
        assert sorted(told[name]) == sorted(map(key, rows_of(table))), name
    dynamic = [event for event in found if event["table"] in TIMED]
    assert [event["table"] for event in found[: -len(dynamic)]] == sorted(
        (event["table"] for event in found if event["table"] in STATIC), key=STATIC.index
    )
    times = [event[TIMED[event["table"]]] for event in dynamic]
    assert times == sorted(times)
    assert len({event["access"] for event in found if event["table"] == "accesses"}) == len(world.tables["accesses"])
    counts, names = take(found)
    assert counts.holes() == ()
    assert not counts.doubled()
    assert len(names) > 10
    assert {event["epoch"] for event in dynamic} == {Stream(dataset, seed=1).low}


def test_the_same_seed_gives_the_same_lines(dataset: Path) -> None:
    first, again, other = (lines(Stream(dataset, seed=seed, faults=ALL)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert sorted(set(lines(Stream(dataset, seed=9)))) == sorted(lines(Stream(dataset, seed=1)))


@each("part", ["late", "doubled", "dropped", "reordered", "dying_gateways", "skew", "all"])
def test_faults_are_as_the_truth_says(part: str, dataset: Path) -> None:
    faults = ALL if part == "all" else Faults(**{part: getattr(ALL, part)})
    stream = Stream(dataset, seed=3, faults=faults)
    stretches = list(stream)
    found = [json.loads(line) for stretch in stretches for line in bytes(text(stretch)).splitlines()]
    truth, plain = stream.truth(), events(Stream(dataset, seed=3))
    assert len(found) == len(plain) + truth["doubled"] - truth["lost"]
    due = np.concatenate([stretch.due for stretch in stretches])
    assert (np.diff(due) >= 0).all()
    counts, names = take(found)
    assert sum(counts.doubled().values()) == truth["doubled"]
    # A hole is known once something behind it came.
    last = dict(sorted((e["gateway"], e["count"]) for e in found if "gateway" in e))
    holes = [[names[hole.gateway], hole.first, hole.last] for hole in counts.holes()]
    assert holes == [[name, low, high] for name, low, high in truth["missing"] if low < last[name]]
    assert sum(high - low + 1 for _, low, high in truth["missing"]) == truth["lost"]
    happened = {(e["gateway"], e["count"]): e[TIMED[e["table"]]] for e in plain if "gateway" in e}
    assert truth["counts"] == dict(sorted(happened))
    arrived = {(e["gateway"], e["count"]): at for e, at in zip(found, due.tolist(), strict=True) if "gateway" in e}
    waited = {k: (at - micros(happened[k])) / 1e6 for k, at in arrived.items()}
    assert 0 <= min(waited.values()) < 0.1
    if part == "late":
        assert sum(w > 0 for w in waited.values()) == truth["late"] > 100
        assert min(w for w in waited.values() if w > 0) >= 60
    if part == "reordered":
        assert 25 < max(waited.values()) <= 30
        assert [key(e) for e in found] != [key(e) for e in plain]
    if part == "skew":
        told = {(e["gateway"], e["count"]): e[TIMED[e["table"]]] for e in found if "gateway" in e}
        off = {(k[0], round((micros(told[k]) - micros(at)) / 1e6, 6)) for k, at in happened.items()}
        assert {name: fast for name, fast in off if fast} == truth["clocks_fast_s"]
        assert set(waited.values()) == {0}
    if part == "dying_gateways":
        assert len(truth["deaths"]) == 6
        assert truth["lost"] > 0
        for k, at in happened.items():
            for death in (d for d in truth["deaths"] if d["gateway"] == k[0]):
                down = micros(death["from"]) <= micros(at) < micros(death["to"])
                gone = down and micros(at) >= micros(death["journal_ends"])
                assert (k in arrived) != gone
                assert not down or gone or arrived[k] >= micros(death["to"])


def moment(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


def micros(at: str) -> int:
    return (datetime.fromisoformat(at) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def test_what_was_before_is_a_dataset_of_its_own(dataset: Path, tmp_path: Path) -> None:
    stream = Stream(dataset, seed=1, since="3", until="4")
    before = copy_before(dataset, tmp_path / "before", stream.low)
    source = open_source(before)
    assert source.notices == ()
    found: Counter[str] = Counter()
    for file in source.files:
        for batch in read_batches(file, options=source.options):
            assert batch.rejected == ()
            found.update(key({**row, "table": file.table}) for row in rows_of(pa.Table.from_batches([batch.rows])))
    days = events(stream), events(Stream(dataset, seed=1, since="4"))
    found.update(key({**bare(event), "table": event["table"]}) for day in days for event in day)
    whole = Counter(key({**bare(event), "table": event["table"]}) for event in events(Stream(dataset, seed=1)))
    assert found == whole
    assert min(len(day) for day in days) > 1000
    assert {event["table"] for day in days for event in day} <= TIMED.keys()
    first = datetime.fromtimestamp(stream.low / 1e6, UTC) + timedelta(hours=8)
    assert (first.hour, first.minute, first.second) == (0, 0, 0)
    assert Stream(dataset, seed=1, since=first.date().isoformat()).low == stream.low


def test_files_in_any_order_and_without_statistics(dataset: Path, tmp_path: Path) -> None:
    for table in (*STATIC, *TIMED):
        files = [*dataset.glob(f"{table}.parquet"), *dataset.glob(f"{table}/*.parquet")]
        if files:
            rows = pa.concat_tables([pq.read_table(file) for file in files]).combine_chunks()
            order = np.random.default_rng(1).permutation(len(rows))
            some = {"row_group_size": 700, "write_statistics": False}
            pq.write_table(rows.take(order) if table in TIMED else rows, tmp_path / f"{table}.parquet", **some)
    shuffled = events(Stream(tmp_path, seed=1))
    straight = events(Stream(dataset, seed=1))
    assert Counter(key(bare(e)) for e in shuffled) == Counter(key(bare(e)) for e in straight)
    times = [e[TIMED[e["table"]]] for e in shuffled if e["table"] in TIMED]
    assert times == sorted(times)


WORDS = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=6), st.just('a"\\\n李'))
ROW = st.fixed_dictionaries(
    {
        "at": st.integers(631_152_000_000_000, 4_102_444_799_999_999).map(moment),
        "actor": WORDS.map(str),
        "waybill": st.text("YT0123", min_size=1, max_size=9),
        "via": WORDS,
        "fields": st.one_of(st.none(), st.lists(WORDS, max_size=3)),
    }
)


@given(st.lists(ROW, min_size=1, max_size=8), st.booleans(), st.integers(0, 3))
def test_any_row_reads_back(rows: list[Event], coded: bool, skipped: int) -> None:
    table = pa.Table.from_pylist(rows, arrow_schema("accesses"))
    if coded:
        table = table.set_column(1, "actor", table["actor"].dictionary_encode())
    table = table.slice(skipped)
    made = lines_of(TABLES["accesses"], table, ['{"table":"accesses"']).to_pylist() if len(table) else []
    assert all(line.endswith(b"}\n") and line.count(b"\n") == 1 for line in made)
    told = [{"table": "accesses", **row} for row in rows_of(table)]
    assert [json.loads(line) for line in made] == told


@given(st.lists(st.integers(631_152_000_000_000, 4_102_444_799_999_999), min_size=1))
def test_times_as_iso(at: list[int]) -> None:
    moments = [moment(us) for us in at]
    assert iso_times(np.array(at)).to_pylist() == [m.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for m in moments]


def test_numbers_and_predicates() -> None:
    queries = [
        {"request": "r", "at": datetime(2026, 3, 5, tzinfo=UTC), "actor": "a", "filter": '{"limit":5}', "rows": 3}
    ]
    (line,) = lines_of(TABLES["queries"], pa.Table.from_pylist(queries, arrow_schema("queries")), ["{"]).to_pylist()
    assert json.loads(line.replace(b"{,", b"{")) | {"at": 0} == {
        "request": "r", "at": 0, "actor": "a", "filter": {"limit": 5}, "rows": 3,
    }  # fmt: skip


class Clocked:
    """A sink and the clock that it is played by."""

    def __init__(self) -> None:
        self.now = 100.0
        self.messages: list[tuple[float, bytes]] = []
        self.kept = 0

    def send(self, lines: bytes) -> None:
        self.messages.append((self.now, lines))

    def flush(self) -> None:
        self.kept = len(self.messages)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_is_played_in_time(dataset: Path) -> None:
    sink, stream = Clocked(), Stream(dataset, seed=1, since="2", until="3")
    played = play(stream, sink, speed=3600, batch=50, linger=0.01, clock=sink.clock, sleep=sink.sleep)
    assert played == sum(message.count(b"\n") for _, message in sink.messages) > 1000
    assert sink.kept == len(sink.messages)
    assert max(message.count(b"\n") for _, message in sink.messages) <= 50
    for now, message in sink.messages:
        for line in message.splitlines():
            event = json.loads(line)
            due = 100 + (micros(event[TIMED[event["table"]]]) - stream.low) / 1e6 / 3600
            assert due <= now + 1e-6 <= due + 0.02
    assert 20 < sink.now - 100 < 24.1


def test_messages_stay_small_and_a_fault_of_the_sink_ends_it(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Clocked()
    monkeypatch.setattr("wayseal_sim.play._MOST_BYTES", 1000)
    play(Stream(dataset, seed=1), sink)
    assert max(len(message) for _, message in sink.messages) <= 1000
    assert b"".join(message for _, message in sink.messages) == b"".join(lines(Stream(dataset, seed=1)))

    class Full(Clocked):
        def send(self, lines: bytes) -> None:
            raise DeliveryError("no")

    with pytest.raises(DeliveryError):
        play(Stream(dataset, seed=1), Full())


def test_a_table_of_the_stream_is_read_as_any_other(dataset: Path, tmp_path: Path) -> None:
    found = lines(Stream(dataset, seed=1))
    for name in ("accesses", "scans", "tickets"):
        (tmp_path / f"{name}.jsonl").write_bytes(
            b"".join(x for x in found if x.startswith(b'{"table":"%s"' % name.encode()))
        )
    source, count = open_source(tmp_path), 0
    for file in source.files:
        for batch in read_batches(file, options=source.options):
            assert batch.rejected == ()
            count += len(batch.rows)
    assert count > 10_000


def test_what_cannot_be_played(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match="holds no events in Parquet"):
        Stream(tmp_path, seed=1)
    for day in ("x", "2026-13-01", "99999999999999999999"):
        with pytest.raises(SimulateError, match="a day is"):
            Stream(dataset, seed=1, since=day)
    (tmp_path / "scans.parquet").write_bytes(b"no")
    with pytest.raises(SimulateError, match="isn't Parquet"):
        Stream(tmp_path, seed=1)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "scans.parquet")
    with pytest.raises(SimulateError, match="has no column at"):
        Stream(tmp_path, seed=1)
    for wrong in ({"late": 1.1}, {"dropped": -0.1}, {"reordered": -1}, {"skew": float("inf")}):
        with pytest.raises(SimulateError):
            Faults(**wrong)
    assert lines(Stream(dataset, seed=1, since="400")) == []


def test_the_command(out: Path, tmp_path: Path) -> None:
    straight = b"".join(lines(Stream(out / "dataset", seed=7)))
    to = tmp_path / "stream.jsonl"
    ran = inside("simulate", out, "--existing", "--stream", f"file:{to}", "--seed", 7)
    assert ran.code == 0
    assert "lines in the stream" in ran.err
    assert to.read_bytes() == straight
    ran = inside("simulate", out, "--existing", "--stream", f"file:{to}.2", "--doubled", 0.1, "--from", 3, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    truth = json.loads((out / "stream.json").read_text("utf-8"))
    assert truth["doubled"] > 100
    assert (out / "before" / "dataset.json").exists()
    ran = inside("simulate", out / "dataset", "--existing", "--stream", f"file:{to}.3", "--speed", "1e9")
    assert Path(f"{to}.3").read_bytes() != b""
    assert not (out / "dataset" / "stream.json").exists()


@each(
    ("words", "said"),
    [
        (("--existing",), "needs `--stream`"),
        (("--stream", "-", "--speed", "fast"), "a speed is"),
        (("--stream", "-", "--speed", "-1"), "a speed is"),
        (("--stream", "-", "--late", "2"), "late is a share"),
        (("--stream", "x", "--existing"), "events go to"),
    ],
)
def test_commands_that_are_refused(words: tuple[str, ...], said: str, out: Path) -> None:
    ran = inside("simulate", out, *words)
    assert ran.code in (3, 5)
    assert said in ran.err


def test_into_jetstream_and_kafka(out: Path, tmp_path: Path) -> None:
    straight = b"".join(lines(Stream(out / "dataset", seed=7)))
    with nats_server(tmp_path) as server:
        assert inside("simulate", out, "--existing", "--stream", f"{server.address}/WORLD", "--quiet").code == 0
        assert b"".join(data for _, data in messages_of(server.address, "WORLD")) == straight
    with kafka_broker() as address:
        words = ("--stream", f"kafka://{address}/world", "--until", 2, "--from", 1, "--quiet")
        assert inside("simulate", out, "--existing", *words).code == 0
        day = lines(Stream(out / "dataset", seed=7, since="1", until="2"))
        found = values_of(address, "world", -(-len(day) // 200))
    assert sorted(line for _, value in found for line in value.splitlines(keepends=True)) == sorted(day)
