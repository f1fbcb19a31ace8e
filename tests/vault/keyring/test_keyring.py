"""The keyring: purposes kept apart, versions, acts on it, and that no secret gets out.

Wrapped data keys: round trips, and everything that may be changed about them.
"""

import base64
import copy
import json
import os
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tests.tables import each
from wayseal.merkle import Checkpoint
from wayseal.vault.errors import KeyringError, SealError
from wayseal.vault.keyring import KeyPurpose, Keyring, KeyService, LocalKeys, Wrapped
from wayseal.vault.keyring.keys import KINDS, MOST_VERSIONS, AccessKey, IndexKey, Key, LogKey, TokenKey, WrapKey

NOW = 1_790_000_000_000_000
RING = Keyring.new(NOW)


def top(ring: Keyring = RING) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ring.to_json())
    return found


def secrets(ring: Keyring) -> list[bytes]:
    return [base64.b64decode(k["secret"]) for k in top(ring)["keys"] if "secret" in k]


def test_a_new_keyring_has_one_key_of_each_purpose() -> None:
    for purpose in KeyPurpose:
        assert (RING.active(purpose), RING.versions(purpose)) == (1, (1,))
    assert len(set(secrets(RING) + secrets(Keyring.new(NOW)))) == 2 * len(KeyPurpose)


def test_round_trip() -> None:
    ring = RING.rotate(KeyPurpose.WRAP, NOW + 1).rotate(KeyPurpose.LOG, NOW + 2)
    ring = ring.retire(KeyPurpose.WRAP, 1).retire(KeyPurpose.LOG, 1)
    again = Keyring.from_json(ring.to_json())
    assert again.to_json() == ring.to_json()
    assert repr(again) == repr(ring)
    assert [key.created_at for key in again.keys(LogKey)] == [NOW + 2]
    assert again.log_verify_keys("log") == ring.log_verify_keys("log")


def test_rotation_keeps_the_old_key_for_reading() -> None:
    old = LocalKeys(RING).wrap([(b"a", bytes(32))])
    ring = RING.rotate(KeyPurpose.WRAP, NOW)
    assert (ring.active(KeyPurpose.WRAP), ring.versions(KeyPurpose.WRAP)) == (2, (1, 2))
    assert ring.versions(KeyPurpose.INDEX) == (1,)
    assert LocalKeys(ring).unwrap([(b"a", old[0])]) == [bytes(32)]
    assert LocalKeys(ring).wrap([(b"a", bytes(32))])[0].key_version == 2


def test_a_key_that_reads_before_it_writes() -> None:
    """Several machines: all of them get the new key before any of them writes with it."""
    ring = RING.rotate(KeyPurpose.WRAP, NOW, activate=False)
    assert (ring.active(KeyPurpose.WRAP), ring.versions(KeyPurpose.WRAP)) == (1, (1, 2))
    wrapped = LocalKeys(ring.activate(KeyPurpose.WRAP, 2)).wrap([(b"a", bytes(32))])
    assert LocalKeys(ring).unwrap([(b"a", wrapped[0])]) == [bytes(32)]
    with pytest.raises(KeyringError, match="wrap 3 is not in the keyring"):
        ring.activate(KeyPurpose.WRAP, 3)


def test_retiring() -> None:
    with pytest.raises(KeyringError, match="wrap 1 is the active key"):
        RING.retire(KeyPurpose.WRAP, 1)
    ring = RING.rotate(KeyPurpose.WRAP, NOW)
    gone = ring.retire(KeyPurpose.WRAP, 1)
    assert gone.versions(KeyPurpose.WRAP) == (2,)
    assert secrets(RING)[0] in secrets(ring)
    assert secrets(RING)[0] not in secrets(gone)
    with pytest.raises(KeyringError, match="wrap 1 was retired"):
        LocalKeys(gone).unwrap([(b"a", LocalKeys(RING).wrap([(b"a", bytes(32))])[0])])
    for version in (1, 3):
        with pytest.raises(KeyringError):
            gone.retire(KeyPurpose.WRAP, version)


