"""`wayseal blocked`, as a person runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases.making import NOW, alert
from tests.cases.making import run as write
from tests.cli.running import Ran, inside, log, worded
from tests.tables import each
from wayseal.cases import load_pseudonyms
from wayseal.ledger.upkeep import backup
from wayseal.live.blocks import Blocks
from wayseal.service.tokens import TokenFile
from wayseal.store.blocked import Fails, read_blocked

BY = ("--who", "Li, audit")
WHY = (*BY, "--why", "complaint 7")
ABOUT = ("--case", "c-1", "--reason", "pulls", *BY)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blocked")
    assert inside("ingest", folder / "L", log(folder / "accesses.csv"), "-q").code == 0
    write(folder / "L/detect", lambda w: w.register([alert("thief", score=0.98)], NOW))
    return folder / "L"


@pytest.fixture
def ledger(made: Path, tmp_path: Path) -> Path:
    """The ledger with a folder of its own for blocks."""
    path = tmp_path / "L"
    path.mkdir()
    for one in made.iterdir():
        (path / one.name).symlink_to(one)
    return path


def done(*words: object, code: int = 0) -> Ran:
    ran = inside("blocked", *words)
    assert ran.code == code, ran.err
    return ran


def listed(ledger: Path, *words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done("list", ledger, "--format", "json", *words).out)
    return found


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_account_by_id_or_pseudonym(ledger: Path, lang: str) -> None:
    alias = load_pseudonyms(ledger / "detect").of("thief")
    done("add", ledger, "thief", *ABOUT)
    ran = done("add", ledger, alias, "--measure", "block", "--lasts", "2h", *ABOUT, "--lang", lang)
    assert ran.out.startswith("b-2")
    assert "thief" not in ran.out + ran.err
    assert {one.actor for one in read_blocked(ledger / "live/blocked.json").entries} == {"thief"}
    out = done("list", ledger, "--lang", lang).out
    assert "thief" not in out
    assert out.count(alias) == 2
    for word in ("step-up", "block"):
        assert worded(lang, word) in out
    assert [one["actor"] for one in listed(ledger)["entries"]] == [alias, alias]
    assert inside("case", "open", ledger, "c-1", *WHY).code == 0
    assert {one["actor"] for one in listed(ledger)["entries"]} == {"thief"}
    assert inside("verdict", ledger, "c-1", "false", *WHY).code == 0


def test_lifting(ledger: Path) -> None:
    done("add", ledger, "thief", *ABOUT)
    assert "b-1" in done("lift", ledger, "b-1", *WHY).out
    assert "nothing was changed" in done("lift", ledger, "b-1", *WHY).out
    assert listed(ledger)["entries"] == []
    assert listed(ledger, "--all")["entries"][0]["lifted"]
    assert "lifted by Li, audit: complaint 7" in done("list", ledger, "--all").out
    assert read_blocked(ledger / "live/blocked.json").version == 2


def test_an_account_without_reads_is_told(ledger: Path) -> None:
    assert "no read" in done("add", ledger, "new-1", *ABOUT).err
    assert "no read" not in done("add", ledger, "thief", *ABOUT).err


@each(
    ("words", "code", "said"),
    [
        (("add", "p-2222-2222-2222", *ABOUT), 2, "no account has this pseudonym"),
        (("add", "thief", "--lasts", "soon", *ABOUT), 2, "--lasts"),
        (("add", "thief", "--lasts", "32d", *ABOUT), 3, "until: lies more than 31 days ahead"),
        (("add", "thief", "--lasts", "0", *ABOUT), 3, "until: lies in the past"),
        (("add", "thief", "--case", "c-1", "--reason", " ", *BY), 3, "reason: one line"),
        (("add", "thief", "--measure", "shoot", *ABOUT), 2, "--measure"),
        (("lift", "b-9", *WHY), 3, "entry: there is no such entry"),
        (("rule", "propose", "x", "--least", "2", *BY), 3, "least"),
        (("rule", "propose", "x", "--least", ".9", "--lasts", "0", *BY), 2, "--lasts"),
        (("rule", "agree", "x", *BY), 3, "name: no such rule"),
        (("rule", "off", "x", *WHY), 3, "name: there is no such rule"),
        (("token", "../x"), 3, "the name of a token"),
        (("token", "gw", "--revoke"), 3, "no token has this name"),
        (("verify",), 6, "there is no record of blocks"),
        (("verify", "--head", "7"), 2, "--head"),
    ],
)  # fmt: skip
def test_what_cant_be(made: Path, words: tuple[str, ...], code: int, said: str) -> None:
    number = 2 if words[0] == "rule" else 1
    ran = done(*words[:number], made, *words[number:], code=code)
    assert said in ran.err
    assert "thief" not in ran.err


def test_a_rule_takes_two_people(ledger: Path) -> None:
    rule = ("rule", "propose", ledger, "pulls", "--least", "0.95", "--detector", "number_walks", "--lasts", "2h", *BY)
    assert "second person" in done(*rule).out
    assert "waits for a second person" in done("list", ledger).out
    done("rule", "agree", ledger, "pulls", *BY, code=3)
    assert "number_walks" in done(*rule[:3], "dead", "--least", "0.9", "--detector", "bulk", *BY, code=2).err
    assert "in force by Li, audit and Wang" in done("rule", "agree", ledger, "pulls", "--who", "Wang").out
    (found,) = listed(ledger)["rules"]
    assert (found["agreed_by"], found["minutes"], found["detectors"]) == ("Wang", 120, ["number_walks"])
    assert "is off" in done("rule", "off", ledger, "pulls", *WHY, "--lift").out
    assert listed(ledger)["rules"] == []


def test_what_a_rule_put_on_is_lifted_with_it(ledger: Path) -> None:
    from tests.live.test_blocks import RULE, in_force, notice
    from wayseal.model.times import now_us

    blocks = Blocks(ledger / "live")
    for lift, said in (((), "still counts: b-1"), (("--lift",), "Lifted: b-1, b-2")):
        in_force(blocks, RULE)
        blocks.act_on(notice(f"n{lift}", at=now_us()))
        assert said in done("rule", "off", ledger, RULE.name, *WHY, *lift).out


def test_the_list_for_gateways(ledger: Path, tmp_path: Path) -> None:
    assert json.loads(done("export", ledger).out)["entries"] == []
    for account, measure in (("thief", "slow_down"), ("thief", "block"), ("Thief", "step_up"), ('a"b', "step_up")):
        done("add", ledger, account, "--measure", measure, *ABOUT)
    assert done("export", ledger).out.encode() == (ledger / "live/blocked.json").read_bytes()
    assert done("export", ledger, "--format", "lines").out.splitlines()[0].split("\t")[:2] == ["thief", "slow_down"]
    out = tmp_path / "accounts.map"
    done("export", ledger, "--format", "nginx", "--out", out)
    assert out.read_text() == '"\\\\thief" block;\n"\\\\a\\"b" step_up;\n'


def test_a_token_is_shown_once(ledger: Path) -> None:
    token = done("token", ledger, "gw-1").out.strip()
    tokens = TokenFile(ledger / "live/tokens")
    assert tokens.find(token) == "gw-1"
    done("token", ledger, "gw-1", "--revoke")
    assert tokens.find(token) is None


def test_gateways_are_listed(ledger: Path) -> None:
    Blocks(ledger / "live").enforced("gw-1", 0, Fails.OPEN, who="gw-1")
    assert "gateway gw-1: enforces version 0" in done("list", ledger).out
    assert listed(ledger)["gateways"][0]["fails"] == "open"


def test_the_record_is_verified(ledger: Path) -> None:
    done("add", ledger, "thief", *ABOUT)
    head = json.loads(done("verify", ledger, "--format", "json").out)["head"]
    assert "goes on from" in done("verify", ledger, "--head", head).out
    record = ledger / "live/blocks.jsonl"
    record.write_text(record.read_text().replace("pulls", "works"))
    ran = done("verify", ledger, code=7)
    assert "line 2: was changed" in ran.out
    done("add", ledger, "thief", *ABOUT, code=6)


def test_no_ledger_and_a_backup(made: Path, tmp_path: Path) -> None:
    done("list", tmp_path, code=6)
    backup(made, tmp_path / "copy")
    assert "backup" in done("add", tmp_path / "copy", "thief", *ABOUT, code=3).err
