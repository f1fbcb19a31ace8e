"""The log is signed and exported on its own, and a witness cosigns it: what it refuses is told and holds up nobody."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.server.running import serving
from tests.server.witnessing import SmallWitness, cosignature, witness_key, witnessing
from tests.server.world import NUMBER, World, world
from tests.tables import each
from wayseal.merkle import Checkpoint, VerifyKey
from wayseal.server import _signer
from wayseal.server._signer import Signer
from wayseal.server.settings import Settings
from wayseal.service.log import make_log
from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import LogKey

ORIGIN = "vault.example"


def log_key(keyring: Keyring) -> VerifyKey:
    return keyring.key(LogKey).verifying(ORIGIN)


def signer(service: World, folder: Path, witness: SmallWitness | None, key: VerifyKey | None = None) -> Signer:
    """A signer over a service, whose thread doesn't run."""
    given = Settings(
        database="sqlite:///x",
        key_database="sqlite:///y",
        keyring="z",
        checkpoint_folder=folder,
        witness=None if witness is None else witness.url,
        witness_key=None if witness is None else key or witness_key(),
    )
    folder.mkdir(exist_ok=True)
    return Signer(service.vault, given, service.metrics, make_log(service.log))


def told(service: World) -> list[dict[str, Any]]:
    """What went wrong, by the log of the service."""
    lines = [json.loads(line) for line in service.log.getvalue().splitlines()]
    return [line for line in lines if line["level"] == "error"]


def metric(service: World, name: str) -> float:
    value = service.metrics.registry.get_sample_value(name)
    assert value is not None
    return value


def exported(folder: Path, kind: str) -> bytes:
    (file,) = folder.glob(f"*.{kind}")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", file.stem)
    return file.read_bytes()


@contextmanager
def witnessed(folder: Path) -> Iterator[tuple[World, SmallWitness, Signer]]:
    """A service whose log a witness has cosigned once."""
    folder.mkdir(exist_ok=True)
    with world(folder) as service, witnessing(log_key(service.ring.current())) as witness:
        signs = signer(service, folder / "notes", witness)
        signs.sign()
        assert told(service) == []
        yield service, witness, signs


def test_without_a_witness_it_signs_and_exports(service: World, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    signs = signer(service, folder, None)
    signs.sign()
    first = exported(folder, "checkpoint")
    signs.sign()
    assert exported(folder, "checkpoint") == first
    service.seal()
    signs.sign()
    point, _ = Checkpoint.open(exported(folder, "checkpoint"), [log_key(service.ring.current())])
    assert point.size > Checkpoint.claimed(first).size
    assert list(folder.glob("*.cosigned")) == []
    assert (told(service), metric(service, "wayseal_signing_errors_total")) == ([], 0)


def test_a_witness_cosigns_the_log_as_it_grows(tmp_path: Path) -> None:
    with witnessed(tmp_path) as (service, witness, signs):
        keys = (log_key(service.ring.current()), witness_key())
        for grown in range(3):
            point, by = Checkpoint.open(exported(tmp_path / "notes", "cosigned"), keys)
            assert by == keys
            assert point.size == witness.size == service.vault.memory.seen.cosigned_size
            assert metric(service, "wayseal_witnessed_entries") == point.size
            # Our own stands beside it, as others know it.
            own = exported(tmp_path / "notes", "checkpoint")
            assert exported(tmp_path / "notes", "cosigned").startswith(own)
            # Nothing was added, and nobody is asked.
            signs.sign()
            assert witness.statuses == [200] * (grown + 1)
            service.seal(f"{NUMBER[:-1]}{grown}")
            service.arrive(f"{NUMBER[:-1]}{grown}")
            signs.sign()
        assert told(service) == []
        # Sizes, hashes and a signed note: nothing else is sent.
        for body in witness.asked:
            assert re.fullmatch(
                rb"old \d+\n([A-Za-z0-9+/]{43}=\n)*\nvault\.example\n\d+\n[A-Za-z0-9+/]{43}=\nat \d+\n\n"
                rb"\xe2\x80\x94 vault\.example [A-Za-z0-9+/=]+\n",
                body,
            )


def test_what_it_knows_itself_counts(tmp_path: Path) -> None:
    """Whether the vault forgot what was cosigned, or the witness is another one."""
    with witnessed(tmp_path) as (service, witness, signs):
        service.vault.memory.forget()
        service.seal()
        signs.sign()
        assert witness.statuses == [200, 409, 200]
        witness.size, witness.root = 0, b""
        service.arrive()
        signs.sign()
        assert witness.statuses == [200, 409, 200, 409, 200]
        assert told(service) == []


@each(
    ("before", "after", "trouble", "statuses"),
    [
        (["YT0001"], ["YT0002"], "forked", [200, 409, 409]),
        (["YT0001"], ["YT0002", "YT0003"], "forked", [200, 409, 422]),
        (["YT0001", "YT0002"], ["YT0003"], "ahead", [200, 409]),
    ],
)
def test_a_log_that_was_written_anew_is_refused(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], after: list[str], trouble: str, statuses: list[int]
) -> None:
    """By whoever has the database, the key of the log and what the vault remembers in their hands."""
    folder = tmp_path_factory.mktemp("anew")
    (folder / "true").mkdir()
    (folder / "anew").mkdir()
    with world(folder / "true") as service, witnessing(log_key(service.ring.current())) as witness:
        for number in before:
            service.seal(number)
        signer(service, folder / "notes", witness).sign()
        kept = exported(folder / "notes", "cosigned")
        with world(folder / "anew") as forger:
            for number in after:
                forger.seal(number)
            signer(forger, folder / "notes", witness).sign()
            (line,) = told(forger)
            assert (line["event"], line["rule"], line["status"]) == ("uncosigned", trouble, statuses[-1])
            assert metric(forger, "wayseal_signing_errors_total") == 1
            # Disclosure goes on.
            assert forger.http.get("/readyz").status_code == 200
        assert witness.statuses == statuses
        assert exported(folder / "notes", "cosigned") == kept


