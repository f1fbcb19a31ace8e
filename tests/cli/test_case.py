"""`wayseal case` and `wayseal verdict`, as a person runs them."""

import getpass
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cases.making import NOW, alert, lines, secret
from tests.cases.making import run as write
from tests.cli.running import Ran, inside, log, worded
from wayseal.cases import load_pseudonyms, open_cases, read_casebook
from wayseal.ledger.upkeep import backup
from wayseal.model.times import micros
from wayseal.page.languages import known_lang
from wayseal.page.words import catalogue

BY = ("--who", "Li, audit", "--why", "complaint 7")
FILE = "detect/casebook.db"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which no case was registered; nobody writes to it."""
    folder = tmp_path_factory.mktemp("case")
    assert inside("ingest", folder / "L", log(folder / "accesses.csv"), "-q").code == 0
    return folder / "L"


@pytest.fixture
def ledger(empty: Path, tmp_path: Path) -> Path:
    """A folder with a casebook alone, as far as these commands need a ledger."""
    path = tmp_path / "L"
    path.mkdir()
    write(
        path / "detect",
        lambda w: w.register([alert("thief", score=0.98), alert("u-1077", "王芳", detectors=())], NOW),
    )
    return path


def of(ledger: Path, *words: object) -> tuple[object, ...]:
    """A command's words with the ledger where it stands: first of what the command is given."""
    name = 2 if words[0] == "case" else 1
    return *words[:name], ledger, *words[name:]


def done(ledger: Path, *words: object) -> Ran:
    ran = inside(*of(ledger, *words))
    assert ran.code == 0, ran.err
    return ran


def listed(ledger: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(ledger, "case", "list", "--format", "json").out)
    return found


def p(ledger: Path, actor: str) -> str:
    return load_pseudonyms(ledger / "detect").of(actor)


def test_what_the_json_says_and_when(ledger: Path) -> None:
    done(
        ledger,
        "case",
        "hear",
        "c-2",
        "--who",
        "Li",
        "--statement",
        "王芳 was on leave",
        "--actor",
        "王芳",
        "--point",
        "told",
    )
    heard = listed(ledger)["cases"][1]["acts"][0]
    assert (heard["act"], heard["actor"], heard["statement"]) == ("heard", p(ledger, "王芳"), None)
    done(ledger, "case", "open", "c-2", *BY)
    assert inside(*of(ledger, "verdict", "c-2", "true", *BY)).code == 2, "nobody was asked for witnesses"
    left = done(ledger, "verdict", "c-2", "true", "--account", "王芳", "--lacking", *BY).out
    assert left == "c-2 stays open: 1 account without a verdict.\n"
    done(ledger, "verdict", "c-2", "true", "--account", p(ledger, "u-1077"), "--lacking", *BY)
    case = listed(ledger)["cases"][1]
    assert (case["case"], case["state"], case["actors"]) == ("c-2", "true", ["u-1077", "王芳"])
    heard, opened, verdict, _ = case["acts"]
    assert (heard["points"], verdict["accounts"][0]["actor"]) == (["told"], "王芳")
    assert verdict["accounts"][0]["lacking"] == ["shared", "shown", "witnesses"]
    assert (heard["actor"], heard["statement"]) == ("王芳", "王芳 was on leave")
    assert (opened["act"], opened["who"], opened["why"], opened["actors"]) == ("opened", *BY[1::2], ["u-1077", "王芳"])
    assert (verdict["act"], verdict["true"]) == ("verdict", True)
    some = json.loads(done(ledger, "case", "list", "--state", "new", "--format", "json").out)["cases"]
    assert [each["case"] for each in some] == ["c-1"]


def test_a_statement_stays_hidden_while_one_name_of_the_case_is(ledger: Path) -> None:
    done(ledger, "case", "open", "c-1", *BY)
    done(ledger, "case", "hear", "c-1", "--who", "Li", "--statement", "with Wang")
    write(ledger / "detect", lambda w: w.register([alert("thief", "new")], NOW))
    case = listed(ledger)["cases"][0]
    assert case["actors"] == ["thief", p(ledger, "new")]
    assert case["acts"][1]["statement"] is None


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_list_speaks_as_reports_do(ledger: Path, lang: str) -> None:
    names = ("unexplained_first_reads", "number_walks", "of_another_version")
    at = micros("2026-03-06T17:20:31.123456Z")
    write(ledger / "detect", lambda w: w.register([alert("late", at=at, score=0.99999, detectors=names)], NOW))
    write(ledger / "detect", lambda w: w.open("c-3", "Li", "complaint 7", at))
    case, act = done(ledger, "case", "list", "--lang", lang).out.splitlines()[:2]
    assert "2026-03-07 01:20" in case
    assert "2026-03-07 01:20" in act
    assert ">99.9%" in case
    texts = catalogue(known_lang(lang), "wayseal.detect.report")
    said = [texts[f"detector.{name}"] for name in names[:2]]
    assert worded(lang, ", ", context="list_comma").join([*said, names[2]]) in case
    assert "UTC+8" in done(ledger, "case", "list", "--lang", lang).out
    exact = listed(ledger)["cases"][0]
    assert (exact["alerted_at"], exact["detectors"]) == ("2026-03-06T17:20:31.123456Z", list(names))


