"""Detection for its readers: text, a page, JSON, OCSF findings, metrics; snapshots hold what each says."""

import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from syrupy.assertion import SnapshotAssertion

import wayseal.detect
from tests.detect.report.fixtures import ALL, case, person, read, reason, result, results
from tests.effort import examples
from tests.page.hostile import HOSTILE
from tests.page.reports import check_any, check_catalogue, check_json, check_page, check_reports
from tests.tables import each
from wayseal.detect import DetectResult
from wayseal.detect.detectors import detectors
from wayseal.detect.report import brief, metrics, render_detect, with_casebook_names
from wayseal.page.languages import LANGS
from wayseal.page.visible import shorten, visible
from wayseal.page.words import blanks, catalogue

pytestmark = pytest.mark.once

PACKAGE = "wayseal.detect.report"
ROOT = Path(wayseal.detect.__file__).parent
TABLES = ("waybills", "scans", "tickets", "actors", "assignments", "outlets")


def findings(found: DetectResult, lang: str = "en") -> list[dict[str, Any]]:
    return [check_json(line) for line in render_detect(found, "ocsf", lang).splitlines()]


@pytest.mark.parametrize("name", ALL)
def test_what_is_said(name: str, snapshot: SnapshotAssertion) -> None:
    found = ALL[name]()
    for lang in LANGS:
        assert render_detect(found, "text", lang) == snapshot(name=f"{name} {lang}")
        assert brief(found, lang) == snapshot(name=f"{name} {lang} brief")
    assert metrics(found) == snapshot(name=f"{name} metrics")


@pytest.mark.parametrize("name", ["joint", "watched", "moved", "nothing", "blind"])
def test_what_programs_are_given(name: str, snapshot: SnapshotAssertion) -> None:
    found = ALL[name]()
    few = replace(found, cases=tuple(replace(c, waybills=c.waybills[:3]) for c in found.cases))
    assert render_detect(few, "json", "en") == snapshot(name=f"{name} json")
    assert findings(few) == snapshot(name=f"{name} ocsf")
    for row in findings(few):
        DetectionFinding.model_validate(row)  # the models of others read it, too


@pytest.mark.parametrize("name", ["watched", "moved"])
def test_the_page(name: str, snapshot: SnapshotAssertion) -> None:
    html = render_detect(ALL[name](), "html", "zh")
    assert re.sub("<style>.*</style>|'sha256-[^']*'", "", html, flags=re.DOTALL) == snapshot


def test_every_form_of_every_result() -> None:
    check_reports(render_detect, [make() for make in ALL.values()])
    for make in ALL.values():
        for form in ("text", "html"):
            assert not re.search(r"\bnats?\b|奈特", render_detect(make(), form, "en"), re.IGNORECASE)
    with pytest.raises(ValueError, match="lang must be one of zh, en"):
        brief(ALL["single"](), "fr")


@examples(25)
@given(results, st.integers(0, 200))
def test_any_result_can_be_said(found: DetectResult, width: int) -> None:
    told = check_any(render_detect, found, width)
    assert [r["actors"] for r in told["cases"]] == [list(c.actors) for c in found.cases]
    assert [r["waybills"] for r in told["cases"]] == [list(c.waybills) for c in found.cases]
    assert [r["unmapped"]["wayseal"] for r in findings(found)] == told["cases"]
    for lang in LANGS:
        assert len(brief(found, lang)) == len(found.worth)
    bare = (replace(case(score=c.score), worth=c.worth, parcels_a_day=c.parcels_a_day) for c in found.cases)
    plain = replace(found, cases=tuple(bare), ledger="", remarks=())
    assert metrics(found) == metrics(plain), "counts alone"


