"""`wayseal vault`: made, filled, asked, kept in order, in both languages; personal data is told by `disclose` alone."""

import io
import json
import os
import pwd
import re
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path

import pytest

from tests.cli.running import Ran, inside
from tests.server.witnessing import NAME, cosignature, witness_key
from wayseal.cli import vault_verify
from wayseal.cli._vault_session import open_vault
from wayseal.cli.vault import NUMBERS, fill_vault
from wayseal.database import errors
from wayseal.model.fields import Field
from wayseal.model.records import Revised, Ticket
from wayseal.model.times import time_at
from wayseal.page.languages import word
from wayseal.vault.log.integrity import Code
from wayseal.vault.verification import RecordCode, TableCode

CHINESE = re.compile("[一-鿿]")
PERSONAL = ("示例商店", "王样本", "李示例", "不存在街", "1390000000", "1380000000", "样品")
HEADER = "waybill,recipient_name,recipient_phone,recipient_address,destination_outlet"
ROWS = [f"YT90{n:02d},赵保密,1770000{n:04d},广东省深圳市南山区不存在街{n}号,深圳南山" for n in range(8)]


@contextmanager
def rows_of(file: Path) -> Iterator[sqlite3.Connection]:
    """A database as whoever can write to its file has it; what was done is committed, and the file closed."""
    with closing(sqlite3.connect(file)) as raw, raw:
        yield raw


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vault of the quick start."""
    folder = tmp_path_factory.mktemp("vaults") / "vault"
    assert inside("vault", "init", folder, "--example", "--actor", "operator").code == 0
    return folder


@pytest.fixture
def vault(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may change."""
    monkeypatch.delenv("WAYSEAL_LANG", raising=False)
    monkeypatch.setenv("WAYSEAL_ACTOR", "operator")
    shutil.copytree(made, tmp_path / "vault")
    monkeypatch.setenv("WAYSEAL_VAULT", str(tmp_path / "vault"))
    return tmp_path / "vault"


def ran(*words: object, code: int = 0) -> Ran:
    done = inside("vault", *words)
    assert done.code == code, done
    return done


def listed(*words: object) -> list[dict[str, object]]:
    found = json.loads(ran(*words, "--format", "json").out)
    assert isinstance(found, list)
    return found


def deliver(number: str = NUMBERS[0], actor: str = "courier-12", *more: object, code: int = 0) -> Ran:
    return ran("disclose", number, "--actor", actor, "--purpose", "deliver", "--reason", "route 12", *more, code=code)


def test_a_new_vault_is_its_owners_alone(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in made.iterdir()}
    assert {"wayseal.toml", "keyring.json", "main.db", "keys.db"} <= set(modes)
    assert set(modes.values()) == {0o600}
    everything = b"".join(file.read_bytes() for file in made.iterdir() if file.name != "parcels.csv")
    assert not [text for text in PERSONAL if text.encode() in everything]


