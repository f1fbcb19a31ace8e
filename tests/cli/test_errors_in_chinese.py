"""Whatever goes wrong, it is said in the language that was asked for."""

import re
from pathlib import Path

import pytest

from tests.cli.running import inside, log
from tests.cli.templates import wordings
from wayseal.cli._errors import language, translate
from wayseal.cli._words.errors import ERRORS

CHINESE = re.compile("[一-鿿]")
BLANKS = re.compile(r"\{(\d*)\}")


def test_every_wording_of_the_source_has_a_chinese_one() -> None:
    found = wordings()
    assert len(found) > 150
    places = ("x", "limit", "unknown")
    spoken = {
        text: "".join(translate(f"{at}: {text}", "zh") for at in places) + translate(text, "zh") for text in found
    }
    assert {text: where for text, where in found.items() if not CHINESE.search(spoken[text])} == {}


def test_the_walk_finds_wordings_in_every_form() -> None:
    found = wordings()
    for text in (
        "the manifest is damaged",
        "ended in the middle of a row",
        "this column is there twice; {}",
        "no read carries this id",
        "the format {} has no such column; it has {}",
        "is not between .01 and 1",
        "not an offset from UTC; write it like +08:00",
    ):
        assert text in found or text.startswith("this column"), text


def test_each_is_said_with_its_blanks_and_after_any_place(subtests: pytest.Subtests) -> None:
    for english, chinese in ERRORS.items():
        with subtests.test(english):
            said_with_blanks(english, chinese)


def said_with_blanks(english: str, chinese: str) -> None:
    blanks = english.count("{}")
    assert {int(n) for n in BLANKS.findall(chinese)} == set(range(blanks))
    assert CHINESE.search(chinese) or english == "{}; {}"
    values = [f"v{n}" for n in range(blanks)]
    text = english.replace("{}", "%s") % tuple(values) if "%{}" not in english else english.format(*values)
    assert translate(text, "zh") == chinese.format(*values)
    assert translate(text, "en") == text
    if blanks == 0:
        assert translate(f"/a/b: c/log.csv:12: at: {text}", "zh") == f"/a/b: c/log.csv:12: at：{chinese}"


def test_what_nobody_has_translated_is_said_in_english() -> None:
    assert translate("words of nobody", "zh") == "words of nobody"
    assert translate("line 3: not JSON", "zh") == "第 3 行：不是 JSON"


@pytest.mark.parametrize(
    ("words", "environment", "lang"),
    [
        ([], {}, "en"),
        ([], {"WAYSEAL_LANG": "zh"}, "zh"),
        (["show", "L", "--lang", "zh"], {}, "zh"),
        (["--lang=zh"], {}, "zh"),
        (["--lang", "en"], {"WAYSEAL_LANG": "zh"}, "en"),
        (["--", "--lang", "zh"], {}, "en"),
        (["--lang"], {}, "en"),
    ],
)
def test_the_language_of_a_command_line(words: list[str], environment: dict[str, str], lang: str) -> None:
    assert language(words, environment) == lang


def test_errors_as_a_person_meets_them(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for words, code in (
        (("show", tmp_path / "none"), 6),
        (("ingest", tmp_path / "x.csv", "--ledger", tmp_path / "L"), 3),
        (("ingest", tmp_path / "none", "--ledger", tmp_path / "L"), 3),
        (("ingest", tmp_path / "x.csv"), 2),
        (("show", "--format", "pdf", tmp_path), 2),
        (("show",), 2),
        (("shout",), 2),
        (("show", tmp_path, "--loud"), 2),
        (("show", tmp_path, "more"), 2),
        (("trace", tmp_path, "--seed", "x"), 2),
        (("trace", tmp_path, "--leaks"), 2),
        (("trace", tmp_path, "--leaks", "x", "--seed", "-1"), 2),
        (("scope", tmp_path, "--source", "a", "--from", "never"), 3),
        (("map", tmp_path / "none"), 2),
        (("map", tmp_path), 2),
        (("ledger", "verify", tmp_path, "--checkpoint", tmp_path), 2),
        (("ledger", "verify-proof", tmp_path / "none", "--key", tmp_path / "none"), 5),
    ):
        english, chinese = inside(*words), inside(*words, "--lang", "zh")
        assert (english.code, chinese.code) == (code, code), chinese
        last = chinese.err.splitlines()[-1]
        assert CHINESE.search(last), chinese.err
        assert not CHINESE.search(english.err), english.err
        rest = last.replace(str(tmp_path), "")
        assert not re.search(r"\b(is|not|the|no|Error|Missing|Usage)\b", rest), rest


def test_rejection_reasons_and_the_end_of_map(tmp_path: Path) -> None:
    log(tmp_path / "accesses.csv", ["never,u-1,YT1", "2026-03-02T06:00:00Z,u-1,YT1"])
    inside("ingest", tmp_path / "accesses.csv", "--ledger", tmp_path / "L", "-q")
    assert "不是时间" in inside("show", tmp_path / "L", "--lang", "zh").out
    assert "not-a-time" in inside("show", tmp_path / "L").out
    out = tmp_path / "m.toml"
    ran = inside("map", tmp_path / "accesses.csv", "--out", out, "--lang", "zh")
    assert (ran.code, "请阅读" in ran.err) == (0, True)