@each("hostile", HOSTILE)
def test_hostile_ids_are_shown_and_do_nothing(hostile: str) -> None:
    odd = replace(read(0), waybill=hostile, actor=hostile)
    why = (replace(reason("unexplained_first_reads", 9.0), reads=(odd,)), reason("number_walks", 2.0))
    who = [replace(person(hostile, hostile, hostile), reasons=why), person("p-2", hostile, "")]
    found = result(replace(case("c-1", *who, by=("ip",)), waybills=(hostile,)), case("c-2", who[0]))
    page = check_page(render_detect(found, "html", "en"))
    assert page.text.count(shorten(visible(hostile), 44)) >= 4
    assert page.elements[-1].tag == "footer"
    text = render_detect(found, "text", "en")
    assert all(char == "\n" or char.isprintable() for char in text)
    lines = render_detect(found, "ocsf", "en").splitlines()
    assert len(lines) == 2
    row = json.loads(lines[0])
    assert row["evidences"][0]["actor"]["user"]["uid"] == hostile
    assert row["unmapped"]["wayseal"]["waybills"] == [hostile]


@each(
    ("nats", "word"),
    [(-1.0, "weak"), (2.29, "weak"), (2.3, "clear"), (6.89, "clear"), (6.9, "strong"), (11.49, "strong"),
     (11.5, "very_strong"), (400.0, "very_strong")],
)  # fmt: skip
def test_four_words_for_strength(nats: float, word: str) -> None:
    """Logarithms of ten, a thousand and a hundred thousand."""
    found = result(case("c-1", person("p-1", "clerk", "", reason("number_walks", nats))))
    (row,) = json.loads(render_detect(found, "json", "en"))["cases"]
    assert (row["strength"], row["reasons"][0]["strength"]) == (word, word)


@each(("score", "severity"), [(1.0, 5), (0.95, 5), (0.94, 4), (0.5, 4), (0.49, 3), (0.1, 3), (0.09, 2), (0.0, 2)])
def test_severity_goes_with_the_score(score: float, severity: int) -> None:
    (row,) = findings(result(replace(case(), score=score, worth=score >= 0.5)))
    assert row["severity_id"] == severity
    (row,) = findings(result(replace(case(), score=score, worth=True)))
    assert row["severity_id"] == max(severity, 4), "what is worth acting on is high at least"


def test_a_finding_without_id_has_one_of_its_own() -> None:
    bare = replace(person(), reasons=())
    first, second = findings(result(case(""), replace(case("", bare), alerted_at=case().alerted_at + 10**6)))
    assert len({first["finding_info"]["uid"], second["finding_info"]["uid"]} - {""}) == 2
    assert second["message"]


def test_names_are_those_that_may_be_shown() -> None:
    told = with_casebook_names(ALL["joint"](), ["c-1", "c-2", "c-3"], ["new", "opened", "true"], lambda a: a.upper())
    assert [(c.id, c.state) for c in told.cases] == [("c-1", "new"), ("c-2", "opened"), ("c-3", "true")]
    names = {p.actor for c in told.cases for p in c.people}
    assert names == {n.upper() for n in names}
    assert {x.actor for c in told.cases for p in c.people for r in p.reasons for x in r.reads} == {"P-3KX7-Q2MF-9C4T"}
    with pytest.raises(ValueError, match="zip"):
        with_casebook_names(ALL["joint"](), ["c-1"], ["new"], str)


@each("lang", LANGS)
def test_every_detector_has_a_name_a_sentence_and_what_would_refute_it(lang: Any) -> None:
    texts = catalogue(lang, PACKAGE)
    names = {d.name for d in detectors()} | {"beyond_role", "grown"}
    assert {c.removeprefix("detector.") for c in texts if c.startswith("detector.")} == names
    for name in names:
        assert "value" in blanks(texts[f"detect.why_{name}"]), name
        assert texts[f"detect.refute_{name}"]


def remarks() -> set[str]:
    """Every code of a remark in the room; of those by table, one for each table."""
    out: set[str] = set()
    for path in ROOT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Remark":
                code = next(k.value for k in node.keywords if k.arg == "code")
                out |= {str(code.value)} if isinstance(code, ast.Constant) else {f"not.{table}" for table in TABLES}
    return out


def test_every_remark_has_a_text_and_every_text_is_asked_for() -> None:
    assert {c for c in catalogue("en", PACKAGE) if c.startswith(("not.", "remark."))} == remarks()
    some = (
        "why_",
        "by_",
        "read_",
        "state_",
        "refute_",
        "against_",
        "ground_",
        "missing_",
        "strength_",
        "claim_",
        "ask_",
    )
    check_catalogue(PACKAGE, "detector.", "not.", "remark.", *some)
