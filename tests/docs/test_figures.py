"""Figures of the method, and the benchmarks, that stand in the docs are those of the code."""

import re

import pytest

from tests.docs.pages import ROOT, read
from wayseal import trace
from wayseal.trace import _posterior, _sampler, _screen
from wayseal.trace._delay import Delay
from wayseal.trace._fit import POOR
from wayseal.trace._posterior import RHO_MAX, Prior


def short(value: float) -> str:
    """As the page writes it: .999, 0.2, 6."""
    return f"{value:g}"


@pytest.mark.parametrize("name", ["docs/how-it-decides.md", "docs/how-it-decides.zh.md"])
def test_figures_of_the_method(name: str) -> None:
    page = read(name)
    for value in (trace.NAMED, POOR, trace.SHORTLIST, trace.SHORTLIST_SOME, RHO_MAX):
        assert short(value).removeprefix("0") in page
    assert f"P = {short(_posterior.SUPPORTED).removeprefix('0')}" in page
    assert f"{_screen.SEATS:,}" in page
    for value in (*Prior().kappa.values(), *Delay().medians_h, trace.NAMED_MOST, trace.SHORTLIST_MOST):
        assert re.search(rf"\b{re.escape(short(value))}\b", page), value
    assert _sampler.Effort().chains == 4, "the pages say four"


def test_every_benchmark_stands_in_its_page() -> None:
    page = read("docs/benchmarks.md")
    there = {p.stem for p in (ROOT / "benchmarks").glob("[a-z]*.py")}
    assert set(re.findall(r"python (?:-m benchmarks\.|benchmarks/)(\w+)", page)) == there