def test_by_what_cases_are_listed(ledger: Path) -> None:
    late = [alert("great", score=0.15, parcels=1_106.7, worth=True), alert("small", score=0.99, parcels=3)]
    write(ledger / "detect", lambda w: w.register(late, NOW))
    orders = {"loss": ["c-3", "c-1", "c-2", "c-4"], "score": ["c-4", "c-1", "c-2", "c-3"]}
    for sort, ids in (orders | {"number": ["c-1", "c-2", "c-3", "c-4"]}).items():
        told = json.loads(done(ledger, "case", "list", "--sort", sort, "--format", "json").out)["cases"]
        assert [case["case"] for case in told] == ids, sort
    first = listed(ledger)["cases"][0]
    assert (first["case"], first["parcels_a_day"], first["expected_loss"], first["worth"]) == (
        "c-3", 1_106.7, 166.005, True,
    )  # fmt: skip
    assert "c-3  new  expected loss a day 166, probability 15%" in done(ledger, "case", "list").out


def test_a_list_that_names_several(ledger: Path) -> None:
    write(ledger / "detect", lambda w: w.unmask(["c-1", "c-2"], "Li", "weekly list", NOW))
    assert done(ledger, "case", "list").out.count("Li opened it together with others: weekly list") == 2
    acts = [case["acts"][0] for case in listed(ledger)["cases"]]
    assert [(act["act"], act["actors"]) for act in acts] == [("unmasked", ["thief"]), ("unmasked", ["u-1077", "王芳"])]


def test_in_a_case_of_several_accounts_it_is_said_who_was_heard(ledger: Path) -> None:
    hear = ("case", "hear", "c-2", "--who", "Li", "--statement")
    nobody = inside(*of(ledger, *hear, "x"))
    assert (nobody.code, "c-2 has several accounts" in nobody.err) == (2, True)
    assert "c-2 有多个账号" in inside(*of(ledger, *hear, "x"), "--lang", "zh").err
    done(ledger, *hear, "by pseudonym", "--actor", p(ledger, "王芳"))
    done(ledger, *hear, "by id", "--actor", "u-1077")
    heard = read_casebook(ledger / "detect").case("c-2").heard
    assert [(h.statement, h.actor) for h in heard] == [("by pseudonym", "王芳"), ("by id", "u-1077")]
    other = inside(*of(ledger, *hear, "x", "--actor", p(ledger, "thief")))
    assert (other.code, "c-2 has no such account; `wayseal case list`" in other.err) == (3, True)


def test_an_error_names_the_case_that_there_is_not(ledger: Path) -> None:
    for words in (("case", "open", "c-9", *BY), ("verdict", "c-9", "true", *BY)):
        assert inside(*of(ledger, *words)).err == (
            "wayseal: there is no case c-9; `wayseal case list` shows which there are\n"
        )
        chinese = inside(*of(ledger, *words), "--lang", "zh").err
        assert chinese == "wayseal: 没有案件 c-9；有哪些案件见 `wayseal case list`\n"
    hostile = inside(*of(ledger, "case", "open", "\x1b[2J" + "x" * 5000, *BY))
    assert "\x1b" not in hostile.err
    assert len(hostile.err) < 200


def test_a_statement_from_standard_input(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("said it\n"))
    done(ledger, "case", "hear", "c-1", "--who", "Li", "--file", "-")
    assert read_casebook(ledger / "detect").case("c-1").heard[0].statement == "said it"


def test_a_ledger_without_cases(empty: Path) -> None:
    assert done(empty, "case", "list").out == "No case.\n"
    assert listed(empty) == {"cases": [], "forgotten": []}
    for words in (
        ("case", "open", "c-1", *BY),
        ("verdict", "c-1", "true", *BY),
        ("case", "forget", "--before", "2026-01-01", *BY),
    ):
        ran = inside(*of(empty, *words))
        assert (ran.code, "no case has been registered yet" in ran.err) == (3, True)
    assert inside(*of(empty, "case", "verify")).code == 6
    assert not (empty / "detect").exists()


