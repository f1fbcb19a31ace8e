"""Figures and words of the code's inside that stand in the docs, in both languages."""

import ast
import re
from pathlib import Path

import pytest

from tests.docs.pages import read, rows, sections
from tests.docs.test_detectors import LINKS, constants, stated
from wayseal import trace
from wayseal.cases.evidence._archive import MOST_FILES, MOST_RATIO
from wayseal.cases.evidence._verify import MOST_RANGES
from wayseal.cases.evidence.documents import MOST_READS
from wayseal.cli.ingest import SourceSettings
from wayseal.detect import _link, _odd_reads
from wayseal.detect.explain import _templates
from wayseal.detect.partners._contract import ContractFile
from wayseal.detect.partners._reconcile import TOLERANCE_US
from wayseal.detect.reasons import MOST_SHOWN
from wayseal.detect.reasons._judge import Outcome
from wayseal.detect.rights._result import DormantReason, WiderReason
from wayseal.ledger import _examine
from wayseal.ledger.retention._purge_proof import PurgeProof
from wayseal.market.sellers import _book, _index, _style, _weigh
from wayseal.market.types import HandleKind
from wayseal.model.schema import keys_of
from wayseal.server._metrics import Metrics
from wayseal.server._problems import WORDS
from wayseal.store import _load_mapping
from wayseal.store._times import _DIRECTIVES
from wayseal.store.logs import READING, names_of_format
from wayseal.store.mapping import LOGS, Format
from wayseal.trace import _posterior, _sampler, _screen
from wayseal.trace._delay import Delay
from wayseal.trace._fit import POOR
from wayseal.trace._posterior import RHO_MAX, Prior
from wayseal.trace.extent._estimate import EXACT_BELOW, WITHIN
from wayseal.vault.policy import Policy, default_texts
from wayseal.vault.policy._policy import RESERVED


def in_both(page: str) -> tuple[str, str]:
    """A page in English and in Chinese."""
    return read(f"docs/{page}.md"), read(f"docs/{page}.zh.md")


def tables(page: str) -> list[list[str]]:
    """The first columns of the tables of a page that has one in a section."""
    return [list(found) for body in sections(page).values() if (found := rows(body))]


def short(value: float) -> str:
    """As the page writes it: .999, 0.2, 6."""
    return f"{value:g}"


@pytest.mark.parametrize("name", ["docs/explanation/how-it-decides.md", "docs/explanation/how-it-decides.zh.md"])
def test_figures_of_the_method(name: str) -> None:
    page = read(name)
    for value in (trace.NAMED, POOR, trace.SHORTLIST, trace.SHORTLIST_SOME, RHO_MAX):
        assert short(value).removeprefix("0") in page
    assert f"P = {short(_posterior.SUPPORTED).removeprefix('0')}" in page
    assert f"{_screen.SEATS:,}" in page
    for value in (*Prior().kappa.values(), *Delay().medians_h, trace.NAMED_MOST, trace.SHORTLIST_MOST):
        assert re.search(rf"\b{re.escape(short(value))}\b", page), value
    assert _sampler.Effort().chains == 4, "the pages say four"


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("how-to/cases", (f"{_odd_reads.MOST:,} ", f" {MOST_SHOWN} ")),
        ("how-to/evidence", (f"{MOST_FILES:,}", f"{MOST_RATIO} ", f"{MOST_READS} ", f"{MOST_RANGES} ")),
        ("how-to/partners", (f" {TOLERANCE_US // 1_000_000} ",)),
        ("how-to/rights", tuple(f"`{word}`" for word in (*DormantReason, *WiderReason))),
        ("how-to/scope-and-extent", (f" {EXACT_BELOW} ", f" {WITHIN:g} ")),
    ],
)
def test_bounds_and_words(page: str, told: tuple[str, ...]) -> None:
    assert [one for text in in_both(page) for one in told if one not in text] == []


def test_templates_and_outcomes() -> None:
    for page in in_both("explanation/explanations"):
        _, _, keys, *_, last = sections(page).values()
        assert str(_templates.MOST) in keys
        assert all(f"`{outcome.value}`" in last for outcome in Outcome)


def test_rules_of_purposes_and_of_a_policy_itself() -> None:
    ids = [rule.id for rule in Policy.parse(*default_texts(), 1).rules]
    for page in in_both("reference/purposes"):
        assert tables(page)[2] == [*ids, *RESERVED]


def test_every_key_of_a_contract_and_of_a_purge_proof() -> None:
    for page in in_both("how-to/partners"):
        assert tables(page)[0] == ["wayseal", *keys_of(ContractFile)]
    for page in in_both("reference/proofs"):
        first = [line.split("|")[1] for line in list(sections(page).values())[8].splitlines() if line.startswith("| `")]
        assert re.findall("`([a-z_0-9]+)`", "".join(first)) == list(keys_of(PurgeProof))


def test_every_key_and_way_to_write_a_time_of_a_mapping_file() -> None:
    for page in in_both("reference/mapping-files"):
        assert tables(page) == [
            ["wayseal", *keys_of(_load_mapping.MappingKeys)],
            [*keys_of(_load_mapping.ColumnKeys)],
            [*keys_of(_load_mapping.FilterKeys)],
            sorted(LOGS),
            list(names_of_format(Format.PGAUDIT)),
            [*_load_mapping.TABLE, *_load_mapping.OUTLETS],
            list(names_of_format(Format.COMBINED)),
            [*keys_of(_load_mapping.PathKeys)],
            [str(number) for number in READING],
            list(names_of_format(Format.MYSQL)),
            [*keys_of(_load_mapping.RequestKeys)],
            [*keys_of(SourceSettings)],
        ]
        assert all(f"`%{letter}`" in page for letter in _DIRECTIVES)


def test_every_rule_with_its_status_and_every_metric_of_the_service() -> None:
    for page in in_both("reference/api"):
        _, _, _, _, rules, _, metrics, *_ = map(rows, sections(page).values())
        assert {rule: cells[1] for rule, cells in rules.items()} == {str(r): str(w.status) for r, w in WORDS.items()}
        assert set(metrics) == {metric.name for metric in Metrics().registry.collect()}


def test_bounds_of_the_doctor_are_as_the_pages_of_the_ledger_say() -> None:
    assert (_examine.SMALL, _examine.MANY, _examine.ROOM) == (1 << 20, 1000, 10)


def test_constants_of_linking() -> None:
    wanted = constants(_link, ast.parse(Path(_link.__file__).read_text("utf-8")).body)
    for page in in_both("reference/detectors"):
        assert stated(sections(page)[LINKS]) == wanted


def test_weights_of_sellers() -> None:
    figures = [
        *{_weigh.handle(kind, 1, 1) for kind in HandleKind},
        _weigh.picture(0, 1, mirrored=False),
        _weigh.text(1.0, 1e9, 1),
        round(_weigh.NEEDED, 1),
        _weigh.PRIOR,
        _weigh.PICTURE_BITS,
        _style.LEAST_NATS,
        _style.MOST_NATS,
        _style.FEWEST,
        _weigh.CROWD,
        _index.LONG,
        _book.MOST_WEAK,
    ]
    shown = [re.sub(r"^(-?)0\.", r"\1.", f"{figure:g}") for figure in figures]
    assert [figure for page in in_both("explanation/market") for figure in shown if figure not in page] == []
