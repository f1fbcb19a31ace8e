"""Detection for programs: JSON, OCSF findings, metrics."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from tests.detect.report.fixtures import ALL, AT, case, person, reason, result
from tests.detect.report.strategies import results
from tests.effort import examples
from tests.page.hostile import HOSTILE
from tests.page.pages import words
from wayseal.detect._result import DetectResult, strength_of
from wayseal.detect.report import metrics, render_detect, with_casebook_names
from wayseal.page.languages import LANGS

TOP = words(
    "wayseal ledger_digest from to budget false_alarm accounts reads first_reads judged not_judged remarks "
    "missing_work held peers_version cases"
)
CASE = words(
    "case state actors score parcels_a_day expected_loss worth strength young evidence alerted_at course linked_by "
    "reads waybills reasons people"
)
REASON = words("detector actor strength weight before value peers against from to text reads reads_in_all")
FIRST = words("all explained mandate learnt weak unknown unexplained")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def no_constant(text: str) -> None:
    raise AssertionError(text)


def document(found: DetectResult, lang: str = "en") -> dict[str, Any]:
    out: dict[str, Any] = json.loads(render_detect(found, "json", lang), parse_constant=no_constant)
    return out


def findings(found: DetectResult, lang: str = "en") -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=no_constant) for line in render_detect(found, "ocsf", lang).splitlines()]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ALL)
def test_the_keys_are_those_of_the_public_interface(name: str, lang: str) -> None:
    found = ALL[name]()
    told = document(found, lang)
    assert sorted(told) == sorted(TOP)
    assert list(told["first_reads"]) == FIRST
    assert all("code" in n for n in (*told["not_judged"], *told["remarks"]))
    for row in told["cases"]:
        assert list(row) == CASE
        assert all(list(r) == REASON for r in row["reasons"])
        assert all(r["text"] for r in row["reasons"])
        assert row["actors"] == [p["actor"] for p in row["people"]]
        assert TIME.fullmatch(row["alerted_at"])
    assert [r["case"] for r in told["cases"]] == [c.id for c in found.cases]


def test_the_values_are_those_of_the_result() -> None:
    told = document(ALL["single"]())
    assert (told["from"], told["to"]) == ("2026-03-01T16:00:00Z", "2026-03-15T16:00:00Z")
    assert told["first_reads"] == {
        "all": 107_659, "explained": 85_396, "mandate": 11_578, "learnt": 2_031, "weak": 150, "unknown": 9,
        "unexplained": 8_495,
    }  # fmt: skip
    assert told["judged"] == {"first_reads": 107_600, "left_out": 0, "enough": True}
    assert told["not_judged"][:2] == [
        {"code": "tickets"},
        {"code": "detector", "detector": "canary_touch", "needs": ["canaries"]},
    ]
    assert told["remarks"] == [{"code": "stray", "n": 2}]
    (row,) = told["cases"]
    assert (row["case"], row["actors"], row["score"], row["reads"]) == ("c-17", ["p-3kx7-q2mf-9c4t"], 0.98, 412)
    assert row["alerted_at"] == datetime.fromtimestamp(AT // 10**6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    first = row["reasons"][0]
    assert first["detector"] == "unexplained_first_reads"
    assert (first["weight"], first["value"], first["peers"]) == (9.4, 412, [0, 3])
    assert "412 parcels that never passed CQ-0231" in first["text"]
    assert first["reads_in_all"] == 412
    assert first["reads"][1] == {"waybill": "YT9000001", "at": "2026-03-11T04:01:42Z", "note": "early"}
    assert "没有工单" in document(ALL["single"](), "zh")["cases"][0]["reasons"][0]["text"]
    assert first["strength"] == "strong"
    assert first["against"] == {"others": "peers", "accounts": 12, "own_days": 20, "own": 4, "unknown": 0.0}


def test_what_is_worth_acting_on_is_told_from_what_is_watched() -> None:
    found = ALL["watched"]()
    told = document(found)
    assert [(c["case"], c["worth"], c["young"]) for c in told["cases"]] == [
        ("c-17", True, False),
        ("c-20", True, True),
        ("c-21", False, False),
        ("c-22", False, False),
    ]
    assert [f["is_alert"] for f in findings(found)] == [True, True, False, False]
    assert told["cases"][0]["people"][0]["territory"][0] == {"ground": "outlet", "id": "o-17", "reads": 300}
    assert told["missing_work"][0] == {
        "role": "cs_hotline", "kind": "person", "accounts": 623, "reads": 31_000, "first_reads": 33_000,
        "table": "tickets", "lone": "", "lone_reads": 0,
    }  # fmt: skip
    lines = metrics(found).splitlines()
    assert {"wayseal_detect_cases 4", "wayseal_detect_cases_worth 2"} <= set(lines)


def test_what_is_lost_and_how_a_score_moved() -> None:
    found = ALL["moved"]()
    great, small, *_ = document(found)["cases"]
    assert (great["parcels_a_day"], great["expected_loss"], great["worth"]) == (1_106.7, 166.005, True)
    assert small["course"] == [{"day": "2026-03-11", "score": 0.34}, {"day": "2026-03-12", "score": 0.91}]
    assert [r["before"] for r in small["reasons"]] == [1.0, 3.0]
    assert document(found)["false_alarm"] == found.false_alarm
    loss = sum(c.expected_loss for c in found.cases)
    assert f"wayseal_detect_expected_loss {round(loss)}" in metrics(found).splitlines()


@pytest.mark.parametrize(
    ("nats", "word"),
    [(-1.0, "weak"), (2.29, "weak"), (2.3, "clear"), (6.89, "clear"), (6.9, "strong"), (11.49, "strong"),
     (11.5, "very_strong"), (400.0, "very_strong")],
)  # fmt: skip
def test_four_words_for_strength(nats: float, word: str) -> None:
    """Logarithms of ten, a thousand and a hundred thousand."""
    assert strength_of(nats) == word


def test_an_empty_ledger_has_no_window() -> None:
    told = document(ALL["nothing"]())
    assert (told["from"], told["to"], told["cases"]) == (None, None, [])
    assert told["not_judged"] == [{"code": "no_reads"}]


@examples(40)
@given(results)
def test_any_result_survives_the_round_trip(found: DetectResult) -> None:
    for form in ("json", "ocsf"):
        text = render_detect(found, form, "zh")
        text.encode("utf-8")
        assert all(char == "\n" or char.isprintable() for char in text)
    told = document(found)
    assert [r["actors"] for r in told["cases"]] == [list(c.actors) for c in found.cases]
    assert [r["waybills"] for r in told["cases"]] == [list(c.waybills) for c in found.cases]
    assert [[r["value"] for r in row["reasons"]] for row in told["cases"]] == [
        [r.value for p in c.people for r in p.reasons] for c in found.cases
    ]
    rows = findings(found)
    assert [r["unmapped"]["wayseal"] for r in rows] == document(found)["cases"]
    assert all(lacking(r) == [] for r in rows)


@pytest.mark.parametrize("name", ALL)
def test_a_finding_is_read_by_the_models_of_others(name: str) -> None:
    for line in render_detect(ALL[name](), "ocsf", "en").splitlines():
        found = DetectionFinding.model_validate_json(line)
        info = found.finding_info
        assert info.analytic is not None
        assert (info.analytic.uid, info.analytic.name) == ("wayseal.detect", "wayseal detect")
        assert all(one.uid == one.name for one in info.related_analytics or ())


def test_names_are_those_that_may_be_shown() -> None:
    told = with_casebook_names(ALL["joint"](), ["c-1", "c-2", "c-3"], ["new", "opened", "true"], lambda a: a.upper())
    assert [c.id for c in told.cases] == ["c-1", "c-2", "c-3"]
    assert [c.state for c in told.cases] == ["new", "opened", "true"]
    names = {p.actor for c in told.cases for p in c.people}
    assert names == {n.upper() for n in names}
    assert {x.actor for c in told.cases for p in c.people for r in p.reasons for x in r.reads} == {"P-3KX7-Q2MF-9C4T"}
    with pytest.raises(ValueError, match="zip"):
        with_casebook_names(ALL["joint"](), ["c-1"], ["new"], str)


# --- OCSF 1.6.0, class 2004: what the schema requires ---

EVENT = {"activity_id": int, "category_uid": int, "class_uid": int, "metadata": dict, "severity_id": int, "time": int,
         "type_uid": int, "finding_info": dict}  # fmt: skip
"""Required by the base event and the finding."""
STATUS = {1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved", 5: "Archived", 6: "Deleted"}
SEVERITY = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical", 6: "Fatal"}
ANALYTIC = {1: "Rule", 2: "Behavioral", 3: "Statistical", 4: "Learning (ML/DL)"}


def lacking(found: dict[str, Any]) -> list[str]:
    """What a finding lacks, or has and may not."""
    out = [k for k, kind in EVENT.items() if not isinstance(found.get(k), kind)]
    meta, info = found["metadata"], found["finding_info"]
    out += [f"metadata.{k}" for k in ("version", "product") if not meta.get(k)]
    out += [f"finding_info.{k}" for k in ("uid", "title") if not isinstance(info.get(k), str)]
    if not (meta["product"].get("name") or meta["product"].get("uid")):
        out.append("product: name or uid")
    for analytic in (info["analytic"], *info["related_analytics"]):
        if ANALYTIC.get(analytic["type_id"]) != analytic["type"] or not (analytic["name"] and analytic["uid"]):
            out.append("analytic")
    out += ["time" for t in ("created_time", "first_seen_time", "last_seen_time") if not isinstance(info[t], int)]
    for evidence in found["evidences"]:
        if not isinstance(evidence["actor"]["user"]["uid"], str):
            out.append("evidences: at least one of actor, data, …; a user: at least one of account, name, uid")
    return out


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ALL)
def test_a_case_is_a_detection_finding_of_ocsf(name: str, lang: str) -> None:
    found = ALL[name]()
    rows = findings(found, lang)
    assert len(rows) == len(found.cases)
    for row, one in zip(rows, found.cases, strict=True):
        assert lacking(row) == []
        assert (row["class_uid"], row["category_uid"], row["activity_id"]) == (2004, 2, 1)
        assert row["type_uid"] == row["class_uid"] * 100 + row["activity_id"]
        assert row["metadata"]["version"] == "1.6.0"
        assert (row["status_id"], row["status"]) == (1, STATUS[1])
        assert row["severity"] == SEVERITY[row["severity_id"]]
        assert row["time"] == one.alerted_at // 1000
        assert row["finding_info"]["uid"] == one.id
        assert [e["actor"]["user"]["uid"] for e in row["evidences"]] == list(one.actors)
        assert 0 <= row["confidence_score"] <= 100


@pytest.mark.parametrize(
    ("score", "severity"), [(1.0, 5), (0.95, 5), (0.94, 4), (0.5, 4), (0.49, 3), (0.1, 3), (0.09, 2), (0.0, 2)]
)
def test_severity_goes_with_the_score(score: float, severity: int) -> None:
    (row,) = findings(result(replace(case(), score=score, worth=score >= 0.5)))
    assert row["severity_id"] == severity
    (row,) = findings(result(replace(case(), score=score, worth=True)))
    assert row["severity_id"] == max(severity, 4), "what is worth acting on is high at least"


def test_a_finding_without_id_has_one_of_its_own() -> None:
    bare = replace(person(), reasons=())
    first, second = findings(result(case(""), replace(case("", bare), alerted_at=AT + 10**6)))
    uids = {first["finding_info"]["uid"], second["finding_info"]["uid"]}
    assert len(uids) == 2
    assert all(uids)
    assert second["message"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_ids_stay_in_one_line_and_come_back(hostile: str) -> None:
    found = result(
        replace(case("c-1", person(hostile, hostile, hostile, reason("number_walks", 9.0))), waybills=(hostile,))
    )
    text = render_detect(found, "ocsf", "en")
    assert text.count("\n") == 1
    assert text[:-1].isprintable()
    row = json.loads(text)
    assert row["evidences"][0]["actor"]["user"]["uid"] == hostile
    assert row["unmapped"]["wayseal"]["waybills"] == [hostile]


# --- metrics ---

SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([a-z_]*)"\})? (-?\d+)')


def parsed(text: str) -> dict[tuple[str, str], int]:
    """Samples by name and label; fails on what a scraper would refuse."""
    out: dict[tuple[str, str], int] = {}
    described: dict[str, set[str]] = {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            assert what not in described.setdefault(name, set()), "said once"
            described[name].add(what)
            assert what == "HELP" or rest == "gauge"
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert described[sample[1]] == {"HELP", "TYPE"}, "before its samples"
        assert (sample[1], sample[3] or "") not in out
        out[sample[1], sample[3] or ""] = int(sample[4])
    return out


@pytest.mark.parametrize("name", ALL)
def test_metrics_can_be_scraped(name: str) -> None:
    found = ALL[name]()
    told = parsed(metrics(found))
    assert told["wayseal_detect_cases", ""] == len(found.cases)
    assert told["wayseal_detect_cases_held", ""] == found.held
    first = {label: n for (metric, label), n in told.items() if metric == "wayseal_detect_first_reads"}
    assert sum(first.values()) == found.first_reads.all
    end = told.get(("wayseal_detect_window_end_seconds", ""))
    assert end == (None if name == "nothing" else found.until // 10**6)


@examples(40)
@given(results)
def test_metrics_hold_counts_alone(found: DetectResult) -> None:
    bare = (replace(case(score=c.score), worth=c.worth, parcels_a_day=c.parcels_a_day) for c in found.cases)
    plain = replace(found, cases=tuple(bare), ledger="", remarks=())
    assert metrics(found) == metrics(plain)
    parsed(metrics(found))