REFUSED = [
    (("case", "open", "c-9", *BY), 3),
    (("case", "open", "c-1", "--who", " ", "--why", "x"), 2),
    (("case", "open", "c-1", "--who", "Li"), 2),
    (("case", "open", "c-1", "--why", "x"), 2),
    (("case", "open"), 2),
    (("case", "hear", "c-1", "--who", "Li"), 2),
    (("case", "hear", "c-1", "--who", "Li", "--statement", "x", "--file", "x"), 2),
    (("case", "hear", "c-1", "--who", "Li", "--statement", "  "), 2),
    (("case", "hear", "c-1", "--who", "Li", "--statement", "x" * 20_001), 2),
    (("case", "hear", "c-1", "--who", "Li", "--statement", "x", "--actor", "u-1077"), 3),
    (("case", "hear", "c-2", "--who", "Li", "--statement", "x"), 2),
    (("case", "hear", "c-9", "--who", "Li", "--statement", "x"), 3),
    (("case", "hear", "c-1", "--who", "Li", "--file", "nowhere"), 5),
    (("case", "list", "--state", "old"), 2),
    (("case", "verify", "--head", "17"), 2),
    (("case", "verify", "--head", "x:" + "0" * 64), 2),
    (("case", "verify", "--head", "2:" + "0" * 64), 7),
    (("case", "forget", "--before", "yesterday", *BY), 2),
    (("case", "forget", "--before", "2030-01-01", "--who", "", "--why", "x"), 2),
    (("case", "state", "c-1", "true", *BY), 2),
    (("case", "state", "c-1", "reopened", *BY), 3),
    (("case", "note", "c-1", "--who", "Li"), 2),
    (("case", "merge", "c-1", "c-1", *BY), 3),
    (("case", "unmerge", "c-1", *BY), 3),
    (("verdict", "c-9", "true", *BY), 3),
    (("verdict", "c-1", "perhaps", *BY), 2),
    (("verdict", "c-1", "true"), 2),
    (("verdict", "c-1", "true", "--who", "", "--why", "x"), 2),
]


def test_what_is_refused_changes_nothing(ledger: Path, subtests: pytest.Subtests) -> None:
    before = lines(ledger / "detect")
    for words, code in REFUSED:
        with subtests.test(" ".join(words)[:60]):
            english, chinese = (inside(*of(ledger, *words), "--lang", lang) for lang in ("en", "zh"))
            assert (english.code, chinese.code) == (code, code), english.err + chinese.err
            assert english.err != chinese.err or code == 7
            assert "u-1077" not in english.err + english.out
            assert lines(ledger / "detect") == before


def test_a_user_without_a_name(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nobody)
    ran = inside(*of(ledger, "verdict", "c-1", "true", "--why", "x"))
    assert (ran.code, "give --who" in ran.err) == (2, True)


def test_a_text_that_is_none(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    ran = inside(*of(ledger, "case", "hear", "c-1", "--who", "Li", "--file", tmp_path / "x"))
    assert (ran.code, "UTF-8" in ran.err) == (2, True)


def test_commands_and_a_console_that_is_open_lose_nothing(ledger: Path) -> None:
    with open_cases(ledger / "detect") as console:
        done(ledger, "case", "open", "c-1", *BY)
        console.open("c-1", "Wang", "another look", NOW)
        done(ledger, "verdict", "c-1", "true", "--lacking", *BY)
        assert [act.who for act in console.find("c-1").acts] == ["Li, audit", "Wang", "Li, audit"]
    assert done(ledger, "case", "verify").code == 0


def test_no_ledger_and_a_backup(empty: Path, tmp_path: Path) -> None:
    for words in (("case", "list"), ("case", "verify"), ("case", "open", "c-1", *BY)):
        assert inside(*of(tmp_path / "none", *words)).code == 6
    backup(empty, tmp_path / "B")
    write(tmp_path / "B/detect", lambda w: w.register([alert("thief")], NOW))
    assert "c-1" in done(tmp_path / "B", "case", "list").out
    for words in (("case", "open", "c-1", *BY), ("verdict", "c-1", "true", *BY)):
        ran = inside(*of(tmp_path / "B", *words))
        assert (ran.code, "this is a backup" in ran.err) == (3, True)


def test_a_full_disk_leaves_the_casebook(ledger: Path) -> None:
    before = lines(ledger / "detect")
    ran = inside(*of(ledger, "case", "open", "c-1", *BY), cwd=ledger, limit=3000)
    assert ran.code == 5, ran.err
    assert "thief" not in ran.out, "what isn't recorded isn't shown"
    assert lines(ledger / "detect") == before


def test_a_secret_that_cannot_be_read(ledger: Path) -> None:
    (ledger / "detect/secret").write_bytes(secret(31))
    assert inside(*of(ledger, "case", "list")).code == 6
    (ledger / "detect/secret").unlink()
    assert inside(*of(ledger, "case", "open", "c-1", *BY)).code == 6
