"""Keys, tables and settings."""

import random
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyotp
import pytest

from tests.console.world import open_world, text
from tests.database.places import KINDS, fresh
from wayseal.console import Role, read_console_settings
from wayseal.console.access import load_keys
from wayseal.console.access._context import STEP, AccessKeys, Used, check_password, fitting_step, new_secret, note_used
from wayseal.console.access._rows import wait_for
from wayseal.console.errors import AccessError, ConsoleSettingsError
from wayseal.console.web._forms import _network


@pytest.mark.parametrize("kind", KINDS)
def test_both_databases_let_somebody_in(kind: str, tmp_path: Path) -> None:
    with fresh(kind, tmp_path) as url, open_world(url) as world:
        person = world.person("root", Role.ADMINISTRATOR)
        browser = world.signed_in("root")
        assert "Link for bo" in text(browser.post("/people", data={"login": "bo", "name": "王", "role": "analyst"}))
        assert browser.get("/acts?check").status_code == 200
        page = text(browser.post("/account/recovery-codes"))
        assert "Recovery codes" in page
        assert browser.post("/sign-in/code", data={"code": "x"}).status_code == 303
        world.access.people.set_role(world.access.people.all()[0].id, Role.AUDITOR, by=person.id)
        assert world.access.check_acts().wrong is None
        assert browser.post("/sign-out").status_code == 303


def test_the_key_file(tmp_path: Path) -> None:
    path = tmp_path / "console.key"
    with pytest.raises(ConsoleSettingsError, match="missing"):
        load_keys(path, make=False)
    keys = load_keys(path, make=True)
    assert "k" not in repr(keys)[11:]
    assert load_keys(path, make=True).mac("a", "b") == keys.mac("a", "b")
    # Of a console from before, too.
    path.write_text("wayseal-console-key-1:" + "6b" * 32 + "\n", "utf-8")
    assert load_keys(path, make=False).mac("a", "b") == AccessKeys(b"k" * 32).mac("a", "b")


def test_what_is_sealed_opens_at_its_place_alone() -> None:
    keys, others = AccessKeys(b"a" * 32), AccessKeys(b"b" * 32)
    sealed = keys.seal("totp", b"secret", "ann")
    assert keys.open("totp", sealed, "ann") == b"secret"
    for wrong in (
        keys.open("totp", sealed, "bo"),
        keys.open("kept", sealed, "ann"),
        others.open("totp", sealed, "ann"),
        keys.open("totp", sealed[:-1], "ann"),
        keys.open("totp", b"", "ann"),
    ):
        assert wrong is None
    # Several texts never run into each other.
    assert keys.mac("x", "ab", "c") != keys.mac("x", "a", "bc")
    assert keys.pepper != others.pepper


def test_codes_of_rfc_6238() -> None:
    secret = new_secret(b"12345678901234567890")
    for at, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        step = at // 30
        assert fitting_step(secret, code, at) == step
        assert [fitting_step(secret, code, at + 30 * n) for n in (-2, -1, 1, 2)] == [None, step, step, None]
        for used, counts in (
            ([(step, step)], False), ([(0, step)], False), ([(step + 2, step + 2)], False),
            ([(step - 1, step - 1)], True), ([(0, step - 1), (step + 3, step + 9)], True),
        ):  # fmt: skip
            assert (fitting_step(secret, code, at, used) == step) is counts, used
    assert fitting_step(secret, "", 59) is None


def test_no_code_counts_twice_however_the_clock_moves() -> None:
    """And when it is right again the next one counts, but by chance."""
    secret, chance = new_secret(b"12345678901234567890"), random.Random(7)
    used: Used = []
    seen: set[int] = set()
    real, refused = 60_000_000, 0
    code_of = cache(pyotp.TOTP(secret).generate_otp)
    for _ in range(400):
        real += chance.randint(3, 3000)
        jump = chance.choice((0,) * 8 + (-1, 1)) * chance.randint(1, 2_000_000)
        for at in dict.fromkeys((real, real + jump)):
            step = fitting_step(secret, code_of(at), at * STEP, used)
            assert step not in seen
            refused += at == real and step is None
            if step is not None:
                seen.add(step)
                used = note_used(used, step)
        assert len(used) <= 64
        assert all(first <= last < after for (first, last), (after, _) in pairwise(used))
        old = chance.choice(sorted(seen))
        assert all(fitting_step(secret, code_of(old), (old + n) * STEP, used) is None for n in (-1, 0, 1))
    assert refused <= 4  # a minute before, or between, what was used while it was ahead


def test_passwords_that_are_none() -> None:
    for password, login in (("short", "x"), ("a" * 300, "x"), ("aaaaaaaaaaaa", "x"), ("ann.at.home", "ANN.at.home")):
        with pytest.raises(AccessError):
            check_password(password, login)
    for password in ("a sentence is fine", "运单封缄守护每一个包裹"):
        check_password(password, "x")


def test_waiting_doubles() -> None:
    assert [wait_for(n, 5, 0) for n in (0, 4, 5, 6, 7, 20, 10_000)] == [0, 0, 2, 4, 8, 900, 900]
    assert (wait_for(7, 5, 3), wait_for(7, 5, 8), wait_for(99, 5, 3600)) == (5, 0, 0)


def test_settings() -> None:
    def read(**given: str) -> object:
        return read_console_settings({f"WAYSEAL_CONSOLE_{name}": value for name, value in given.items()})

    settings = read_console_settings({"WAYSEAL_DATABASE": "of others", "WAYSEAL_CONSOLE_FOLDER": "a"}, port="1")
    assert (settings.port, settings.secure, settings.database_address[:10]) == (1, False, "sqlite:///")
    for given, said in (
        ({"FOLDER": "a", "PROT": "1"}, "did you mean WAYSEAL_CONSOLE_PORT"),
        ({"FOLDER": "a", "ZZZZZZZZ": "1"}, "this is no setting"),
        ({"FOLDER": "a", "PORT": "x"}, "whole number"),
        ({"FOLDER": "a", "PORT": "70000"}, "65535"),
        ({"FOLDER": "a", "FALSE_ALARM": "dear"}, "needs a number"),
        ({"FOLDER": "a", "FALSE_ALARM": "0"}, "above 0"),
        ({"FOLDER": "a", "FALSE_ALARM": "inf"}, "false_alarm"),
        ({"FOLDER": "a", "HTTPS": "perhaps"}, "true or false"),
        ({"FOLDER": "a", "HOST": "0.0.0.0"}, "tls_certificate is needed"),
        ({"FOLDER": "a", "TLS_KEY": "x"}, "go together"),
        ({"FOLDER": "a", "STAMP_URL": "ftp://x"}, "begins with http"),
        ({"FOLDER": "a", "NOTICES_LANG": "fr"}, "one of en, zh"),
        ({"FOLDER": "a", "CHECKPOINT_FOLDER": "x"}, "go together"),
    ):
        with pytest.raises(ConsoleSettingsError, match=said):
            read(**given)
    policy = {"WAYSEAL_FALSE_ALARM": "250"}
    assert read_console_settings({**policy}, folder="a").false_alarm == 250
    assert read_console_settings({**policy, "WAYSEAL_CONSOLE_FALSE_ALARM": "40"}, folder="a").false_alarm == 40
    secret = read_console_settings({}, folder="a", database="postgresql://u:secret@h/d")
    assert "secret" not in repr(secret)


def test_attempts_are_counted_by_network() -> None:
    for one, other, same in (
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "not an address", True),
    ):
        assert (_network(one) == _network(other)) is same
