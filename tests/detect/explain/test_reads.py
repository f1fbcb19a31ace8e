"""Reads of a waybill, with the work near each: what `explain` says of each, and what is kept back."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.detect.explain.test_pair import TABLES, ledger, told
from tests.detect.making import HOUR, commit
from tests.ledger.helpers import at
from tests.tables import each
from wayseal.detect.explain import load_templates
from wayseal.detect.reasons import MOST_SHOWN, READ_COLUMNS, ReadsResult, list_waybill_reads, render_reads
from wayseal.ledger import open_ledger
from wayseal.page.languages import LANGS

__all__ = ["ledger"]


def listed(ledger: Path, waybill: str = "YT1", *, kept_back: bool = False, prefix: str = "") -> ReadsResult:
    with open_ledger(ledger) as snapshot:
        return list_waybill_reads(
            snapshot, waybill, load_templates(None), lambda actor: prefix + actor, kept_back=kept_back
        )


def rows_of(result: ReadsResult, lang: str = "en") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_reads(result, "csv", lang))))


def document(result: ReadsResult) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_reads(result, "json", "en"))
    return found


@each("waybill", ["YT1", "YT2", "YT9"])
def test_each_read_is_judged_as_explain_judges_it(ledger: Path, waybill: str) -> None:
    result = listed(ledger, waybill)
    assert result.reads
    for read in result.reads:
        pair = told(ledger, read.actor, waybill)
        (same,) = [one for one in pair.reads if one.at == read.at and one.action == read.action]
        assert read.verdict == same.verdict
        assert read.near is None or read.near in same.steps


def test_what_comes_nearest_is_said_in_words(ledger: Path) -> None:
    said = {(row["actor"], row["action"]): row["work"] for row in rows_of(listed(ledger))}
    assert said["u-1", "view"].startswith("custody: o-1 scanned the parcel")
    assert said["all", "view"] == "mandate: The account holds the right waybill.all."
    assert said["stranger", "view"].startswith("None explains it. Nearest: ")
    (unknown,) = rows_of(listed(ledger, "YT9"))
    assert (unknown["verdict"], unknown["work"], unknown["template"]) == ("unknown", "No table knows the parcel.", "")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger whose reads have all columns, and texts that would break a line or a cell."""
    folder = tmp_path_factory.mktemp("hostile")
    read = {
        "at": at(2 * HOUR), "actor": 'u,"1', "waybill": "YT1", "action": "export", "session": "s;2", "ip": "::1",
        "device": "d\u202e7", "via": "web", "purpose": "=1+1", "access": "a-1",
    }  # fmt: skip
    bare = {"at": at(3 * HOUR), "actor": "u-2", "waybill": "YT1"}
    commit(folder, folder / "L", {**TABLES, "accesses": [read, bare], "tickets": []})
    return folder / "L"


def test_all_that_a_log_says_of_a_read_is_listed(hostile: Path) -> None:
    first, second = document(listed(hostile))["reads"]
    assert {name: first[name] for name in ("actor", "session", "ip", "device", "via", "purpose", "action")} == {
        "actor": 'u,"1', "session": "s;2", "ip": "::1", "device": "d\u202e7", "via": "web", "purpose": "=1+1",
        "action": "export",
    }  # fmt: skip
    assert (first["has_access_id"], second["has_access_id"]) == (True, False)
    assert first["read"] == f"{first['source']}:{first['row']}"
    assert [second[name] for name in ("session", "ip", "device", "action", "via", "purpose")] == [None] * 6
    rows = rows_of(listed(hostile))
    assert tuple(rows[0]) == READ_COLUMNS
    assert [(row["actor"], row["session"], row["device"]) for row in rows] == [
        ('u,"1', "s;2", "d\u202e7"),
        ("u-2", "", ""),
    ]
    text = render_reads(listed(hostile), "text", "en", width=40)
    assert "d‹U+202E›7" in text.replace("\n    ", "")
    assert "\u202e" not in text


def test_what_leads_to_a_person_is_kept_back(hostile: Path) -> None:
    result = listed(hostile, kept_back=True, prefix="p-")
    for form in ("json", "csv", "text"):
        said = render_reads(result, form, "en")
        assert not re.search("::1|202e|s;2", said), form
        assert "p-u-2" in said
    assert document(result)["kept_back"]
    assert "kept back" in render_reads(result, "text", "en")


def test_a_screen_has_the_newest(tmp_path: Path) -> None:
    reads = [{"at": at(n), "actor": "u-1", "waybill": "YT1"} for n in range(MOST_SHOWN + 7)]
    commit(tmp_path, tmp_path / "L", {"accesses": reads})
    result = listed(tmp_path / "L")
    text = render_reads(result, "text", "en", width=400)
    assert "7 earlier ones" in text
    assert len(re.findall(r"^2026-\S+ \d\d:\d\d:\d\d ", text, re.MULTILINE)) == MOST_SHOWN
    assert len(rows_of(result)) == len(document(result)["reads"]) == MOST_SHOWN + 7
    assert "The ledger has no rows of waybills, scans" in text


@each("lang", LANGS)
def test_nothing_is_said_in_the_other_language(ledger: Path, lang: str) -> None:
    for result in (listed(ledger), listed(ledger, "YT404"), listed(ledger, kept_back=True)):
        text = render_reads(result, "text", lang)
        assert bool(re.search("[一-鿿]", text)) == (lang == "zh")
        assert "{" not in text
        assert not re.search(r"reads\.[a-z_]+", text)
        assert document(result) == json.loads(render_reads(result, "json", lang))
