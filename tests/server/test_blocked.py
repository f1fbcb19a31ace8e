"""Accounts on the list of blocked ones are refused from the next request on (`server._blocked`)."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.world import NUMBER, World, world
from tests.tables import each
from wayseal.store.blocked import BlockedFile, BlockedList, Enforcer, Entry, Fails, Measure
from wayseal.store.durable import replace_file

HOUR = 3_600_000_000
WHO = "courier-1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    put(tmp_path / "blocked.json", version=0)
    return tmp_path / "blocked.json"


@pytest.fixture
def service(tmp_path: Path, path: Path) -> Iterator[World]:
    with world(tmp_path, blocked=Enforcer(BlockedFile(path, fails=Fails.CLOSED))) as made:
        made.seal()
        made.arrive()
        yield made


def put(path: Path, measure: str | None = None, actor: str = WHO, *, version: int = 1, lasts: int = HOUR) -> None:
    now = time.time_ns() // 1000
    one = Entry(
        id="b-1", actor=actor, measure=Measure(measure or "block"), since=now, until=now + lasts, reason="r", case="c-1"
    )
    replace_file(path, BlockedList(version=version, at=now, entries=(one,) if measure else ()).to_bytes())


def disclose(service: World, **more: str) -> Any:
    body = {"purpose": "deliver", "reason": "round 7"}
    return service.http.post(f"/v1/waybills/{NUMBER}/disclose", json=body, headers=service.headers(actor=WHO, **more))


@each(("measure", "status", "rule"), [("block", 403, "blocked"), ("step_up", 401, "step_up_required")])
def test_from_the_next_request_on(service: World, path: Path, measure: str, status: int, rule: str) -> None:
    put(path)
    token = service.headers(actor=WHO)
    body = {"purpose": "deliver", "reason": "round 7"}

    def ask() -> Any:
        return service.http.post(f"/v1/waybills/{NUMBER}/disclose", json=body, headers=token)

    assert ask().status_code == 200
    put(path, measure)
    refused = ask()
    assert (refused.status_code, refused.json()["rule"]) == (status, rule)
    assert rule in service.log.getvalue()
    assert WHO not in service.log.getvalue()
    assert WHO not in refused.text
    put(path, measure, actor="somebody")
    assert ask().status_code == 200
    put(path, measure, lasts=-1)
    assert ask().status_code == 200
    put(path)


def test_whatever_shows_something_is_refused(service: World, path: Path) -> None:
    put(path, "block", "system-1")
    ask = {"waybill": NUMBER, "purpose": "deliver", "reason": "r"}
    headers = service.headers()
    for route, body in (
        (f"/v1/waybills/{NUMBER}/disclose", {"purpose": "deliver", "reason": "r"}),
        ("/v1/disclose", {"asks": [ask]}),
        ("/v1/tokens/disclose", {"tokens": ["x"], "purpose": "deliver", "reason": "r"}),
        ("/v1/find", {"phone": "13800138000", "purpose": "deliver", "reason": "r"}),
        ("/v1/approvals/a/approve", None),
    ):
        answer = service.http.post(route, json=body, headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (403, "blocked"), route
    scan = {"waybill": NUMBER, "at": "2026-03-03T00:00:00Z", "kind": "delivered", "outlet": "BJ-1"}
    assert service.http.post("/v1/scans", json={"scans": [scan]}, headers=headers).status_code == 200


def test_a_second_factor_that_was_shown_since(service: World, path: Path) -> None:
    put(path, "step_up")
    answer = disclose(service, auth_time=str(int(time.time()) - 60))
    assert answer.status_code == 401
    assert "insufficient_user_authentication" in answer.headers["WWW-Authenticate"]
    time.sleep(1)
    assert disclose(service, auth_time=str(int(time.time()))).status_code == 200
    for wrong in ("x", "-1", str(int(time.time()) + 60), "9" * 20):
        assert service.ask_token("all", actor=WHO, auth_time=wrong).json()["error"] == "invalid_request"


def test_who_is_slowed_down_waits(service: World, path: Path) -> None:
    put(path, "slow_down")
    assert disclose(service).status_code == 200
    slow = disclose(service)
    assert (slow.status_code, slow.json()["rule"]) == (429, "slow_down")
    assert 0 < int(slow.headers["Retry-After"]) <= 10


def test_a_list_that_cant_be_read(tmp_path: Path) -> None:
    path = tmp_path / "blocked.json"
    path.write_text("damaged")
    for fails, status in ((Fails.CLOSED, 503), (Fails.OPEN, 200)):
        folder = tmp_path / fails
        folder.mkdir()
        with world(folder, blocked=Enforcer(BlockedFile(path, fails=fails))) as service:
            service.seal()
            service.arrive()
            assert disclose(service).status_code == status
            assert service.log.getvalue().count("blocked_list_unreadable") == 1


def test_the_log_says_which_version_is_enforced(service: World, path: Path) -> None:
    for version in (7, 7, 8):
        put(path, version=version)
        disclose(service)
    told = [line for line in service.log.getvalue().splitlines() if '"blocked_list"' in line]
    assert [f'"version":{n}' in line.replace(" ", "") for n, line in zip((7, 8), told, strict=True)] == [True, True]