def test_a_folder_that_holds_something_stays_as_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("years of work")
    assert "not a new or empty folder" in ran("init", tmp_path, code=3).err
    assert list(tmp_path.iterdir()) == [mine]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--database", "mysql://x"), "neither sqlite"),
        (("--origin", "a b"), "printable ASCII"),
        (("--origin", "库"), "printable ASCII"),
        (("--key-database", "sqlite:////nowhere/keys.db"), "folder of the database"),
    ],
)
def test_what_was_begun_is_taken_away(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = inside("vault", "init", tmp_path / "v", *words)
    assert done.code in {3, 5}
    assert said in done.err
    assert not (tmp_path / "v").exists() or list((tmp_path / "v").iterdir()) == []


def test_a_folder_of_any_name(tmp_path: Path) -> None:
    for name, origin in (("封缄库", "vault.local"), ("a b+c", "a-b-c.local")):
        assert inside("vault", "init", tmp_path / name).code == 0
        ran("key", "public", "--vault", tmp_path / name, "--out", tmp_path / "k")
        assert (tmp_path / "k").read_text().startswith(f"{origin}+")


def test_it_can_be_moved(vault: Path, tmp_path: Path) -> None:
    vault.rename(tmp_path / "elsewhere")
    assert "Records: 4 sealed" in ran("status", "--vault", tmp_path / "elsewhere").out
    assert "no vault here" in ran("status", code=3).err


def test_many_at_once_fewer_fields_and_json(vault: Path) -> None:
    done = ran(
        "disclose", *NUMBERS[:2], "YT77", "--actor", "courier-12", "--purpose", "deliver", "--reason", "r",
        "--field", "recipient_phone", "--format", "json", "--key", "once", code=13,
    )  # fmt: skip
    first, second, third = json.loads(done.out)
    assert first["values"] == {"recipient_phone": "139******00"}
    assert first["forms"] == {"recipient_phone": "masked"}
    assert (second["status"], third["status"], third["rule"]) == ("disclosed", "refused", "custody")
    before = len(listed("log"))
    assert deliver("YT77", "courier-12", code=13).err.count("wayseal: YT77") == 1
    two = ran("disclose", "YT77", "YT78", "--actor", "x", "--purpose", "audit", "--reason", "r", code=13).err
    assert two.count("wayseal: ") == 2
    assert len(listed("log")) == before + 3
    assert "there is no field shoe" in deliver(NUMBERS[0], "courier-12", "--field", "shoe", code=3).err


def test_reasons_are_opened_by_an_entry(vault: Path) -> None:
    deliver()
    opened = ran("log", "--waybill", NUMBERS[0], "--reasons", "--actor", "auditor").out
    assert "route 12" in opened
    last = listed("log", "--kind", "admin", "--by", "auditor")[-1]
    assert last["more"] == {"act": "reasons_opened", "count": 1, "first": last["seq"] - 1, "last": last["seq"] - 1}  # type: ignore[operator]
    with_reason = listed("log", "--waybill", NUMBERS[0], "--reasons")
    assert [entry["reason"] for entry in with_reason] == ["route 12"]
    assert listed("log", "--kind", "found", "--reasons") == []


def test_a_log_that_is_cut_off_says_how_to_read_on(vault: Path) -> None:
    for _ in range(3):
        deliver("YT77", code=13)
    whole = listed("log")
    assert ran("log", "--most", len(whole)).err == "", "that is all"
    seen: list[object] = []
    words: list[str] = []
    for left in range(len(whole), 0, -3):
        part = ran("log", "--most", "3", "--format", "json", *words)
        seen = json.loads(part.out) + seen
        told = re.fullmatch(r"there are more: .* newest 3\. `(--below) (\d+)` lists .*\n", part.err)
        assert bool(told) == (left > 3)
        words = [*told.groups()] if told else []
    assert seen == whole
    assert "还有更早的" in ran("log", "--most", "1", "--lang", "zh").err


def test_a_log_is_asked_for_a_number_as_it_is_written_anywhere(vault: Path) -> None:
    deliver()
    typed = f"{NUMBERS[0][:2].lower()} {NUMBERS[0][2:]}"
    assert listed("log", "--waybill", typed) == listed("log", "--waybill", NUMBERS[0]) != []
    none = ran("log", "--by", "nobody")
    assert none.err == "no entry of the log is as was asked for\n"


def test_a_number_that_could_not_be_erased_is_not_sealed(vault: Path, tmp_path: Path) -> None:
    file = tmp_path / "parcels.csv"
    file.write_text("waybill,goods\nA/B,x\nYT78,x\n../../etc,x\n")
    done = ran("seal", file, code=3)
    assert done.out == "1 parcel of parcels.csv sealed\n"
    says = "waybill: a waybill number has 1 to 64 letters A to Z and digits"
    assert [line.partition(";")[0] for line in done.err.splitlines() if says in line] == [
        f"{file}:{n}: {says}" for n in (2, 4)
    ]


def test_reasons_whose_key_is_gone(vault: Path) -> None:
    deliver()
    ran("key", "rotate", "reason")
    ran("key", "retire", "reason", 1)
    assert [entry["reason"] for entry in listed("log", "--waybill", NUMBERS[0], "--reasons")] == [""]


def test_that_a_log_only_grew(vault: Path, tmp_path: Path) -> None:
    old, new, proof, public = (tmp_path / name for name in ("old", "new", "growth.proof", "k"))
    ran("checkpoint", "--out", old)
    deliver()
    ran("checkpoint", "--out", new)
    deliver()
    ran("key", "public", "--out", public)
    assert ran("prove-growth", old, new, "--out", proof).out == f"{proof}: from 6 to 7 entries\n"
    vault.rename(tmp_path / "nowhere")
    assert "of 7 entries begins with all 6" in ran("verify-proof", proof, "--key", public).out
    (tmp_path / "nowhere").rename(vault)
    assert "从 6 条到 8 条" in ran("prove-growth", old, "--out", proof, "--lang", "zh").out
    assert "of 8 entries begins with all 6" in ran("verify-proof", proof, "--key", public).out
    text = proof.read_text()
    proof.write_text(more(text, ["00"]))
    assert "no proof" in ran("verify-proof", proof, "--key", public, code=3).err
    proof.write_text(more(text, ["00" * 32]))
    assert "doesn't hold" in ran("verify-proof", proof, "--key", public, code=7).err


def more(growth: str, path: list[str]) -> str:
    """A proof of growth with more on its way."""
    shown = json.loads(growth)
    return json.dumps({**shown, "path": [*shown["path"], *path]})


def test_growth_that_can_not_be_proved(vault: Path, tmp_path: Path) -> None:
    old, new, out = (tmp_path / name for name in ("old", "new", "out"))
    ran("checkpoint", "--out", old)
    deliver()
    ran("checkpoint", "--out", new)
    assert "newer one" in ran("prove-growth", new, old, "--out", out, code=3).err
    text = old.read_text()
    old.write_text(text.replace("vault.local", "vault.other"))
    assert "one checkpoint is of vault.other" in ran("prove-growth", old, new, "--out", out, code=8).err
    old.write_text("\n".join([*text.split("\n")[:2], "A" * 43 + "=", *text.split("\n")[3:]]))
    assert "the log isn't what the checkpoint says" in ran("prove-growth", old, new, "--out", out, code=7).err
    assert not out.exists()


def test_the_log_by_what_is_asked(vault: Path) -> None:
    deliver()
    assert [e["actor"] for e in listed("log", "--purpose", "deliver")] == ["courier-12"]
    assert listed("log", "--since", "2100-01-01") == []
    assert listed("log", "--before", "2001-01-01T00:00:00+08:00") == []
    assert len(listed("log", "--since", "2001-01-01", "--most", 2)) == 2
    assert "neither a date" in ran("log", "--since", "soon", code=3).err
    ran("actor", "block", "courier-12")
    assert [e["kind"] for e in listed("log", "--by", "courier-12")] == ["disclosed", "admin"]


def test_a_change_is_listed_by_the_names_of_its_fields(vault: Path) -> None:
    with open_vault(vault, "clerk-3") as at:
        ticket = Ticket(ticket="t-9", waybill=NUMBERS[0], actor="clerk-3", opened_at=time_at(at.now))
        at.vault.tickets(at.caller, [ticket], now=at.now)
        values = {Field.RECIPIENT_ADDRESS: "北京市保密路1号", Field.RECIPIENT_PHONE: "13800138000"}
        done = at.vault.revise(at.caller, NUMBERS[0], "change_address", "call 7", values, now=at.now)
    assert isinstance(done, Revised)
    told = ran("log", "--kind", "revised").out
    assert "recipient_phone, recipient_address (revision 2)" in told
    assert "保密" not in told
    (entry,) = listed("log", "--waybill", NUMBERS[0], "--kind", "revised")
    assert entry["more"] == {"fields": "recipient_phone recipient_address", "revision": 2}
    assert ran("retain").out == "nothing is to be erased\n"
    assert "Nothing was changed." in ran("verify").out
    with rows_of(vault / "main.db") as raw:
        raw.execute("UPDATE waybills SET revision = 1 WHERE waybill = ?", (NUMBERS[0],))
    assert f"{NUMBERS[0]}: it was revised since" in ran("verify", code=7).out


def test_parcels_of_a_file(vault: Path, tmp_path: Path) -> None:
    bad = [",孙保密,17800000000,,x", "YT91,,,,", "YT9000,赵保密,1,,x", "YT92,吴保密", "YT93,周\x01密,1,,"]
    file = tmp_path / "parcels.csv"
    file.write_text("\n".join([HEADER, *ROWS, *bad]) + "\n", "utf-8")
    done = ran("seal", file, "--out", tmp_path / "tokens", code=3)
    assert done.out == "8 parcels of parcels.csv sealed\n"
    lines = done.err.splitlines()
    assert lines == [
        (
            f"{file}:10: waybill: a waybill number has 1 to 64 letters A to Z and digits; spaces, dots, dashes and "
            "underscores don't count"
        ),
        f"{file}:11: has no field to seal",
        f"{file}:12: waybill: stands twice in this file",
        f"{file}:13: has 2 columns and not 5",
        f"{file}:14: recipient_name: 1 to 1000 characters are needed, without control characters",
    ]
    assert "保密" not in done.err + done.out
    tokens = [json.loads(line) for line in (tmp_path / "tokens").read_text().splitlines()]
    assert [t["waybill"] for t in tokens] == [row[:6] for row in ROWS]
    assert set(tokens[0]["tokens"]) == {"recipient_name", "recipient_phone", "recipient_address"}
    again = ran("seal", file, "--lang", "zh", code=3)
    assert "8 个单号此前已封存" in again.err
    assert "第" not in again.out
    assert all(CHINESE.search(line) for line in again.err.splitlines())


def test_parcels_as_json_lines(vault: Path, tmp_path: Path) -> None:
    file = tmp_path / "parcels.jsonl"
    good = {"waybill": "YT8001", "goods": "保密", "keep_until": "2026-01-01T00:00:00+08:00"}
    lines = [good, {**good, "waybill": "YT8002", "keep_until": "never"}, {"shoe": "保密"}, {"waybill": 7}, ["保密"]]
    file.write_text("\n".join([*map(json.dumps, lines), "{保密", ""]), "utf-8")
    done = ran("seal", file, code=3)
    assert done.out == "1 parcel of parcels.jsonl sealed\n"
    assert [line.split(": ", 1)[0] for line in done.err.splitlines()] == [f"{file}:{n}" for n in range(2, 7)]
    assert "保密" not in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("赵保密,17700000000\n", "column 1 is none of waybill"),
        ("waybill,waybill\n", "each once"),
        ("", "each once"),
        ('waybill,goods\nYT1,"保密"x\n', "this is no CSV"),
        ("waybill,goods\nYT1,保密\n".encode("gb18030"), "isn't UTF-8"),
    ],
)
def test_files_that_are_none(vault: Path, tmp_path: Path, text: str | bytes, said: str) -> None:
    file = tmp_path / "parcels.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = ran("seal", file, code=3)
    assert said in done.err
    assert "保密" not in done.err
    assert "17700000000" not in done.err


