"""`wayseal training`: who is due, courses, and what flows to a ledger's directory and a real vault."""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cases.making import alert
from tests.cli.running import Ran, inside
from wayseal.cases import open_cases
from wayseal.cases.outlets.acts import FOLDER, OutletRecord
from wayseal.cases.training.courses import day_of, load_rules
from wayseal.cases.training.record import Answered, Completed, Done, Opened, TrainingRecord, read_accounts
from wayseal.cli._vault_session import open_vault
from wayseal.cli.vault import NUMBERS
from wayseal.ledger import open_ledger
from wayseal.model.kinds import ActorKind
from wayseal.model.records import Actor
from wayseal.model.times import now_us, time_at

HOUR, DAY = 3_600_000_000, 86_400_000_000
COURSE = "waybill-data"
PEOPLE = ("courier-12", "courier-31", "clerk-3", "agent-7", "analyst-1", "manager-2")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    assert inside("vault", "init", folder / "vault", "--example", "--actor", "operator").code == 0
    roles = ("courier", "courier", "clerk", "customer_service", "analyst", "regional_manager")
    rows = [f"{name},person,{role},深圳南山,{name}-r1;{name}-r2" for name, role in zip(PEOPLE, roles, strict=True)]
    lines = ["actor,kind,role,outlet,rights", *rows, "shop-a,partner,partner,,", ""]
    (folder / "actors.csv").write_text("\n".join(lines), "utf-8")
    (folder / "accesses.csv").write_text("at,actor,waybill\n2026-03-02T08:00:00Z,courier-12,YT0000000000001\n", "utf-8")
    for name in ("accesses", "actors"):
        done = inside("ingest", folder / "ledger", folder / f"{name}.csv", "-q")
        assert done.code == 0, done
    return folder


@dataclass(frozen=True)
class Place:
    ledger: Path
    vault: Path
    record: TrainingRecord

    def complete(self, *people: str, ago: int = 0) -> None:
        """Completions of some days ago."""
        day = day_of(now_us()) - timedelta(days=ago)
        rows = tuple(Done(account=one, course=COURSE, day=day) for one in people)
        self.record.put(Completed(at=now_us(), who="li", how="imported", rows=rows), id="c")

    def apply(self, code: int = 0) -> Ran:
        done = inside("training", "apply", self.ledger, "--vault", self.vault, "--actor", "operator")
        assert done.code == code, done
        return done

    def deliver(self, code: int = 0) -> Ran:
        words = ("--purpose", "deliver", "--reason", "route 12", "--actor", "courier-12", "--vault", self.vault)
        done = inside("vault", "disclose", NUMBERS[0], *words)
        assert done.code == code, done
        return done

    def until(self) -> dict[str, int]:
        with open_vault(self.vault, "operator") as session:
            found = session.vault.list_actors()
        return {one.actor: int(one.trained_until.timestamp()) for one in found if one.trained_until}

    def entries(self) -> int:
        return len(inside("vault", "log", "--vault", self.vault, "--format", "json").out.splitlines())


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("WAYSEAL_LANG", raising=False)
    shutil.copytree(made, tmp_path / "p")
    ledger = tmp_path / "p" / "ledger"
    return Place(ledger=ledger, vault=tmp_path / "p" / "vault", record=TrainingRecord(ledger))


def test_expired_refused_renewed_allowed_by_a_real_vault(place: Place) -> None:
    place.complete(*PEOPLE[1:])
    place.complete("courier-12", ago=381)
    place.deliver()  # the vault's own value counts until the record is applied
    place.apply()
    assert "training" in place.deliver(code=13).err
    place.complete("courier-12")
    place.deliver(code=13)
    place.apply()
    place.deliver()


def test_in_grace_rights_are_open(place: Place) -> None:
    place.complete(*PEOPLE[1:])
    place.complete("courier-12", ago=372)
    place.apply()
    place.deliver()


def test_an_emergency_opening_allows_and_ends(place: Place) -> None:
    place.complete(*PEOPLE[1:])
    place.apply()
    place.deliver(code=13)
    now = now_us()
    act = Opened(at=now - HOUR, who="li", id="e", account="courier-12", until=now + HOUR, why="Double Eleven")
    place.record.put(act, id="x")
    place.apply()
    place.deliver()
    assert place.until()["courier-12"] == (now + HOUR) // 1_000_000
    with open_vault(place.vault, "operator") as session:
        found = session.vault.actor("courier-12")
        assert found is not None
        assert (found.trained_at(now), found.trained_at(now + HOUR)) == (True, False)
    place.record.put(Answered(at=now, who="wang", id="e", yes=False), id="x")
    place.apply()
    place.deliver(code=13)


