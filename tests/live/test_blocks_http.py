"""The list over HTTP, and the reference enforcer on a real nginx (`wayseal.live.http`, deploy/nginx/blocked.conf)."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.serving import nginx, served, serving, system
from tests.tables import each
from wayseal.live.blocks import TOKENS, Blocks
from wayseal.live.errors import ActError
from wayseal.model.times import now_us
from wayseal.service.tokens import add_token, remove_token
from wayseal.store.blocked import Fails

HOUR = 3_600_000_000


@pytest.fixture
def blocks(tmp_path: Path) -> Blocks:
    made = Blocks(tmp_path / "live")
    made.sync()
    return made


@pytest.fixture
def token(blocks: Blocks) -> str:
    return add_token(blocks.file.parent / TOKENS, "gw-1", ActError)


@pytest.fixture
def port(blocks: Blocks, token: str) -> Iterator[int]:
    with serving(blocks, blocks.file.parent / TOKENS) as found:
        yield found


@pytest.fixture
def http(port: int, token: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
        yield client


def put(blocks: Blocks, actor: str, measure: str = "block") -> str:
    return blocks.add(actor=actor, measure=measure, reason="r", case="c-1", until=now_us() + HOUR, who="Li").id


ROUTES = (("GET", "/v1/blocked"), ("GET", "/v1/blocked/check"), ("POST", "/v1/blocked/enforced"))


def test_nobody_gets_anything_without_a_token(blocks: Blocks, port: int, token: str, http: httpx.Client) -> None:
    put(blocks, "u-1042")
    for header in (None, "Bearer", "Bearer x", f"Basic {token}", f"Bearer {token}x", "Bearer é"):
        headers = [(b"X-Account", b"u-1")] + ([] if header is None else [(b"Authorization", header.encode())])
        for method, path in ROUTES:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                answer = client.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["rule"]) == (401, "token")
    assert http.get("/v1/blocked").status_code == 200
    remove_token(blocks.file.parent / TOKENS, "gw-1", ActError)
    assert http.get("/v1/blocked").status_code == 401
    assert {http.get(path).status_code for path in ("/healthz", "/readyz")} == {200}
    assert http.get("/").status_code == http.get("/docs").status_code == 404


def test_a_list_has_its_tag(blocks: Blocks, http: httpx.Client) -> None:
    first = http.get("/v1/blocked")
    tag = first.headers["ETag"]
    assert first.json()["entries"] == []
    assert http.get("/v1/blocked", headers={"If-None-Match": tag}).status_code == 304
    put(blocks, "u-1042")
    for known in (tag, f'W/{tag}, "7"', ""):
        found = http.get("/v1/blocked", headers={"If-None-Match": known})
        assert found.headers["ETag"] != tag
        assert found.content == blocks.file.read_bytes()
    assert {http.get(f"/v1/blocked?wait={wait}").status_code for wait in ("x", "nan", "-nan", "")} == {400}
    assert {http.get(f"/v1/blocked?wait={wait}").status_code for wait in ("-1", "1e999", "Infinity", "60")} == {200}


def test_a_record_that_was_lost_and_made_anew_has_other_tags(blocks: Blocks, http: httpx.Client) -> None:
    put(blocks, "u-1")
    tag = http.get("/v1/blocked").headers["ETag"]
    for path in blocks.file.parent.glob("block*"):
        path.unlink()
    put(Blocks(blocks.file.parent), "u-2")
    found = http.get("/v1/blocked", headers={"If-None-Match": tag})
    assert [one["actor"] for one in found.json()["entries"]] == ["u-2"]


def test_a_token_that_was_taken_back_is_not_waited_for(blocks: Blocks, http: httpx.Client) -> None:
    def change() -> None:
        time.sleep(0.3)
        remove_token(blocks.file.parent / TOKENS, "gw-1", ActError)
        put(Blocks(blocks.file.parent), "u-1")

    thread = threading.Thread(target=change)
    thread.start()
    headers = {"If-None-Match": http.get("/v1/blocked").headers["ETag"]}
    assert http.get("/v1/blocked?wait=30", headers=headers).status_code == 401
    thread.join()


def test_what_cannot_be_written_down_is_said(blocks: Blocks, http: httpx.Client) -> None:
    put(blocks, "u-1")
    record, said = blocks.file.parent / "blocks.jsonl", {"version": 1, "fails": "open"}
    whole = record.read_bytes()
    record.write_bytes(whole + b"{}\n")
    changed = http.post("/v1/blocked/enforced", json=said)
    record.unlink()
    record.mkdir()
    for answer in (changed, http.post("/v1/blocked/enforced", json=said)):
        assert (answer.status_code, answer.json()["rule"]) == (503, "list")
    record.rmdir()
    record.write_bytes(whole)
    assert http.post("/v1/blocked/enforced", json=said).status_code == 204


def test_two_gateways_with_one_token_fill_no_record(blocks: Blocks, http: httpx.Client) -> None:
    for _ in range(5):
        for fails in ("open", "closed"):
            http.get("/v1/blocked/check", headers={"X-Account": "u", "X-Wayseal-Fails": fails})
    assert len((blocks.file.parent / "blocks.jsonl").read_bytes().splitlines()) == 3


def test_who_has_a_list_gets_what_changed(blocks: Blocks, http: httpx.Client) -> None:
    tags = [http.get("/v1/blocked").headers["ETag"].strip('"')]
    assert http.get(f"/v1/blocked?since={tags[0]}").status_code == 304
    put(blocks, "u-1")
    first = http.get(f"/v1/blocked?since={tags[0]}")
    assert [one["actor"] for one in first.json()["added"]] == ["u-1"]
    put(blocks, "u-2")
    blocks.lift(["b-1"], who="Wang", why="w")
    told = http.get("/v1/blocked", params={"since": first.headers["ETag"].strip('"')}).json()
    assert (told["before"], told["version"]) == ({"version": 1, "at": first.json()["at"]}, 3)
    assert ([one["id"] for one in told["added"]], told["removed"]) == (["b-2"], ["b-1"])
    # A list that was never seen here, or is none, gets the whole one.
    for since in ("1-1", "2", "x", ""):
        assert http.get(f"/v1/blocked?since={since}").content == blocks.file.read_bytes()


def test_who_waits_is_answered_when_it_changes(blocks: Blocks, http: httpx.Client) -> None:
    changed: list[float] = []

    def change() -> None:
        time.sleep(0.3)
        put(Blocks(blocks.file.parent), "u-1")
        changed.append(time.monotonic())

    known = {"If-None-Match": http.get("/v1/blocked").headers["ETag"]}
    thread = threading.Thread(target=change)
    thread.start()
    found = http.get("/v1/blocked?wait=30", headers=known)
    answered = time.monotonic()
    thread.join()
    assert found.json()["version"] == 1
    assert answered - changed[0] < 5
    began = time.monotonic()
    assert http.get("/v1/blocked?wait=0.2", headers={"If-None-Match": found.headers["ETag"]}).status_code == 304
    assert time.monotonic() - began >= 0.2


def test_an_account_is_asked_about(blocks: Blocks, http: httpx.Client) -> None:
    put(blocks, "账号 7")
    put(blocks, "up", "step_up")
    put(blocks, "slow", "slow_down")

    def ask(actor: str, **more: str) -> httpx.Response:
        headers = [
            (b"X-Account", actor.encode()),
            *((k.replace("_", "-").encode(), v.encode()) for k, v in more.items()),
        ]
        return http.get("/v1/blocked/check", headers=headers)

    assert ask("other").status_code == 204
    assert ask("").status_code == 403
    blocked = ask("账号 7")
    assert (blocked.status_code, blocked.headers["X-Wayseal-Measure"]) == (403, "block")
    assert "账号" not in blocked.text
    up = ask("up")
    assert (up.status_code, up.headers["X-Wayseal-Measure"]) == (401, "step_up")
    assert "insufficient_user_authentication" in up.headers["WWW-Authenticate"]
    for verified, status in (
        (str(now_us() // 1_000_000 + 1), 204),
        ("1", 401),
        ("-1", 401),
        ("x", 401),
        ("9" * 99, 401),
    ):
        assert ask("up", X_Verified_At=verified).status_code == status
    assert ask("slow").status_code == 204
    slow = ask("slow")
    assert (slow.status_code, slow.headers["X-Accel-Expires"]) == (429, "0")
    assert 0 < int(slow.headers["Retry-After"]) <= 10
    blocks.lift(["b-1"], who="Li", why="w")
    assert ask("账号 7").status_code == 204


def test_gateways_say_what_they_enforce(blocks: Blocks, http: httpx.Client) -> None:
    put(blocks, "u-1")
    said = {"gateway": "gw-7", "version": 1, "fails": "open"}
    assert http.post("/v1/blocked/enforced", json=said).status_code == 204
    assert http.get("/v1/blocked/check", headers={"X-Account": "u", "X-Wayseal-Fails": "closed"}).status_code == 204
    found = blocks.state().gateways
    assert {name: (one.version, one.fails, one.who) for name, one in found.items()} == {
        "gw-7": (1, Fails.OPEN, "gw-1"),
        "gw-1": (1, Fails.CLOSED, "gw-1"),
    }


@each(
    ("body", "status"),
    [
        (b"", 422), (b"[]", 422), (b"{}", 422), (b"{" * 4000, 422), (b" " * 5000, 413), (b"\xff", 422),
        ({"version": 9, "fails": "open"}, 422), ({"version": True, "fails": "open"}, 422),
        ({"version": 0, "fails": "ajar"}, 422), ({"version": 0, "fails": []}, 422),
        ({"gateway": " ", "version": 0, "fails": "open"}, 422), ({"gateway": 1, "version": 0, "fails": "open"}, 422),
    ],
)  # fmt: skip
def test_what_a_gateway_cant_say(http: httpx.Client, body: Any, status: int) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert http.post("/v1/blocked/enforced", content=content).status_code == status


def test_a_list_that_cant_be_read(blocks: Blocks, token: str) -> None:
    blocks.file.write_text("damaged")
    with (
        serving(blocks, blocks.file.parent / TOKENS) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}) as client,
    ):
        assert client.get("/v1/blocked").status_code == 503
        assert client.get("/v1/blocked/check", headers={"X-Account": "u"}).status_code == 503
        assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (503, 200)
        blocks.sync()
        assert client.get("/readyz").status_code == 200


@pytest.mark.needs("nginx")
def test_nginx_enforces_the_list(blocks: Blocks, token: str, port: int, tmp_path: Path) -> None:
    with (
        served(system) as behind,
        nginx(tmp_path, token, wayseal=port, behind=behind) as gate,
        httpx.Client(base_url=f"http://127.0.0.1:{gate}") as http,
    ):

        def ask(actor: str, **more: str) -> httpx.Response:
            return http.get("/waybill", headers={"X-Test-User": actor, **more})

        assert (ask("u-1").status_code, ask("u-1").text) == (200, "shown")
        assert ask("").status_code == 403
        entry = put(blocks, "u-1")
        assert _refused_within(lambda: ask("u-1").status_code == 403) < 5
        assert ask("u-1").headers["X-Wayseal-Measure"] == "block"
        assert ask("u-2").status_code == 200
        assert http.get("/_wayseal/check").status_code == http.get("/_wayseal/open").status_code == 404
        blocks.lift([entry], who="Li", why="w")
        assert _refused_within(lambda: ask("u-1").status_code == 200) < 5
        put(blocks, "up", "step_up")
        put(blocks, "slow", "slow_down")
        assert (ask("up").status_code, ask("up").headers["X-Wayseal-Measure"]) == (401, "step_up")
        assert ask("up", **{"X-Test-Verified": str(now_us() // 1_000_000 + 1)}).status_code == 200
        answers = [ask("slow") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 429, 429]
        assert int(answers[1].headers["Retry-After"]) > 0
        known = blocks.state().gateways["gw-1"]
        assert (known.version, known.fails) == (4, Fails.CLOSED)


def _refused_within(done: Any) -> float:
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < 30
    return time.monotonic() - began


@pytest.mark.needs("nginx")
@pytest.mark.parametrize(("fails_open", "status"), [(False, 500), (True, 200)])
def test_nginx_fails_as_it_says(blocks: Blocks, token: str, tmp_path: Path, fails_open: bool, status: int) -> None:
    put(blocks, "u-1")
    tokens = blocks.file.parent / TOKENS
    with served(system) as behind:
        with serving(blocks, tokens) as port:
            pass
        with (
            nginx(tmp_path, token, wayseal=port, behind=behind, fails_open=fails_open) as gate,
            httpx.Client(base_url=f"http://127.0.0.1:{gate}", headers={"X-Test-User": "u-1"}) as http,
        ):
            assert http.get("/waybill").status_code == status
            blocks.file.write_text("damaged")
            with serving(blocks, tokens, port):
                time.sleep(1)
                assert http.get("/waybill").status_code == status, "503"
            blocks.sync()
            with serving(blocks, tokens, port):
                time.sleep(1)
                assert http.get("/waybill").status_code == 403