def test_more_bad_rows_than_anybody_reads(vault: Path, tmp_path: Path) -> None:
    file = tmp_path / "parcels.csv"
    file.write_text("waybill,goods\n" + ",x\n" * 30, "utf-8")
    assert "and 10 more rows" in ran("seal", file, code=3).err


def test_a_phone_comes_by_standard_input(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("find", "--purpose", "after_sales", "--reason", "caller", "--actor", "agent-7")
    monkeypatch.setattr("sys.stdin", io.StringIO("13900000002\n"))
    assert ran(*words).out == f"{NUMBERS[2]}\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("13900000002\n"))
    assert json.loads(ran(*words, "--format", "json").out) == {"waybills": [NUMBERS[2]]}
    monkeypatch.setattr("sys.stdin", io.StringIO("13911111111\n"))
    assert "no waybill" in ran(*words).err
    monkeypatch.setattr("sys.stdin", io.StringIO("13900000002\n"))
    assert "refused: " in ran(*words[:-1], "courier-12", code=13).err
    assert "13900000002" not in ran("log", "--kind", "found").out


def test_bulk_needs_another(vault: Path) -> None:
    asked = ran("ask", "deliver", 200, "--actor", "courier-12").out
    found = re.search("approval ([0-9a-f]{20}):", asked)
    assert found
    assert "second person" in ran("approve", found[1], "--actor", "courier-12", code=3).err
    assert "courier-12 may be shown 200" in ran("approve", found[1], "--actor", "manager-2").out


def test_erased_is_erased(vault: Path) -> None:
    assert f"{NUMBERS[0]} is erased" in ran("erase", NUMBERS[0]).out
    deliver(code=13)
    assert [row["waybill"] for row in listed("erase", NUMBERS[1])] == [NUMBERS[1]]
    assert "2 of these numbers are not" in ran("erase", "YT1", "YT2", code=3).err
    gone = ran("erase", NUMBERS[2], "YT1", code=3).err
    assert "1 of these numbers is not in the vault; none was erased" in gone
    assert ran("verify").out.count("2 erased") == 1


def test_what_is_kept_too_long(vault: Path, tmp_path: Path) -> None:
    assert ran("retain").out == "nothing is to be erased\n"
    file = tmp_path / "old.csv"
    file.write_text("waybill,goods,keep_until\nYT1,x,2020-01-01T00:00:00Z\n", "utf-8")
    ran("seal", file)
    status = ran("status").out
    assert "Next to be erased: 2020-01-01T00:00:00Z" in status
    assert "kept longer than they may be" in status
    assert [row["waybill"] for row in listed("retain")] == ["YT1"]
    assert listed("retain") == []


def test_the_key_of_rows_from_rotation_to_retirement(vault: Path) -> None:
    assert "row 2 is written with" in ran("key", "rotate", "row").out
    assert "needed still" in ran("key", "retire", "row", 1, code=3).err
    assert "rows marked anew with row 2" in ran("key", "rewrap", "-q").out
    assert "row 1 is out" in ran("key", "retire", "row", 1).out
    deliver()
    assert "Nothing was changed" in ran("verify").out


def test_keys_from_rotation_to_retirement(vault: Path) -> None:
    before = json.loads((vault / "keyring.json").read_text())
    secrets = [key["secret"] for key in before["keys"]]
    assert "wrap 2 is written with" in ran("key", "rotate", "wrap").out
    assert "needed still: by 4 rows" in ran("key", "retire", "wrap", 1, code=3).err
    assert "older keys" in ran("status").out
    assert ran("key", "rewrap", "-q").out == "0 rows marked anew with row 1\n4 data keys wrapped anew with wrap 2\n"
    assert "wrap 1 is out" in ran("key", "retire", "wrap", 1).out
    deliver()
    assert ran("verify").out.count("Nothing was changed") == 1
    assert "key activate log 2" in ran("key", "rotate", "log", "--wait").out
    assert "active key" in ran("key", "retire", "log", 1, code=3).err
    ran("key", "activate", "log", 2)
    ran("key", "retire", "log", 1)
    keys = listed("key", "list")
    assert [(k["version"], k["active"], k["in_use"]) for k in keys if k["purpose"] == "wrap"] == [(2, True, 4)]
    everything = ran("key", "list").out + ran("key", "list", "--lang", "zh").out + ran("status").out
    assert not [secret for secret in secrets if secret in everything]
    acts = [entry["more"]["act"] for entry in listed("log", "--kind", "admin")]  # type: ignore[index]
    assert acts[-6:] == [
        "key_rotated", "keys_rewrapped", "key_retired", "key_rotated", "key_activated", "key_retired",
    ]  # fmt: skip


def test_a_data_key_that_does_not_open_is_named(vault: Path) -> None:
    with rows_of(vault / "keys.db") as raw:
        raw.execute("UPDATE data_keys SET wrapped = ? WHERE waybill = ?", (b"x" * 65, NUMBERS[1]))
    ran("key", "rotate", "wrap")
    assert f"  {NUMBERS[1]}: its data key doesn't open" in ran("key", "rewrap", code=7).out


def test_a_keyring_of_the_environment_is_not_changed(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYSEAL_KEYRING", (vault / "keyring.json").read_text())
    (vault / "keyring.json").unlink()
    deliver()
    assert "stands in the environment" in ran("key", "rotate", "log", code=3).err


def test_clients(vault: Path) -> None:
    added = ran("client", "add", "handhelds", "--scope", "disclose", "--acts-for", "courier", "--per-second", 50)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}\n", added.out)
    other = ran("client", "secret", "handhelds").out
    assert other != added.out
    found = {row["client"]: row for row in listed("client", "list")}
    assert (found["handhelds"]["scopes"], found["handhelds"]["acts_for"]) == (["disclose"], ["courier"])
    assert "handhelds" in ran("client", "list").out
    assert "id is taken" in ran("client", "add", "handhelds", "--scope", "seal", code=3).err
    assert "there is no scope fly" in ran("client", "add", "b", "--scope", "fly", code=3).err
    ran("client", "disable", "handhelds")
    assert {row["client"]: row for row in listed("client", "list")}["handhelds"]["disabled_at"]
    assert "none with this id" in ran("client", "disable", "nobody", code=3).err


def test_actors(vault: Path, tmp_path: Path) -> None:
    ran("actor", "put", "c-9", "--role", "courier", "--outlet", "深圳南山", "--trained-until", "2999-01-01T00:00Z")
    deliver(NUMBERS[0], "c-9")
    ran("actor", "block", "c-9")
    deliver(NUMBERS[0], "c-9", code=13)
    ran("actor", "unblock", "c-9")
    deliver(NUMBERS[1], "c-9")
    file = tmp_path / "actors.csv"
    rows = ["c-10,person,courier,深圳南山,2999-01-01T00:00:00+08:00", "c-11,alien,courier,,", "c-12,person,courier,,x"]
    file.write_text("\n".join(["actor,kind,role,outlet,trained_until", *rows, ",,,,", "c 13 ,person,r,,"]), "utf-8")
    done = ran("actor", "put", "--file", file, code=3)
    assert done.out == "1 actor put into the directory\n"
    assert [line.split(": ")[1] for line in done.err.splitlines()] == ["kind", "trained_until", "actor", "actor"]
    assert "c-10" in ran("actor", "list").out
    assert {row["actor"] for row in listed("actor", "list")} >= {"c-9", "c-10", "courier-12"}
    assert ran("actor", "put", code=2).err.endswith("give one of ACTOR and --file\n")
    assert "role: is missing" in ran("actor", "put", "c-14", code=3).err


def test_checkpoints_and_proofs(vault: Path, tmp_path: Path) -> None:
    seq = json.loads(deliver(NUMBERS[0], "courier-12", "--format", "json").out)[0]["seq"]
    public, note, proof = tmp_path / "vault.pub", tmp_path / "c", tmp_path / "p"
    ran("key", "public", "--out", public)
    assert ran("key", "public").out == public.read_text()
    ran("checkpoint", "--out", note)
    assert ran("checkpoint").out == note.read_text()
    ran("prove", seq, "--out", proof, "--checkpoint", note)
    said = ran("verify-proof", proof, "--key", public).out
    assert f"entry {seq} of vault.local" in said
    assert "courier-12" in said
    assert "route 12" not in said
    ran("key", "rotate", "log")
    ran("key", "retire", "log", 1)
    assert ran("key", "public", "--all").out.splitlines()[0] == public.read_text().strip()
    held = ran("verify", "--checkpoint", note, "--key", public).out
    assert held.count("holds") == 2
    assert "No checkpoint was given" not in held
    ran("prove", seq, "--out", proof)
    assert "signed by" in ran("verify-proof", proof, "--key", public, code=9).err
    proof.write_text(proof.read_text().replace("courier-12", "courier-13"))
    ran("key", "public", "--out", public)
    assert "doesn't hold" in ran("verify-proof", proof, "--key", public, code=7).err
    assert "no entry at this place" in ran("prove", 999, "--out", proof, code=3).err


def flipped(content: bytes) -> bytes:
    return content[:50] + bytes([content[50] ^ 1]) + content[51:]


OF_NUMBER = "WHERE CAST(entry AS TEXT) LIKE '%' || ? || '%'"
TAMPERING = [
    ("main.db", "UPDATE waybills SET sealed = flipped(sealed) WHERE waybill = ?", [RecordCode.CHANGED]),
    ("keys.db", "UPDATE data_keys SET wrapped = flipped(wrapped) WHERE waybill = ?", [RecordCode.CHANGED]),
    ("keys.db", "DELETE FROM data_keys WHERE waybill = ?", [RecordCode.NO_KEY]),
    # Tags of its phones are left, of which no record is there.
    ("main.db", "DELETE FROM waybills WHERE waybill = ?", [TableCode.UNTOLD, RecordCode.COUNT]),
    ("main.db", f"UPDATE entries SET entry = flipped(entry) {OF_NUMBER}", [Code.ENTRY]),
    ("main.db", f"DELETE FROM entries {OF_NUMBER}", [Code.ENTRY_MISSING]),
]


@pytest.mark.parametrize(("file", "statement", "codes"), TAMPERING)
def test_what_was_changed_is_named(vault: Path, file: str, statement: str, codes: list[StrEnum]) -> None:
    deliver()
    deliver(NUMBERS[1])
    with rows_of(vault / file) as raw:
        raw.create_function("flipped", 1, flipped)
        assert raw.execute(statement, (NUMBERS[0],)).rowcount == 1
    done = ran("verify", code=7)
    assert f"{len(codes)} {'finding' if len(codes) == 1 else 'findings'}:" in done.out
    found = json.loads(ran("verify", "--format", "json", code=7).out)
    assert [each["code"] for each in found["findings"]] == [str(code) for code in codes]
    chinese = ran("verify", "--lang", "zh", code=7).out
    assert f"发现 {len(codes)} 个问题" in chinese
    assert not [text for text in PERSONAL if text in done.out + chinese]


def test_a_policy_is_put_in_force(vault: Path, tmp_path: Path) -> None:
    from wayseal.vault.policy import default_texts

    purposes, rules = default_texts()
    file = tmp_path / "purposes.toml"
    file.write_text(
        purposes.replace("[roles]\n", '[roles]\nnew_role = { zh = "新", en = "new" }\n').replace("12h", "13h"), "utf-8"
    )
    assert "policy 2 is in force" in ran("policy", "activate", file).out
    assert ran("policy", "show").out.startswith("Version 2\n")
    assert json.loads(ran("policy", "show", "--format", "json").out)["purposes"]
    cli = {row["client"]: row for row in listed("client", "list")}["cli"]
    assert "new_role" in cli["acts_for"]  # type: ignore[operator]
    (tmp_path / "rules.cedar").write_text(rules, "utf-8")
    ran("policy", "activate", tmp_path / "rules.cedar")
    assert ran("policy", "show").out.startswith("Version 3\n")
    assert "13 h" in ran("policy", "show").out
    assert "one of each" in ran("policy", "activate", file, file, code=2).err
    file.write_bytes(b"\xff")
    assert "isn't UTF-8" in ran("policy", "activate", file, code=3).err
    file.write_text("[roles]\n", "utf-8")
    assert f"{file}:1: roles: needs at least one" in ran("policy", "activate", file, code=3).err


def test_what_was_disclosed_goes_into_a_ledger(vault: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    assert "nothing new" in ran("project", ledger, "-q").out
    deliver()
    assert "1 disclosure taken" in ran("project", ledger, "-q").out
    words = ("ledger", "verify", ledger, "--vault", vault, "-q")
    fine = inside(*words)
    assert (fine.code, "1 row as the log has them" in fine.out) == (0, True)
    with rows_of(vault / "main.db") as raw:
        raw.execute("UPDATE entries SET entry = x'00' WHERE seq = (SELECT max(seq) FROM entries)")
    assert inside(*words).code == 7
    found = json.loads(inside(*words, "--format", "json").out)
    assert found["vault"]["findings"]
    assert found["findings"] == []


def test_nothing_to_upgrade_and_steps_that_wait(vault: Path) -> None:
    assert "nothing to do" in ran("upgrade").out
    with rows_of(vault / "keys.db") as raw:
        for table in ("data_keys", "erasures", "version_of_keys"):
            raw.execute(f"DROP TABLE {table}")
    assert "pending: keys_0003: run" in ran("status", code=3).err
    assert "keys_0003: " in ran("upgrade").out
    broken = ran("status").out
    assert "Records: 4 sealed" in broken


def test_cosigned_checkpoints(vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note, key, other = tmp_path / "cosigned", tmp_path / "witness.pub", tmp_path / "other.pub"
    signed = ran("checkpoint").out
    note.write_text(signed + cosignature(signed), "utf-8")
    key.write_text(f"{witness_key()}\n")
    other.write_text(f"{witness_key(bytes(range(32)))}\n")
    held = f"Checkpoint {note}: holds."
    for given, by in ((key, True), (other, False)):
        said = ran("verify", "--checkpoint", note, "--key", given).out
        line = next(line for line in said.splitlines() if line.startswith(held))
        assert (f"{NAME}+{witness_key().id}" in line) is by
    proof = tmp_path / "proof"
    ran("prove", 0, "--checkpoint", note, "--out", proof)
    assert NAME in ran("verify-proof", proof, "--key", key).out
    assert "signed by" in ran("verify-proof", proof, "--key", other, code=9).err
    note.write_text(signed + cosignature("x\n1\n\n"), "utf-8")
    assert "is no checkpoint, or was changed" in ran("verify", "--checkpoint", note, "--key", key, code=7).out
    # Whether there is a witness, and how far it has come.
    assert "witness" not in ran("status").out
    monkeypatch.setenv("WAYSEAL_WITNESS", "https://witness.example/w1")
    monkeypatch.setenv("WAYSEAL_WITNESS_KEY", str(witness_key()))
    monkeypatch.setenv("WAYSEAL_CHECKPOINT_FOLDER", str(tmp_path))
    assert json.loads(ran("status", "--format", "json").out)["trouble"] == ["not_cosigned"]
    seen = vault / "keyring.json.seen"
    size = int(signed.splitlines()[1])
    seen.write_text(json.dumps({**json.loads(seen.read_text()), "cosigned_size": size}))
    said = ran("status").out
    assert f"Cosigned by a witness up to {size:,}" in said
    assert "hasn't cosigned" not in said


def test_status_for_programs(vault: Path) -> None:
    found = json.loads(ran("status", "--format", "json").out)
    assert found["counts"]["sealed"] == 4
    assert found["trouble"] == ["no_checkpoint"]
    ran("checkpoint")
    assert "Nothing here needs seeing to." in ran("status").out
    keys = json.loads((vault / "keyring.json").read_text())
    with rows_of(vault / "keys.db") as raw:
        raw.execute("UPDATE data_keys SET key_version = 9")
    assert json.loads(ran("status", "--format", "json").out)["trouble"] == ["keys_lost"]
    assert keys["keys"]


def test_nobody_without_a_name(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver()
    login = pwd.getpwuid(os.getuid()).pw_name
    assert str(listed("log", "--purpose", "deliver")[0]["request"]).startswith(f"cli-{login}-")
    monkeypatch.delenv("WAYSEAL_ACTOR")

    def nobody(_number: int) -> str:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert "give --actor" in ran("erase", NUMBERS[1], code=3).err
    deliver()
    assert str(listed("log", "--purpose", "deliver", "--actor", "x")[-1]["request"]).startswith(f"cli-{os.getuid()}-")


def test_every_finding_has_a_text() -> None:
    assert {*Code, *RecordCode} <= vault_verify._FINDINGS.keys()


def test_what_databases_refuse_is_said_in_chinese() -> None:
    for text in (*errors._WORDS.values(), *errors._GONE.values()):
        assert CHINESE.search(word(text, "zh"))


def test_the_example_is_what_the_quick_start_says() -> None:
    assert fill_vault.__doc__
    assert NUMBERS[0] == "YT0000000000001"
