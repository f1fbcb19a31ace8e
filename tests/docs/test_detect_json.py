"""detect-json.md says every key of the JSON, every code and every OCSF attribute, in both languages."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT, blocks, read, rows, sections
from tests.docs.test_report_json import shape
from wayseal.detect import Case, DetectResult
from wayseal.detect._result import (
    MOST_READS,
    MOST_WAYBILLS,
    FirstReads,
    Ground,
    Judged,
    MissingWork,
    Others,
    Person,
    Read,
    Reason,
    Remark,
    ServiceArea,
    Strength,
    Table,
)
from wayseal.detect.report import render_detect
from wayseal.detect.report._json import _SEVERITY
from wayseal.page.words import catalogue

EN, ZH = "docs/reference/detect-json.md", "docs/reference/detect-json.zh.md"
AT = 1_772_420_551_000_000


@pytest.fixture(params=(EN, ZH))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def result() -> DetectResult:
    """One of everything."""
    odd = Read(waybill="YT1", actor="p-1", at=AT, why="early")
    reason = Reason(
        detector="unexplained_first_reads", weight=13.54, value=412, peers=(0, 3), since=AT, until=AT, reads=(odd,),
        total_reads=412,
    )  # fmt: skip
    person = Person(
        actor="p-1", role="clerk", place="CQ-0231", evidence=13.54, alerted_at=AT, reasons=(reason,),
        territory=(ServiceArea(ground=Ground.OUTLET, id="o-17", reads=61),),
    )  # fmt: skip
    missing = MissingWork(role="desk", kind="person", accounts=9, reads=99, first=100, table=Table.TICKETS)
    case = Case(
        id="c-17",
        people=(person,),
        score=0.987,
        evidence=13.54,
        alerted_at=AT,
        reads=412,
        waybills=("YT1",),
        course=((20_515, 0.9),),
    )
    return DetectResult(
        wayseal="0.1.0", ledger="ledger", digest="0d8d", offset=0, since=AT, until=AT, budget=20, accounts=9, reads=99,
        first_reads=FirstReads(all=9, explained=1, mandate=1, learnt=1, weak=1, unknown=1), first_days=(),
        judged=Judged(first_reads=8, left_out=1, enough=True),
        not_judged=(
            Remark(code="not.tickets"),
            Remark(code="not.detector", values={"detector": "canary_touch", "needs": ("canaries",)}),
        ),
        remarks=(Remark(code="remark.stray", values={"n": 3}),), cases=(case,), held=0, peers="2f7c",
        missing_work=(missing,),
    )  # fmt: skip


def report() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render_detect(result(), "json", "en"))
    return made


def test_every_key(page: str) -> None:
    made = report()
    case = made["cases"][0]
    reason = case["reasons"][0]
    found = [list(rows(body)) for body in sections(page).values() if rows(body)]
    objects = [made, made["first_reads"], made["judged"], case, reason, reason["reads"][0], case["people"][0]]
    objects.append(made["missing_work"][0])
    assert found[: len(objects)] == [list(each) for each in objects]


def test_the_example_has_the_same_shape(page: str) -> None:
    example = json.loads(next(blocks(page, "json")))
    assert shape(example) == shape(report())
    first = example["first_reads"]
    assert first["all"] == sum(n for key, n in first.items() if key != "all")


def test_every_code(page: str) -> None:
    texts = catalogue("en", "wayseal.detect.report")
    for kind, title in (("not", "not_judged"), ("remark", "remarks")):
        (body,) = (b for t, b in sections(page).items() if title in t and len(t.split()) > 1)
        assert list(rows(body)) == [key.partition(".")[2] for key in texts if key.startswith(f"{kind}.")]
        for code, row in rows(body).items():
            values = set(re.findall(r"\{(\w+)", texts[f"{kind}.{code}"])) - {"name"}
            assert all(f"`{value}`" in row[1] for value in values), code


def test_every_remark_that_is_raised_is_known() -> None:
    source = "".join(p.read_text("utf-8") for p in Path(ROOT / "src/wayseal/detect").glob("*.py"))
    raised = set(re.findall(r'Remark\(code="([a-z_.]+)"', source))
    assert raised
    assert raised <= set(catalogue("en", "wayseal.detect.report"))


def test_words_for_ground_and_tables(page: str) -> None:
    assert all(f"`{word}`" in page for word in (*Ground, *Table, *Others, *Strength))


def test_words_and_limits(page: str) -> None:
    texts = catalogue("en", "wayseal.detect.report")
    for prefix, key in (("detect.by_", "linked_by"), ("detect.read_", "note")):
        told = {name.removeprefix(prefix) for name in texts if name.startswith(prefix)}
        row = next(rows(body)[key] for body in sections(page).values() if key in rows(body))
        assert set(re.findall("`([a-z_]+)`", row[2])) == told, key
    assert f"{MOST_WAYBILLS:,}" in page
    assert f" {MOST_READS}" in page


def paths(value: dict[str, Any], before: str = "") -> set[str]:
    """Attributes with their place: finding_info.uid."""
    out = set()
    for key, inner in value.items():
        out.add(before + key)
        if isinstance(inner, dict):
            out |= paths(inner, f"{before}{key}.")
    return out


def test_every_ocsf_attribute(page: str) -> None:
    finding = json.loads(render_detect(result(), "ocsf", "en"))
    body = sections(page)["OCSF"]
    first = [line.split("|")[1] for line in body.splitlines() if line.startswith("|")]
    named = {name for cell in first for name in re.findall("`([a-z_.]+)`", cell)}
    there = paths(finding)
    assert named <= there
    # A name beside a number goes without saying, and so does what stands in an object that is told as one.
    left = {p for p in there - named if not any(p.startswith(f"{n}.") for n in named)}
    assert left == {
        "category_name", "class_name", "type_name", "activity_name", "status", "severity", "metadata", "finding_info",
        "unmapped",
    }  # fmt: skip
    severity = next(line for line in body.splitlines() if "`severity_id`" in line)
    for least, number, name in _SEVERITY:
        assert f"{number}" in severity
        assert name in severity
        assert not least or f"{least:g}".removeprefix("0") in severity
