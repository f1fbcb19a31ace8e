"""The catalogue of help is what `make docs` makes of the code, and every text has its Chinese."""

import re

import pytest
from scripts.reference import texts
from scripts.reference.__main__ import catalogue

from tests.cli.running import inside

_LINK = re.compile(r"\]\(([^)]+)\)")


def test_the_catalogue_is_as_the_code_makes_it() -> None:
    po, mo, lacking = catalogue()
    assert lacking == [], "`make docs` lists them; write their Chinese into the catalogue"
    assert (texts.PATH.read_bytes(), texts.PATH.with_suffix(".mo").read_bytes()) == (po, mo), "run `make docs`"


def test_chinese_texts_have_the_links_names_and_blanks_of_the_english() -> None:
    for english, chinese in texts.known().items():
        pages_en = [link.partition("#")[0].replace(".md", ".zh.md") for link in _LINK.findall(english)]
        assert sorted(link.partition("#")[0] for link in _LINK.findall(chinese)) == sorted(pages_en), english
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english)), english
        assert set(re.findall(r"(?<![\w-])--[a-z-]+", english)) == set(re.findall(r"--[a-z-]+", chinese)), english


def test_help_speaks_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    english = inside("ingest", "--help").out
    assert "Take a log into the ledger." in english
    assert "](" not in english, "links are for the pages"
    chinese = inside("ingest", "--help", "--lang", "zh").out
    monkeypatch.setenv("WAYSEAL_LANG", "zh")
    assert inside("ingest", "--help").out == chinese
    assert "把日志导入账本。" in chinese
    assert "wayseal ingest ledger dataset/" in chinese
    words = re.sub(
        r"^ *wayseal .*$|`[^`]*`|--?[a-z-]+|<[^>]*>|\[.*?\]", "", chinese.partition("\n")[2], flags=re.MULTILINE
    )
    assert not re.search(r"[a-z]{3,} [a-z]{3,}", words)
    for group in ((), ("ledger",), ("vault", "key")):
        told = inside(*group, "--help").out
        assert told.startswith("用法：")
        assert "显示本说明。" in told
    monkeypatch.delenv("WAYSEAL_LANG")
    assert inside("ingest", "--help").out == english
