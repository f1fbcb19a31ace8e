"""The watch from end to end: from an event to a refusal, to receivers, and as a service."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.running import WAYSEAL, inside
from tests.live.noticed import noticed
from tests.live.played import OFFSET, Played, take
from tests.live.serving import free_port
from wayseal.cases.ledger.casebook import FOLDER, find_cases_of
from wayseal.cli import watch as command
from wayseal.cli.commands import OutputFormat
from wayseal.detect import Options
from wayseal.ledger import open_ledger
from wayseal.live.blocks import TOKENS, Blocks, Rule, blocks_folder
from wayseal.live.errors import ActError
from wayseal.live.http import METRICS
from wayseal.live.mutes import Mutes
from wayseal.live.notices import Send, read_notices
from wayseal.live.sources import open_source_of
from wayseal.live.types import Notice, NoticeKind, Reason
from wayseal.live.watch import Watch, read_status
from wayseal.model.times import now_us
from wayseal.service.tokens import add_token
from wayseal.store.blocked import BlockedFile, Enforcer, Fails, Measure

WHO = {"who": "Wang, IT"}


@dataclass(frozen=True, kw_only=True)
class Known:
    """What comes of some lines: the first notice that later work can explain, and the lines that do so."""

    raised: Notice
    lines: Sequence[bytes]
    explain: Sequence[bytes]


@pytest.fixture(scope="module")
def known(played: Played) -> Known:
    with open_ledger(played.ledger) as snapshot:
        rows = snapshot.actors()
    outlets = dict(zip(rows["actor"].to_pylist(), rows["outlet"].to_pylist(), strict=True))
    fast, found, first = played.state(), list[Notice](), 0
    while not (good := [n for n in found if n.kind is NoticeKind.RAISED and outlets.get(n.actor)]):
        found += take(fast, played.lines[first : first + 500], first=first + 1)
        first += 500
    raised = good[0]
    lines = played.lines[: raised.tipped_by.number]
    reads = [row for row in map(json.loads, lines) if row["table"] == "accesses" and row.get("actor") == raised.actor]
    scan = {"table": "scans", "kind": "arrive", "outlet": outlets[raised.actor]}
    scans = [{**scan, "waybill": read["waybill"], "at": read["at"]} for read in reads]
    explain = [json.dumps(one).encode() + b"\n" for one in scans]
    # What explains is compiled when it is first called, which no watch that was ever started before waits for.
    take(fast, explain, first=first + 1)
    return Known(raised=raised, lines=lines, explain=explain)


@pytest.fixture
def ledger(played: Played, tmp_path: Path) -> Path:
    shutil.copytree(played.ledger, tmp_path / "ledger")
    return tmp_path / "ledger"


def until(there: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.005)


def in_force(ledger: Path, clock: Callable[[], int]) -> Blocks:
    """A rule that blocks whoever is told of."""
    blocks = Blocks(blocks_folder(ledger), clock=clock)
    blocks.propose_rule(Rule(name="pulls", least=0.001, measure=Measure.BLOCK, minutes=60), who="Li, audit")
    blocks.agree_rule("pulls", **WHO)
    return blocks


def put(path: Path, lines: Sequence[bytes]) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


@contextmanager
def watching(ledger: Path, source: Path, beside: dict[str, Send]) -> Iterator[Watch]:
    """A watch in a thread, as the command makes it."""
    options = command._options(ledger, Options(offset=OFFSET), [], None, OutputFormat.JSON)
    watch = Watch(ledger, open_source_of(f"file:{source}"), replace(options, beside=beside))
    failed: list[BaseException] = []

    def run() -> None:
        try:
            watch.run()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()
    assert not failed


def test_from_an_event_to_a_refusal_within_a_second(
    known: Known, ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raised, events, told = known.raised, tmp_path / "events.jsonl", list[Notice]()
    monkeypatch.setattr(command, "Blocks", partial(Blocks, clock=lambda: raised.at))
    blocks = in_force(ledger, lambda: raised.at)
    gate = Enforcer(BlockedFile(blocks.file, fails=Fails.OPEN))

    def refused() -> bool:
        return gate.check(raised.actor, raised.at + 1) is not None

    def tell(notice: Notice) -> bool:
        told.append(notice)
        return True

    put(events, known.lines[:-1])
    with watching(ledger, events, {"soc": tell}) as watch:
        until(lambda: watch.status.get("events") == len(known.lines) - 1 and watch.status["limits"])
        assert not refused()
        begun = time.monotonic()
        put(events, known.lines[-1:])
        until(refused)
        blocked = time.monotonic() - begun
        begun = time.monotonic()
        put(events, known.explain)
        until(lambda: not refused())
        lifted = time.monotonic() - begun
    assert max(blocked, lifted) < 5
    mine = [one.kind for one in told if one.actor == raised.actor]
    assert (mine[0], mine[-1]) == (NoticeKind.RAISED, NoticeKind.WITHDRAWN)
    (entry,) = (one for one in blocks.state().added.values() if one.notice == raised.id)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (row,) = (row for row in printed if row["notice"] == raised.id)
    assert row["case"] == entry.entry.case == find_cases_of(ledger / FOLDER, frozenset((raised.actor,)))[0]
    assert row["entry"] == entry.entry.id
    assert row["actors"][0].startswith("p-")
    status = read_status(ledger)
    assert status is not None
    assert status["waiting"] == {"acts": 0, "blocks": 0, "print": 0, "soc": 0}


def test_a_muted_notice_makes_its_case_and_block_and_tells_nobody(
    known: Known, ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised, events, told = known.raised, tmp_path / "events.jsonl", list[str]()
    monkeypatch.setattr(command, "Blocks", partial(Blocks, clock=lambda: raised.at))
    blocks = in_force(ledger, lambda: raised.at)
    Mutes(ledger / "live").add(account=raised.actor, until=now_us() + 3_600_000_000, why="a new hub", who="Wang, IT")

    def tell(notice: Notice) -> bool:
        told.append(notice.actor)
        return True

    put(events, known.lines)
    with watching(ledger, events, {"soc": tell}):
        until(lambda: any(one.notice == raised.id for one in blocks.state().added.values()))
        put(events, known.explain)
        until(lambda: any(one.raised == raised.id for one in read_notices(ledger / "live").notices.values()))
    assert raised.actor not in told
    assert find_cases_of(ledger / FOLDER, frozenset((raised.actor,)))
    muted = read_notices(ledger / "live").muted
    assert {raised.id} <= {*muted}
    assert {one.why for one in muted.values()} == {"a new hub"}
    shown = inside("mutes", "list", ledger).out
    assert "a new hub" in shown
    assert raised.actor not in shown
    assert f"; {len(muted)} notice" in shown
    with (ledger / "live/notices.jsonl").open("ab") as file:
        file.write(b'{"notice":')
    assert inside("case", "backup", ledger, tmp_path / "copy").code == 0
    copied = {path.name: path.read_bytes() for path in (tmp_path / "copy/live").iterdir()}
    assert copied.keys() == {"notices.jsonl", "blocks.jsonl", "mutes.jsonl"}
    assert all((ledger / "live" / name).read_bytes().startswith(content) for name, content in copied.items())
    assert read_notices(tmp_path / "copy/live").notices == read_notices(ledger / "live").notices


def test_what_hides_in_an_account_is_made_visible(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "masking", lambda *_: lambda actor: actor)
    made = command._options(ledger, Options(offset=OFFSET), [], None, OutputFormat.TEXT)
    reasons = (Reason(detector="number_walks", value=30, usual=2),)
    made.receivers["print"]([noticed("n1", actor="u-1\u202egnp.exe", reasons=reasons)])
    shown = capsys.readouterr().out
    assert "u-1‹U+202E›gnp.exe" in shown
    assert "\u202e" not in shown


SERVE = [sys.executable, "-c", WAYSEAL, "serve", "watch"]


@contextmanager
def served(ledger: Path, source: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    port = free_port()
    names = {"LEDGER": str(ledger), "SOURCE": source, "PORT": str(port), "OFFSET": "+08:00", **more}
    env = {**os.environ, **{f"WAYSEAL_WATCH_{name}": value for name, value in names.items()}}
    process = subprocess.Popen(SERVE, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def answers(client: httpx.Client, path: str, **more: Any) -> httpx.Response | None:
    try:
        return client.get(path, **more)
    except httpx.TransportError:
        return None


def ready(client: httpx.Client) -> list[str] | None:
    """Its trouble; None: it doesn't answer."""
    found = answers(client, "/readyz")
    return None if found is None else list(found.json().get("trouble", []))