def test_a_version_is_never_used_again() -> None:
    ring = RING.rotate(KeyPurpose.TOKEN, NOW).rotate(KeyPurpose.TOKEN, NOW).activate(KeyPurpose.TOKEN, 1)
    ring = ring.retire(KeyPurpose.TOKEN, 3)
    assert ring.rotate(KeyPurpose.TOKEN, NOW).versions(KeyPurpose.TOKEN) == (1, 2, 4)
    full = top()
    full["keys"][0]["version"] = MOST_VERSIONS
    with pytest.raises(KeyringError, match=str(MOST_VERSIONS)):
        Keyring.from_json(json.dumps(full).encode()).rotate(KeyPurpose.WRAP, NOW)


def test_the_log_is_verified_by_keys_that_are_gone() -> None:
    note = RING.key(LogKey).signing("log").sign(Checkpoint(origin="log", size=1, root=bytes(32)).to_text())
    ring = RING.rotate(KeyPurpose.LOG, NOW).retire(KeyPurpose.LOG, 1)
    assert Checkpoint.open(note.encode(), ring.log_verify_keys("log"))[1] == (RING.key(LogKey).verifying("log"),)
    assert RING.key(LogKey).signing("log").verify_key == RING.key(LogKey).verifying("log")
    assert ring.key(LogKey).verifying("log") not in RING.log_verify_keys("log")


def test_access_keys_sign() -> None:
    key = RING.key(AccessKey)
    key.public.verify(key.private.sign(b"x"), b"x")


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_key_serves_one_purpose(kind: type[Key]) -> None:
    for other in KINDS.values():
        assert isinstance(RING.key(other), kind) is (other is kind)


def test_a_key_of_another_purpose_has_no_way_to_be_used() -> None:
    with pytest.raises(AttributeError):
        IndexKey.tag(RING.key(TokenKey), b"x")  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        LocalKeys(RING.key(IndexKey)).wrap([(b"a", bytes(32))])  # type: ignore[arg-type]


