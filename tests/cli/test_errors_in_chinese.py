"""Whatever goes wrong, it is said in the language that was asked for."""

import re
from pathlib import Path

from tests.cli.running import inside, log
from wayseal.model.errors import disk_says
from wayseal.page.languages import word
from wayseal.store.errors import StoreError

CHINESE = re.compile("[一-鿿]")


def test_places_stay_and_texts_are_translated() -> None:
    error = StoreError("not JSON", line=3)
    assert (word(error, "en"), word(error, "zh")) == ("line 3: not JSON", "第 3 行：不是 JSON")
    assert word(error.at(file="/a/b: c/log.csv", key="at"), "zh") == "/a/b: c/log.csv:3: at：不是 JSON"
    inner = StoreError("can't be read ({reason})", reason=disk_says(OSError(2, "x")))
    assert (str(inner), word(inner, "zh")) == (
        "can't be read (No such file or directory)",
        "无法读取（没有这个文件或文件夹）",
    )
    assert word("words of nobody", "zh") == "words of nobody"


def test_errors_as_a_person_meets_them(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for words, code in (
        (("show", tmp_path / "none"), 6),
        (("ingest", tmp_path / "L", tmp_path / "x.csv"), 3),
        (("ingest", tmp_path / "L", tmp_path / "none"), 3),
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
        (("policy", "check", tmp_path / "none"), 2),
        (("ledger", "verify-proof", tmp_path / "none", "--key", tmp_path / "none"), 5),
    ):
        english, chinese = inside(*words), inside(*words, "--lang", "zh")
        assert (english.code, chinese.code) == (code, code), chinese
        last = chinese.err.splitlines()[-1]
        assert CHINESE.search(last), chinese.err
        assert "有误" not in last, "what is wrong, and not that something is"
        assert not CHINESE.search(english.err), english.err
        rest = last.replace(str(tmp_path), "")
        assert not re.search(r"\b(is|not|the|no|Error|Missing|Usage)\b", rest), rest


def test_rejection_reasons_and_the_end_of_map(tmp_path: Path) -> None:
    log(tmp_path / "accesses.csv", ["never,u-1,YT1", "2026-03-02T06:00:00Z,u-1,YT1"])
    inside("ingest", tmp_path / "L", tmp_path / "accesses.csv", "-q")
    assert "不是时间" in inside("show", tmp_path / "L", "--lang", "zh").out
    assert "not-a-time" in inside("show", tmp_path / "L").out
    out = tmp_path / "m.toml"
    log(tmp_path / "accesses.csv", [f"2026-03-02T06:{n:02d}:00Z,u-1,YT{n}" for n in range(9)])
    ran = inside("map", tmp_path / "accesses.csv", "--out", out, "--lang", "zh")
    assert (ran.code, "请阅读" in ran.err) == (0, True)