@pytest.mark.slow
def test_the_service_answers_and_ends_in_order(known: Known, ledger: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    put(events, known.lines)
    tokens = blocks_folder(ledger) / TOKENS
    gateway, prometheus = (
        {"Authorization": f"Bearer {add_token(tokens, name, ActError)}"} for name in ("gw-1", METRICS)
    )
    with served(ledger, f"file:{events}") as (process, client):
        until(lambda: ready(client) == [])
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/blocked", headers=gateway).json()["entries"] == []
        refused = [("/v1/blocked", prometheus), ("/metrics", gateway), ("/metrics", {})]
        assert [client.get(path, headers=how).status_code for path, how in refused] == [403, 403, 401]
        until(
            lambda: (
                f"wayseal_watch_events_total {len(known.lines)}.0" in client.get("/metrics", headers=prometheus).text
            )
        )
        text = client.get("/metrics", headers=prometheus).text
        wanted = ('notices_total{kind="raised"}', 'notices_waiting{receiver="blocks"} 0.0', "blocks 0.0", "running 1.0",
                  "source_away_seconds 0.0", "last_event_seconds", "lag_seconds", "limits_age_seconds")  # fmt: skip
        assert all(f"wayseal_watch_{name}" in text for name in wanted)
        assert known.raised.actor not in text
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["event"] for line in lines if line["event"] in {"watching", "serving", "stopped"}][-1] == "stopped"
    assert known.raised.actor not in log
    status = read_status(ledger)
    assert status is not None
    assert (status["running"], status["in_ledger"]) == (False, len(known.lines))


@pytest.mark.slow
def test_it_is_not_ready_while_its_source_is_away(ledger: Path) -> None:
    with served(ledger, f"nats://127.0.0.1:{free_port()}/READS", SOURCE_SECONDS="1", FREE_MEGABYTES="9999999") as (
        process,
        client,
    ):
        until(lambda: ready(client) == ["source", "disk"])
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0
    away = [line for line in map(json.loads, log.splitlines()) if line.get("source")]
    assert away[0]["event"].startswith("source_doesn_t_answer")
