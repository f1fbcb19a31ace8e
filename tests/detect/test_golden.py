"""A whole detection at its public door: what it says of a simulated courier, as programs and as people read it."""

import json
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.detect.watched import Watched
from tests.page.reports import rounded
from wayseal.detect import DetectResult
from wayseal.detect.report import brief, render_detect
from wayseal.page.languages import LANGS


@pytest.fixture
def few(small: Watched) -> DetectResult:
    """The first cases, of which the first numbers are enough."""
    cases = tuple(replace(case, waybills=case.waybills[:3]) for case in small.result.cases[:3])
    return replace(small.result, cases=cases, digest="", ledger="", wayseal="")


def test_a_courier_with_insiders(few: DetectResult, snapshot: SnapshotAssertion) -> None:
    assert rounded(json.loads(render_detect(few, "json", "en"))) == snapshot
    for lang in LANGS:
        assert brief(few, lang) == snapshot(name=lang)
