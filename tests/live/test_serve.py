"""The watch as a service, where it can't go on as it should (`wayseal.live.serve`)."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.live.brokers import ask_nats, nats_server
from tests.tables import each
from wayseal.cases.errors import CasebookDiskError
from wayseal.database.errors import DatabaseGoneError
from wayseal.ledger.errors import LedgerStorageError
from wayseal.live import serve
from wayseal.live.errors import LiveError, WatchSettingsError
from wayseal.live.serve import WatchService, run_service
from wayseal.live.settings import read_watch_settings
from wayseal.live.sources import open_source_of
from wayseal.live.watch import WatchOptions
from wayseal.model.messages import Message
from wayseal.model.times import iso, now_us
from wayseal.service import make_log

HOUR = 3_600_000_000
GIVEN = {"WAYSEAL_WATCH_SOURCE": "jsonl:-"}


class Script:
    """In a watch's place: what each of them does, one after the other. made: all of them."""

    does: list[BaseException | None]
    made: list["Script"]

    def __init__(self, *_: object) -> None:
        self.status: Mapping[str, Any] = {}
        self.made.append(self)

    def run(self) -> None:
        done = self.does.pop(0)
        if done is not None:
            raise done

    def stop(self) -> None:
        pass


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> type[Script]:
    Script.does, Script.made = [], []
    monkeypatch.setattr(serve, "Watch", Script)
    monkeypatch.setattr(serve, "PAUSE", 0.0)
    return Script


def service(folder: Path, log: io.StringIO | None = None, **settings: str) -> WatchService:
    given = GIVEN | {"WAYSEAL_WATCH_LEDGER": str(folder), "WAYSEAL_WATCH_FREE_MEGABYTES": "0"}
    given |= {f"WAYSEAL_WATCH_{name.upper()}": value for name, value in settings.items()}
    options = WatchOptions(detect=folder, arm=lambda *_: None, offset=0)
    read = read_watch_settings(given)
    return WatchService(read, lambda _say: open_source_of("jsonl:-"), options, make_log(log or io.StringIO()))


def test_a_disk_that_refuses_is_tried_again(tmp_path: Path, script: type[Script]) -> None:
    log = io.StringIO()
    made = service(tmp_path, log)
    refused = [OSError(28, ""), LedgerStorageError("x"), DatabaseGoneError("x"), CasebookDiskError("x")]
    script.does += [*refused, None]
    made.run()
    assert len(script.made) == 5
    events = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert events == ["watching", "disk"] * 4 + ["watching"]
    assert made.trouble() == ["starting", "disk"]
    script.made[-1].status = {"running": True, "at": iso(now_us())}
    assert made.trouble() == []


def test_what_else_it_cannot_go_on_with_ends_it(tmp_path: Path, script: type[Script]) -> None:
    script.does.append(LiveError("x"))
    with pytest.raises(LiveError):
        service(tmp_path).run()
    stopped = service(tmp_path)
    stopped.stop()
    stopped.run()
    assert not script.does


TROUBLES: tuple[tuple[Mapping[str, Any], list[str]], ...] = (
    ({"running": True, "at": 0}, []),
    ({"running": False, "at": 0}, ["starting"]),
    ({"running": True, "at": HOUR}, ["stuck"]),
    ({"running": True, "at": 0, "limits_at": 47 * HOUR}, []),
    ({"running": True, "at": 0, "limits_at": 49 * HOUR}, ["limits"]),
)


@each(["status", "trouble"], TROUBLES)
def test_it_is_ready_while_nothing_is_wrong(
    tmp_path: Path, script: type[Script], status: Mapping[str, Any], trouble: list[str]
) -> None:
    made = service(tmp_path)
    times = {key: iso(now_us() - ago) for key, ago in status.items() if key.endswith("at")}
    script.made[-1].status = {**status, **times}
    assert made.trouble() == trouble


def test_a_source_that_is_away_and_a_ledger_that_is_gone(tmp_path: Path, script: type[Script]) -> None:
    made = service(tmp_path / "none")
    script.made[-1].status = {"running": True, "at": iso(now_us())}
    made._source.away = -100.0  # type: ignore[misc]
    assert made.trouble() == ["source", "disk"]