def test_only_what_changed_is_written_once_and_nothing_else_of_an_account(place: Place) -> None:
    with open_vault(place.vault, "operator") as session:
        session.vault.block(session.caller, "courier-31", now=session.now)
        before = {one.actor: one for one in session.vault.list_actors()}
    place.complete(*PEOPLE)
    assert "6 accounts changed" in place.apply().out
    with open_vault(place.vault, "operator") as session:
        after = {one.actor: one for one in session.vault.list_actors()}
    assert after["shop-a"] == before["shop-a"]
    for name in PEOPLE:
        assert after[name] != before[name] == replace(after[name], trained_until=before[name].trained_until)
    entries = place.entries()
    assert "0 accounts changed" in place.apply().out
    assert place.entries() == entries
    assert inside("vault", "verify", "--vault", place.vault, "-q").code == 0


def test_the_brake_stops_an_application_until_another_person_agrees(place: Place) -> None:
    until = place.until()
    refused = place.apply(code=3)
    assert "6 of 6" in refused.err
    assert place.until() == until
    place.apply(code=3)
    (held,) = place.record.state().waiting(now_us())
    place.record.put(Answered(at=now_us(), who="wang", id=held.id, yes=True), id="x")
    assert "6 accounts changed" in place.apply().out
    assert place.until().keys() == {"shop-a"}


def test_what_is_exported_and_taken_in_is_in_the_directory_and_nothing_is_left(place: Place, tmp_path: Path) -> None:
    place.complete("courier-12", "clerk-3")
    done = inside("training", "export", place.ledger, "--out", tmp_path / "out")
    assert (done.code, done.out.partition(":")[0]) == (0, "2 accounts changed")
    assert inside("ingest", place.ledger, tmp_path / "out", "-q").code == 0
    with open_ledger(place.ledger) as snapshot:
        rows = {row["actor"]: row for row in snapshot.actors().to_pylist()}
        standing = place.record.state().standing(read_accounts(snapshot)["clerk-3"], now_us())
    assert rows["clerk-3"]["trained_until"] == time_at(standing.until or 0)
    assert rows["clerk-3"]["rights"] == ["clerk-3-r1", "clerk-3-r2"]
    assert (rows["agent-7"]["trained_until"], rows["shop-a"]["kind"]) == (None, ActorKind.PARTNER)
    assert inside("training", "export", place.ledger, "--out", tmp_path / "o2").out.startswith("0 accounts changed")


def test_who_is_due_for_programs_and_eyes(place: Place) -> None:
    place.complete("courier-12", ago=340)
    place.complete("clerk-3")
    found = json.loads(inside("training", "due", place.ledger, "--format", "json").out)
    assert {row["account"]: row["state"] for row in found} == {
        "courier-12": "due_30", "courier-31": "never", "agent-7": "never", "analyst-1": "never", "manager-2": "never",
    }  # fmt: skip
    assert "courier-12  courier  深圳南山  due_30" in inside("training", "due", place.ledger).out


def test_other_courses_wait_where_they_would_shut_out_many(place: Place, tmp_path: Path) -> None:
    place.complete(*PEOPLE, ago=200)
    text = (Path(__file__).parents[2] / "src/wayseal/cases/training/courses.toml").read_text("utf-8")
    file = tmp_path / "courses.toml"
    for months, code in ((24, 0), (3, 3)):
        file.write_text(text.replace("months = 12", f"months = {months}"), "utf-8")
        done = inside("training", "courses", place.ledger, file, "--who", "li")
        assert done.code == code, done
    assert place.record.state().rules.course[0].months == 24
    assert load_rules().course[0].months == 12


def test_it_is_in_the_copy_of_what_cant_be_made_again(place: Place, tmp_path: Path) -> None:
    place.complete(*PEOPLE)
    with open_cases(place.ledger / "detect") as cases:
        cases.register([alert("courier-12", at=now_us())], now_us())
    outlets = OutletRecord(place.ledger / "detect" / FOLDER)
    outlets.add("fault", outlet="SH-1", at=now_us(), who="li", own="", day=date(2026, 3, 2), why="labels lay about")
    assert inside("case", "backup", place.ledger, tmp_path / "copy").code == 0
    assert TrainingRecord(tmp_path / "copy").state().done == place.record.state().done
    assert OutletRecord(tmp_path / "copy" / FOLDER).state() == outlets.state()


def test_the_vault_brings_in_nobody_and_forgets_no_block(place: Place) -> None:
    with open_vault(place.vault, "operator") as session:
        session.vault.actors(session.caller, [Actor(actor="x", kind=ActorKind.PERSON, role="clerk")], now=session.now)
        session.vault.train(session.caller, {"x": session.now + DAY, "nobody": session.now + DAY}, now=session.now)
        assert session.vault.actor("nobody") is None
        found = session.vault.actor("x")
        assert found is not None
        assert (found.trained_at(session.now), found.role) == (True, "clerk")