def test_one_secret_is_another_key_for_every_purpose() -> None:
    made = {kind.purpose: kind(1, NOW, bytes(32))._derived(32) for kind in KINDS.values()}
    assert len({*made.values(), bytes(32)}) == len(KINDS) + 1


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another version": (lambda t: t.update({"wayseal-keyring": 2}), '"wayseal-keyring": 1'),
    "no version": (lambda t: t.pop("wayseal-keyring"), '"wayseal-keyring": 1'),
    "another derivation": (lambda t: t.update(derivation="none"), "^derivation: is one of HKDF-SHA256$"),
    "one more member": (
        lambda t: t.update(more=1),
        "^has a member that isn't one of wayseal-keyring, derivation, keys$",
    ),
    "no list": (lambda t: t.update(keys={}), "^keys: needs a list$"),
    "no object": (lambda t: t["keys"].append(1), "^keys: needs an object for each key$"),
    "an unknown purpose": (lambda t: t["keys"][1].update(purpose="sign"), "^keys.2.purpose: is one of wrap, index, "),
    "a list as purpose": (lambda t: t["keys"][1].update(purpose=[]), "^keys.2.purpose: is one of wrap, index, "),
    "no purpose": (lambda t: t["keys"][1].pop("purpose"), "^keys.2.purpose: this key is needed$"),
    "an unknown algorithm": (
        lambda t: t["keys"][0].update(algorithm="AES-ECB"),
        "^keys.1.algorithm: Wayseal doesn't know this algorithm for wrap$",
    ),
    "an algorithm of another purpose": (
        lambda t: t["keys"][0].update(algorithm="AES-256-SIV"),
        "^keys.1.algorithm: Wayseal doesn't know this algorithm for wrap$",
    ),
    "version 0": (lambda t: t["keys"][0].update(version=0), "^keys.1.version: needs to be 1 or more$"),
    "version true": (lambda t: t["keys"][0].update(version=True), "^keys.1.version: needs a whole number$"),
    "a version too high": (
        lambda t: t["keys"][0].update(version=MOST_VERSIONS + 1),
        "^keys.1.version: needs to be 65535 or less$",
    ),
    "a short secret": (lambda t: t["keys"][0].update(secret="AAAA"), "^keys.1.secret: needs base64 of 32 bytes$"),
    "a number as secret": (lambda t: t["keys"][0].update(secret=7), "^keys.1.secret: needs base64 of 32 bytes$"),
    "no base64": (
        lambda t: t["keys"][0].update(secret="!" + t["keys"][0]["secret"]),
        "^keys.1.secret: needs base64 of 32 bytes$",
    ),
    "no time": (
        lambda t: t["keys"][0].update(created_at="yesterday"),
        "^keys.1.created_at: needs a time with its offset$",
    ),
    "a time without an offset": (
        lambda t: t["keys"][0].update(created_at="2026-01-01T00:00:00"),
        "^keys.1.created_at: needs a time with its offset$",
    ),
    "a member too many": (lambda t: t["keys"][0].update(more=1), "^keys.1: has a member that isn't one of purpose, "),
    "names and values mixed up": (
        lambda t: t["keys"][0].update({t["keys"][0].pop("secret"): "secret"}),
        "^keys.1: has a",
    ),
    "a member too few": (lambda t: t["keys"][0].pop("created_at"), "^keys.1.created_at: this key is needed$"),
    "active is no truth": (lambda t: t["keys"][0].update(active=1), "^keys.1.active: is true or false$"),
    "not retired": (
        lambda t: t["keys"].append({"purpose": "wrap", "version": 2, "algorithm": "", "retired": False}),
        "^keys.9.retired: is true, or isn't there$",
    ),
    "retired is no truth": (
        lambda t: t["keys"].append({"purpose": "wrap", "version": 2, "algorithm": "", "retired": 1}),
        "^keys.9.retired: is true, or isn't there$",
    ),
    "retired with a secret": (
        lambda t: t["keys"][0].update(retired=True),
        "^keys.1: has a member that isn't one of purpose, version, algorithm, retired, public$",
    ),
    "no active key": (lambda t: t["keys"][0].update(active=False), "no active wrap key"),
    "no key of a purpose": (lambda t: t["keys"].pop(), "no active row key"),
    "a key twice": (lambda t: t["keys"].append(t["keys"][0]), "twice"),
    "a secret twice": (lambda t: t["keys"][0].update(secret=t["keys"][1]["secret"]), "one secret twice"),
    "two active keys": (
        lambda t: t["keys"].append({**t["keys"][0], "version": 2, "secret": base64.b64encode(bytes(32)).decode()}),
        "two active wrap keys",
    ),
}


def said(error: BaseException) -> bytes:
    """All that an error could show, with whatever it carries along."""
    out, seen = [], []
    todo: list[BaseException | None] = [error]
    while todo:
        if (one := todo.pop()) is None or one in seen:
            continue
        seen.append(one)
        out += [repr(one), str(one), repr(vars(one)), *traceback.format_exception_only(one)]
        out += [str(getattr(one, name, "")) for name in ("doc", "object", "filename")]
        todo += [one.__cause__, one.__context__]
    return "\n".join(out).encode()


@each("change", CHANGES)
def test_what_is_not_understood_is_refused(change: str) -> None:
    act, words = CHANGES[change]
    changed = top()
    act(changed)
    raw = json.dumps(changed).encode()
    with pytest.raises(KeyringError, match=words) as caught:
        Keyring.from_json(raw)
    for key in top()["keys"]:
        assert key["secret"].encode() not in said(caught.value)


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, RING.to_json()[:-3], b'"x"'])
def test_no_json(raw: bytes) -> None:
    with pytest.raises(KeyringError) as caught:
        Keyring.from_json(raw)
    assert top()["keys"][0]["secret"].encode() not in said(caught.value)


