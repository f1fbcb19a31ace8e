"""detect-json.md says every key of the JSON, every code and every OCSF attribute, in both languages."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.detect.report.fixtures import watched
from tests.docs.pages import ROOT, blocks, read, rows, sections
from tests.docs.test_report_json import shape
from wayseal.detect import DetectResult
from wayseal.detect.report import render_detect
from wayseal.page.words import catalogue

EN, ZH = "docs/reference/detect-json.md", "docs/reference/detect-json.zh.md"


@pytest.fixture(params=(EN, ZH))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def result() -> DetectResult:
    """One of everything."""
    return replace(watched(), peers="2f7c", cases=watched().cases[:1])


def report() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render_detect(result(), "json", "en"))
    return made


def test_every_key(page: str) -> None:
    made = report()
    case = made["cases"][0]
    reason = case["reasons"][0]
    found = [list(rows(body)) for body in sections(page).values() if rows(body)]
    objects = [made, made["first_reads"], made["judged"], case, reason, reason["reads"][1], case["people"][0]]
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


def test_words(page: str) -> None:
    texts = catalogue("en", "wayseal.detect.report")
    for prefix, key in (("detect.by_", "linked_by"), ("detect.read_", "note")):
        told = {name.removeprefix(prefix) for name in texts if name.startswith(prefix)}
        row = next(rows(body)[key] for body in sections(page).values() if key in rows(body))
        assert set(re.findall("`([a-z_]+)`", row[2])) == told, key


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
