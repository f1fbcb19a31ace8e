"""The routes of virtual numbers, stand-ins, handovers and the courier's code, over a real vault."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_numbers import issue, kept
from tests.server.world import NUMBER, VALUES, World, world
from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.numbers.codes import KeySet, derive_keys, make_secret
from wayseal.numbers.moves import Numbers
from wayseal.numbers.tables import CHAIN
from wayseal.server.serve import open_aliases
from wayseal.server.settings import Settings
from wayseal.vault import Vault
from wayseal.vault.aliases import Aliases
from wayseal.vault.aliases.pool import add_aliases

KEYS: KeySet = derive_keys(bytes(32))
ALIAS = f"/v1/waybills/{NUMBER}/alias"
BODY = {"purpose": "contact", "reason": "at the door", "phone": "13600000001"}


@contextmanager
def serving(folder: Path, *, numbers: bool = False) -> Iterator[World]:
    """A service with one virtual number. numbers: it issues numbers, too."""
    with open_database(folder / "of_aliases.db") as database:
        upgrade(database, CHAIN)
        given = Numbers(database, KEYS, folder / "mark")

        def make(vault: Vault) -> Aliases:
            settings = Settings(database="x", key_database="x", numbers="x", numbers_key=folder / "x",
                                aliases=f"sqlite:///{folder / 'aliases.db'}")  # fmt: skip
            made = open_aliases(settings, vault, given)
            assert made is not None
            made.database.write(add_aliases, ["17000000001"])
            return made

        with world(folder, numbers=numbers, aliases=make) as service:
            yield service


@pytest.fixture
def aliased(tmp_path: Path) -> Iterator[World]:
    """A service with one virtual number, a parcel out for delivery, and a manager."""
    with serving(tmp_path) as service:
        service.seal()
        service.arrive()
        yield service


def post(service: World, path: str, body: Any = None, actor: str = "courier-1", method: str = "POST") -> Any:
    return service.http.request(method, path, json=body, headers=service.headers(actor=actor))


def test_a_virtual_number_and_no_phone(aliased: World) -> None:
    answer = post(aliased, ALIAS, BODY)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown.pop("until").endswith("Z")
    assert shown == {"alias": "17000000001", "shared": False, "recording": False}
    for phone in (VALUES["recipient_phone"], BODY["phone"]):
        assert phone not in answer.text + aliased.log.getvalue()


def test_a_virtual_number_before_the_first_scan_names_who_asked(tmp_path: Path) -> None:
    with serving(tmp_path, numbers=True) as service:
        number, _, _ = issue(service, holder="shop")
        service.seal(number)
        service.arrive(number)
        assert post(service, f"/v1/waybills/{number}/alias", BODY).status_code == 200
        until = time.monotonic() + 5
        while not kept(service) and time.monotonic() < until:
            time.sleep(0.02)
        (one,) = kept(service)
    assert (one.kind.value, one.number, one.asker) == ("read_early", number, "courier-1")


@pytest.mark.parametrize(
    ("body", "actor", "status", "rule"),
    [
        (BODY, "system-1", 403, "role"),
        ({**BODY, "purpose": "deliver"}, "courier-1", 422, "invalid"),
        ({**BODY, "purpose": "none"}, "courier-1", 403, "unknown_purpose"),
        ({**BODY, "phone": "no phone"}, "courier-1", 422, "invalid"),
        ({"purpose": "contact", "reason": "x"}, "courier-1", 422, "invalid"),
    ],
)
def test_what_gets_none(aliased: World, body: Any, actor: str, status: int, rule: str) -> None:
    answer = post(aliased, ALIAS, body, actor)
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert VALUES["recipient_phone"] not in answer.text


def test_the_pool_is_used_up(aliased: World) -> None:
    aliased.seal("YT2")
    aliased.arrive("YT2")
    assert post(aliased, ALIAS, BODY).status_code == 200
    answer = post(aliased, "/v1/waybills/YT2/alias", BODY)
    assert (answer.status_code, answer.json()["rule"]) == (422, "invalid")


def test_stand_ins(aliased: World) -> None:
    path = f"/v1/waybills/{NUMBER}/stand-ins"
    answer = post(aliased, path, {"pseudonym": "风清扬"}, "system-1", "PUT")
    assert answer.json() == {"pseudonym": "风清扬", "pickup_point": None, "virtual_number": None}
    answer = post(aliased, path, {"pseudonym": VALUES["recipient_name"]}, "system-1", "PUT")
    assert (answer.status_code, VALUES["recipient_name"] in answer.text) == (422, False)
    assert post(aliased, path, {"goods": "x"}, "system-1", "PUT").status_code == 422
    assert post(aliased, path, {"pseudonym": "风"}, "courier-1", "PUT").json()["rule"] == "refused"


def test_a_handover(aliased: World) -> None:
    secret = {"secret": make_secret(KEYS.secret, NUMBER)}
    code = post(aliased, f"/v1/waybills/{NUMBER}/handover-code", secret, "system-1").json()["code"]
    told = {"waybill": NUMBER, "code": "none"}
    for left in (2, 1, 0):
        state = "open" if left else "locked"
        assert post(aliased, "/v1/handovers", told).json() == {"accepted": False, "state": state, "left": left}
    assert post(aliased, "/v1/handovers", {**told, "code": code}).json()["state"] == "locked"
    why = {"waybill": NUMBER, "reason": "passport"}
    assert post(aliased, "/v1/handovers/override", why, "courier-1").json()["rule"] == "refused"
    done = post(aliased, "/v1/handovers/override", why, "manager-1").json()
    assert done == {"accepted": True, "state": "handed_over", "left": 0}


def test_refusals_look_alike(aliased: World) -> None:
    """Whether a parcel is there, or another's, isn't told."""
    told = []
    for number in (NUMBER, "YT404"):
        for path, body in (
            (f"/v1/waybills/{number}/handover-code", {"secret": "0" * 10}),
            (f"/v1/waybills/{number}/courier-code", None),
            ("/v1/handovers", {"waybill": number, "code": "1"}),
        ):
            answer = post(aliased, path, body, "admin-1")
            told.append({**answer.json(), "request": "", "status": answer.status_code})
    assert told[0]["status"] == 403
    assert all(one == told[0] for one in told)


def test_the_couriers_code(aliased: World) -> None:
    shown = post(aliased, f"/v1/waybills/{NUMBER}/courier-code").json()
    assert len(shown["code"]) == 6
    assert shown["until"].endswith("Z")


def test_a_service_that_has_none(service: World) -> None:
    service.seal()
    for path, body in ((ALIAS, BODY), (f"/v1/waybills/{NUMBER}/courier-code", None)):
        assert post(service, path, body).status_code == 404
    assert open_aliases(Settings(database="x", key_database="x"), service.vault, None) is None