def test_the_environment() -> None:
    text = RING.to_json().decode()
    wrapped = base64.encodebytes(RING.to_json()).decode()
    for given in (text, wrapped, f"\n{wrapped}\n"):
        assert Keyring.from_environment({"WAYSEAL_KEYRING": given}).to_json() == RING.to_json()
    for missing in ({}, {"WAYSEAL_KEYRING": " "}):
        with pytest.raises(KeyringError, match="WAYSEAL_KEYRING is not set"):
            Keyring.from_environment(missing)
    with pytest.raises(KeyringError, match="no base64"):
        Keyring.from_environment({"WAYSEAL_KEYRING": "not base64"})


def test_no_secret_gets_out() -> None:
    things: list[object] = [RING, LocalKeys(RING), RING.key(LogKey).signing("log")]
    things += [RING.key(kind) for kind in KINDS.values()]
    derived = [RING.key(kind)._derived(64) for kind in KINDS.values()]
    hidden = [form for s in secrets(RING) + derived for form in (s.hex()[:20], base64.b64encode(s).decode()[:20])]
    for thing in things:
        shown = f"{thing} {thing!r} {getattr(thing, '__dict__', {})}"
        assert not any(form in shown for form in hidden)
    for thing in (RING, RING.key(WrapKey), LocalKeys(RING), [RING.key(IndexKey)]):
        for act in (pickle.dumps, copy.deepcopy):
            with pytest.raises((KeyringError, TypeError)) as caught:
                act(thing)
            assert not any(form.encode() in said(caught.value) for form in hidden)
    assert repr(RING.rotate(KeyPurpose.WRAP, NOW)).startswith("Keyring(wrap: 1, 2*; index: 1*; ")


def test_a_secret_has_its_length() -> None:
    with pytest.raises(KeyringError, match="wrap 1: a secret has 32 bytes"):
        WrapKey(1, NOW, bytes(31))


LOCAL = Keyring.new(0).rotate(KeyPurpose.WRAP, 1)
KEYS: KeyService = LocalKeys(LOCAL)


def test_round_trip_of_a_group() -> None:
    items = [(f"waybill {i}".encode(), os.urandom(32)) for i in range(50)]
    wrapped = KEYS.wrap(items)
    assert KEYS.unwrap([(a, w) for (a, _), w in zip(items, wrapped, strict=True)]) == [k for _, k in items]
    assert KEYS.wrap([]) == []
    assert KEYS.unwrap([]) == []
    assert all(key not in w.wrapped for (_, key), w in zip(items, wrapped, strict=True))


def test_the_same_key_is_never_wrapped_alike() -> None:
    assert len({w.wrapped for w in KEYS.wrap([(b"a", bytes(32))] * 100)}) == 100


def test_any_change_is_found() -> None:
    wrapped = KEYS.wrap([(b"a", bytes(range(32)))])[0]
    raw = wrapped.wrapped
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            with pytest.raises(SealError):
                KEYS.unwrap([(b"a", Wrapped(2, bytes(changed)))])
    for other in (raw[:-1], raw + b"\0", b"", raw[1:]):
        with pytest.raises(SealError):
            KEYS.unwrap([(b"a", Wrapped(2, other))])
    for bound in (b"", b"b", b"aa"):
        with pytest.raises(SealError):
            KEYS.unwrap([(bound, wrapped)])
    with pytest.raises(SealError):
        KEYS.unwrap([(b"a", Wrapped(1, raw))])
    with pytest.raises(KeyringError):
        KEYS.unwrap([(b"a", Wrapped(3, raw))])
    with pytest.raises(SealError):
        LocalKeys(Keyring.new(0).rotate(KeyPurpose.WRAP, 1)).unwrap([(b"a", wrapped)])