def test_what_the_watch_says_is_logged_without_values(tmp_path: Path, script: type[Script]) -> None:
    log = io.StringIO()
    made = service(tmp_path, log)
    made._say(Message("{receiver} can't be told, says {reason}", {"receiver": "soc", "reason": "u-1042"}))
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert (line["event"], line["receiver"], line["level"]) == ("receiver_can_t_be_told_says_reason", "soc", "warning")
    assert "u-1042" not in log.getvalue()


def test_metrics_of_a_watch_that_has_not_begun(tmp_path: Path, script: type[Script]) -> None:
    text = service(tmp_path).metrics.text().decode()
    assert "wayseal_watch_running 0.0" in text
    assert "wayseal_watch_blocks 0.0" in text
    (tmp_path / "live").mkdir()
    (tmp_path / "live/blocks.jsonl").write_text("x\n")
    assert "\nwayseal_watch_blocks " not in service(tmp_path).metrics.text().decode()


REFUSED = (
    ({"PORT": "x"}, "port"),
    ({"PORTS": "1"}, "WAYSEAL_WATCH_PORTS"),
    ({"HOST": "0.0.0.0"}, "tls_certificate"),
    ({"TLS_KEY": "k"}, "tls_key"),
    ({"START": "yesterday"}, "start"),
    ({"LIMITS_HOURS": "0"}, "limits_hours"),
)


@each(["given", "text"], REFUSED)
def test_settings_that_cannot_be(given: dict[str, str], text: str) -> None:
    named = GIVEN | {f"WAYSEAL_WATCH_{name}": value for name, value in given.items()}
    with pytest.raises(WatchSettingsError, match=text):
        read_watch_settings(named, ledger="ledger")
    with pytest.raises(WatchSettingsError):
        read_watch_settings({})


def test_settings_that_can_be() -> None:
    found = read_watch_settings(GIVEN | {"WAYSEAL_WATCH_HTTPS": "1", "WAYSEAL_FALSE_ALARM": "7"}, ledger="a", port="1")
    assert (found.ledger, found.port, found.false_alarm, found.https) == (Path("a"), 1, 7.0, True)


def test_certificates_that_are_none(tmp_path: Path, script: type[Script]) -> None:
    tls = {f"WAYSEAL_WATCH_TLS_{name}": str(tmp_path / name) for name in ("CERTIFICATE", "KEY")}
    settings = read_watch_settings(GIVEN | tls, ledger=str(tmp_path), port="0")
    options = WatchOptions(detect=tmp_path, arm=lambda *_: None, offset=0)
    with pytest.raises(WatchSettingsError, match="tls_certificate"):
        run_service(settings, lambda _say: open_source_of("jsonl:-"), options, make_log(io.StringIO()))


def test_the_list_goes_to_its_subject(tmp_path: Path, script: type[Script]) -> None:
    with nats_server(tmp_path) as server:
        ask_nats(server, lambda stream: stream.add_stream(name="BLOCKED", subjects=["list.>"]))
        named = GIVEN | {"WAYSEAL_WATCH_BLOCKED_SUBJECT": f"nats://{server.address}/list.blocked"}
        options = WatchOptions(detect=tmp_path, arm=lambda *_: None, offset=0)
        script.does.append(None)
        settings = read_watch_settings(named, ledger=str(tmp_path), port="0")
        run_service(settings, lambda _say: open_source_of("jsonl:-"), options, make_log(io.StringIO()))
        newest = ask_nats(server, lambda stream: stream.get_last_msg("BLOCKED", "list.blocked"))
    assert newest.data == (tmp_path / "live/blocked.json").read_bytes()
    with pytest.raises(WatchSettingsError, match="blocked_subject"):
        service(tmp_path, blocked_subject="list.blocked")


def test_it_ends_with_what_ends_the_watch(tmp_path: Path, script: type[Script]) -> None:
    log = io.StringIO()
    settings = read_watch_settings(GIVEN, ledger=str(tmp_path), port="0")
    options = WatchOptions(detect=tmp_path, arm=lambda *_: None, offset=0)
    script.does += [LiveError("x"), None]
    with pytest.raises(LiveError):
        run_service(settings, lambda _say: open_source_of("jsonl:-"), options, make_log(log))
    run_service(settings, lambda _say: open_source_of("jsonl:-"), options, make_log(log))
    events = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert "failed" in events
    assert events[-1] == "stopped"
