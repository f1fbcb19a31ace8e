"""Numbers and bindings over HTTP: what is refused, and what a disclosure before the first scan leaves behind."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.world import NOW, World, world
from wayseal.numbers import breaches
from wayseal.numbers.breaches import KeptBreach
from wayseal.numbers.codes import make_secret
from wayseal.server.errors import SettingsError
from wayseal.server.serve import open_numbers_of
from wayseal.server.settings import read_settings

ORDER = {"order": "o-1", "phone": "13800138000", "city": "北京"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, numbers=True) as made:
        yield made


def post(desk: World, path: str, body: dict[str, Any], by: str = "all", **headers: str) -> httpx.Response:
    return desk.http.post(path, json=body, headers=desk.headers(by) | headers)


def issue(desk: World, size: int = 3, **more: Any) -> list[str]:
    answer = post(desk, "/v1/numbers", {"size": size, **more})
    assert answer.status_code == 201, answer.text
    numbers: list[str] = answer.json()["numbers"]
    return numbers


def kept(desk: World) -> list[KeptBreach]:
    assert desk.numbers is not None
    return [*desk.numbers.database.read(breaches.after, 0)]


def test_a_service_without_numbers_says_so(shared: World) -> None:
    for path, body in (
        ("/v1/numbers", {"size": 1}),
        ("/v1/numbers/YT1/scan", {}),
        ("/v1/bindings", {"number": "YT1", **ORDER}),
    ):
        answer = post(shared, path, body)
        assert (answer.status_code, answer.json()["rule"]) == (404, "no_numbers")
    assert shared.http.get("/v1/bindings/key").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/numbers", {"size": 1}),
        ("/v1/numbers/moves", {"moves": [{"number": "YT1", "move": "scan"}]}),
        ("/v1/numbers/YT1/void", {}),
        ("/v1/numbers/reads", {"reads": [{"number": "YT1", "by": "a"}]}),
        ("/v1/bindings", {"number": "YT1", **ORDER}),
        ("/v1/bindings/ask", {"number": "YT1", "nonce": "nonce-123", **ORDER}),
    ],
)
def test_each_needs_its_scope(desk: World, path: str, body: dict[str, Any]) -> None:
    desk.client("reader", frozenset({"disclose"}))
    assert post(desk, path, body, "reader").status_code == 403


def test_a_block_asked_twice_is_one(desk: World) -> None:
    key = {"Idempotency-Key": "k"}
    first = post(desk, "/v1/numbers", {"size": 2}, **key).json()
    assert post(desk, "/v1/numbers", {"size": 2}, **key).json() == first
    assert post(desk, "/v1/numbers", {"size": 3}, **key).status_code == 409
    desk.client("other")
    assert post(desk, "/v1/numbers", {"size": 2}, "other", **key).json() != first
    assert post(desk, "/v1/numbers", {"size": 2, "series": "ZZ"}).status_code == 422


def test_a_life_over_http(desk: World) -> None:
    assert desk.numbers is not None
    first, second, third = issue(desk)
    bound = post(desk, "/v1/bindings", {"number": first, **ORDER}).json()
    secret = make_secret(desk.numbers.keys.secret, first)
    assert bound == {"number": first, "outcome": "done", "secret": secret}
    assert post(desk, "/v1/bindings", {"number": first, **ORDER}).json()["outcome"] == "same"
    scan = {"at": "2026-03-02T08:18:00Z", "outlet": "SH-1", "city": "上海"}
    assert post(desk, f"/v1/numbers/{first}/scan", scan).json() == {"number": first, "outcome": "done"}
    moves = [
        {"number": first, "move": "close"},
        {"number": second, "move": "scan", "outlet": "SH-1"},
        {"number": third, "move": "bind", "order": {**ORDER, "order": "o-2"}},
    ]
    answers = post(desk, "/v1/numbers/moves", {"moves": moves}).json()["results"]
    assert [(one["outcome"], one.get("rule")) for one in answers] == [
        ("done", None), ("refused", "scanned_unbound"), ("done", None),
    ]  # fmt: skip
    assert {one.kind.value for one in kept(desk)} == {"clock_skew", "scanned_unbound"}


def test_a_bind_has_an_order_and_nothing_else_has(desk: World) -> None:
    for move in ({"number": "YT1", "move": "bind"}, {"number": "YT1", "move": "scan", "order": ORDER}):
        assert post(desk, "/v1/numbers/moves", {"moves": [move]}).status_code == 422


def test_whether_a_number_is_there_isnt_told_to_others(desk: World) -> None:
    (number,) = issue(desk, 1)
    desk.client("other")
    for one in (number, "YT0000000000000"):
        answer = post(desk, "/v1/bindings", {"number": one, **ORDER}, "other").json()
        assert answer == {"number": one, "outcome": "refused", "rule": "unknown"}
    assert [one.asker for one in kept(desk) if one.number == number] == ["other"]


def test_answers_on_bindings(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (number,) = issue(desk, 1)
    post(desk, "/v1/bindings", {"number": number, **ORDER})
    asked = {"number": number, "nonce": "nonce-123", **ORDER}
    answer = post(desk, "/v1/bindings/ask", asked).json()
    assert json.loads(answer["answer"])["answer"] == "match"
    assert len(desk.http.get("/v1/bindings/key").json()["key"]) == 44
    wrong = post(desk, "/v1/bindings/ask", {**asked, "city": "上海"}).json()
    assert json.loads(wrong["answer"])["answer"] == "mismatch"
    monkeypatch.setattr("wayseal.numbers.bindings._count", lambda *_: 10**9)
    refused = post(desk, "/v1/bindings/ask", asked)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_a_restored_database_answers_503(desk: World, tmp_path: Path) -> None:
    issue(desk, 1)
    (tmp_path / "mark").write_text('{"YT": 99}')
    assert post(desk, "/v1/numbers", {"size": 1}).status_code == 503


def test_reads_that_are_reported_are_kept(desk: World) -> None:
    (number,) = issue(desk, 1)
    reads = [{"number": number, "by": "mole"}, {"number": number, "by": "all", "at": "2026-03-02T08:00:00Z"}]
    assert post(desk, "/v1/numbers/reads", {"reads": reads}).json() == {"taken": 1}


def test_a_disclosure_before_the_first_scan_names_the_account_within_a_second(desk: World) -> None:
    number, _, _ = issue(desk, holder="shop")
    desk.seal(number)
    desk.arrive(number)
    headers = desk.headers(actor="courier-1")
    body = {"purpose": "deliver", "reason": "route 12"}
    start = time.monotonic()
    answer = desk.http.post(f"/v1/waybills/{number}/disclose", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    while not kept(desk) and time.monotonic() - start < 5:
        time.sleep(0.02)
    (one,) = kept(desk)
    assert (one.kind.value, one.number, one.asker, one.holder) == ("read_early", number, "courier-1", "shop")
    assert time.monotonic() - start < 2


def test_settings_name_database_and_key_together(tmp_path: Path) -> None:
    base = {"WAYSEAL_DATABASE": "sqlite:///a", "WAYSEAL_KEY_DATABASE": "sqlite:///b"}
    with pytest.raises(SettingsError):
        read_settings({**base, "WAYSEAL_NUMBERS": "sqlite:///n"})
    with open_numbers_of(read_settings(base)) as none:
        assert none is None
    from tests.numbers.world import desk as numbers_desk
    from wayseal.numbers.codes import open_keys
    from wayseal.numbers.moves import mark_of

    with numbers_desk("sqlite", tmp_path) as made:
        place = made.numbers.database.place
    key = tmp_path / "numbers.key"
    open_keys(key, make=True)
    mark_of(key).write_text('{"YT": 0}')
    given = {**base, "WAYSEAL_NUMBERS": f"sqlite:///{place}", "WAYSEAL_NUMBERS_KEY": str(key)}
    with open_numbers_of(read_settings(given)) as found:
        assert found is not None
    assert NOW
