import json
import math
from dataclasses import replace

import pytest
from hypothesis import given

from tests.effort import examples
from tests.page.pages import words
from tests.trace.report.fixtures import ALL, named
from tests.trace.report.strategies import results
from wayseal.page.languages import LANGS
from wayseal.trace._result import TraceResult
from wayseal.trace.report import render

TOP = words(
    "wayseal seed inputs checkpoint leaks found verdict unknown_share fit missing_tables quality sources leak_rows"
    " sensitivity queries"
)
SOURCE = words("source kind probability log10_lr share saw expected set leaks set_probability account")
LEAK = words("waybill line seen_at seen_until found missing accounts points_at unknown")


def no_constant(text: str) -> None:
    raise AssertionError(text)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ALL)
def test_the_keys_are_those_of_the_public_interface(name: str, lang: str) -> None:
    result = ALL[name]()
    document = json.loads(render(result, "json", lang), parse_constant=no_constant)
    assert list(document) == TOP
    assert list(document["inputs"]) == ["ledger", "leaks"]
    assert document["checkpoint"] is None or list(document["checkpoint"]) == ["origin", "size", "root"]
    assert list(document["fit"]) == ["p_value", "note", "framed_by", "framing_log10"]
    assert all(list(row) == SOURCE for row in document["sources"])
    assert all(list(row) == LEAK for row in document["leak_rows"])
    assert all(list(row) == ["kappa", "probability"] for row in document["sensitivity"])
    assert all(isinstance(line, str) for line in document["quality"])
    assert len(document["leak_rows"]) == result.leaks


def test_the_values_are_those_of_the_result() -> None:
    document = json.loads(render(named(), "json", "en"))
    assert document["verdict"] == "named"
    assert document["found"] == 19
    first = document["sources"][0]
    assert first["source"] == "u-1042"
    assert first["kind"] == "actor"
    assert first["probability"] == 0.9968
    assert first["log10_lr"] == 6.81
    assert first["set"] == ["u-1042"]
    assert len(first["leaks"]) == first["saw"] == 18
    assert document["leak_rows"][1]["missing"] == "not in the ledger"
    assert document["sensitivity"][2] == {"kappa": 2.0, "probability": 0.9968}


def test_a_probability_below_one_never_rounds_to_one() -> None:
    one = named()
    result = replace(one, sources=(replace(one.sources[0], probability=0.99999),))
    assert json.loads(render(result, "json", "en"))["sources"][0]["probability"] == 0.9999


@examples(80)
@given(results)
def test_any_trace_survives_the_round_trip(result: TraceResult) -> None:
    for lang in LANGS:
        text = render(result, "json", lang)
        assert text == render(result, "json", lang)
        text.encode("utf-8")
        assert all(char == "\n" or char.isprintable() for char in text)
        document = json.loads(text, parse_constant=no_constant)
        rows = document["sources"]
        assert [row["probability"] for row in rows] == sorted((r["probability"] for r in rows), reverse=True)
        listed = sorted(row.source for row in result.sources if row.probability > 0.01)
        assert sorted(row["source"] for row in rows) == listed
        assert [row["waybill"] for row in document["leak_rows"]] == [row.waybill for row in result.leak_rows]
        assert document["unknown_share"] is None or math.isfinite(document["unknown_share"])