OTHER = b"\x01" * 32


@each(
    ("instead", "trouble", "status"),
    [
        ((200, b""), "unsigned", 200),
        ((200, b"no signature\n"), "unsigned", 200),
        ((200, b"\xff\n"), "unsigned", 200),
        ((200, cosignature("another\n1\nAAAA\n\n").encode()), "unsigned", 200),
        ((200, cosignature("x\n\n", OTHER).encode()), "unsigned", 200),
        ((200, b"x" * 100_000), "away", None),
        ((404, b""), "refused", 404),
        ((403, b""), "refused", 403),
        ((302, b""), "refused", 302),
        ((500, b"oops"), "refused", 500),
        ((409, b"many\n"), "forked", 409),
    ],
)
def test_answers_that_do_not_count(
    service: World, tmp_path: Path, instead: tuple[int, bytes], trouble: str, status: int | None
) -> None:
    before = len(told(service))
    with witnessing(log_key(service.ring.current())) as witness:
        witness.instead = instead
        signs = signer(service, tmp_path / "notes", witness)
        signs.sign()
        (line,) = told(service)[before:]
        assert (line["event"], line["rule"], line.get("status")) == ("uncosigned", trouble, status)
        assert list((tmp_path / "notes").glob("*.cosigned")) == []
        # It is asked again the next time.
        witness.instead = None
        signs.sign()
        assert len(told(service)) == before + 1
        for file in (tmp_path / "notes").iterdir():
            file.unlink()


def test_a_witness_with_another_key(service: World, tmp_path: Path) -> None:
    with witnessing(log_key(service.ring.current()), OTHER) as witness:
        signer(service, tmp_path / "notes", witness).sign()
    assert told(service)[0]["rule"] == "unsigned"
    # And one that doesn't know the log, or its key.
    with witnessing(None) as witness:
        signer(service, tmp_path / "notes", witness).sign()
    assert (told(service)[1]["rule"], told(service)[1]["status"]) == ("refused", 403)


def test_lines_of_others_are_left_out(service: World, tmp_path: Path) -> None:
    with witnessing(log_key(service.ring.current())) as witness:
        note = service.vault.checkpoint(now=1)
        mine, other = cosignature(note), cosignature(note, OTHER, "witness.example/w2")
        witness.instead = (200, (other + mine + mine).encode())
        signer(service, tmp_path / "notes", witness).sign()
        assert exported(tmp_path / "notes", "cosigned").decode() == note + mine


def test_a_witness_that_is_away_holds_up_nothing(
    service: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_signer, "WITNESS_SECONDS", 0.2)
    with witnessing(log_key(service.ring.current())) as witness:
        signs = signer(service, tmp_path / "notes", witness)
        witness.holds = threading.Event()
        signs.sign()
        assert exported(tmp_path / "notes", "checkpoint").decode() == service.vault.newest_checkpoint()
        witness.holds.set()
        gone = signer(service, tmp_path / "notes", witness)
    gone.sign()
    assert [line["rule"] for line in told(service)] == ["away", "away"]
    assert all("error" in line and line["error"] == "WitnessError" for line in told(service))
    assert metric(service, "wayseal_signing_errors_total") == 2
    assert list((tmp_path / "notes").glob("*.cosigned")) == []


def test_a_service_has_its_log_cosigned_at_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    with witnessing(None) as witness:
        with serving(
            tmp_path,
            sign_seconds="3600",
            checkpoint_folder=str(folder),
            witness=witness.url,
            witness_key=str(witness_key()),
        ) as running:
            witness.log = log_key(Keyring.load(tmp_path / "ring.json"))
            assert running.stop() == 0
        _, by = Checkpoint.open(exported(folder, "cosigned"), [witness.log, witness_key()])
        assert by == (witness.log, witness_key())
    seen = json.loads((tmp_path / "ring.json.seen").read_text())
    assert seen["cosigned_size"] == seen["size"] == witness.size
