"""Rewards: figures of the regulation, bounds, rounding, mistakes in a file by their place, and codes as people type."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, localcontext
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from wayseal.cases.errors import RewardError
from wayseal.cases.hotline.letters import ReportType
from wayseal.cases.hotline.rewards import (
    Award,
    Rules,
    amount_of,
    draw_code,
    load_rules,
    plain_of,
    read_code,
)
from wayseal.model.schema import parse_json, plain
from wayseal.page.languages import translator

RULES = load_rules(None)
INSIDER = replace(RULES, insider=1.5)
FEN = st.decimals(0, 10**13, places=2)
BYTES = st.binary(min_size=10, max_size=10)


def reasons(award: Award) -> list[str]:
    return [step.reason for step in award.steps]


FIGURES = (
    # grade, base, insider, amount, reasons
    ("1", "80000", False, 5000, ["share", "least"]),
    ("1", "100000", False, 5000, ["share"]),
    ("1", "100000.01", False, 5001, ["share", "whole"]),
    ("2", "200000", False, 6000, ["share"]),
    ("2", "99999.99", False, 3000, ["share", "least"]),
    ("3", "123456.78", False, 1235, ["share", "whole"]),
    ("3", "0", False, 1000, ["share", "least"]),
    ("1", "20000000", False, 1_000_000, ["share"]),
    ("1", "20000000.01", False, 1_000_000, ["share", "most"]),
    ("3", "1e12", False, 1_000_000, ["share", "most"]),
    ("1", "0", True, 7500, ["share", "least", "insider"]),
    ("1", "100000.02", True, 7501, ["share", "insider", "whole"]),
    ("1", "20000000", True, 1_000_000, ["share", "insider", "most"]),
)


@each(("grade", "base", "insider", "amount", "why"), FIGURES)
def test_amounts(grade: str, base: str, insider: bool, amount: int, why: list[str]) -> None:
    award = amount_of(INSIDER, grade, Decimal(base), insider)
    assert (award.amount, reasons(award)) == (amount, why)


def test_no_factor_is_assumed_for_insiders() -> None:
    assert amount_of(RULES, "1", Decimal(100_000), True) == amount_of(RULES, "1", Decimal(100_000), False)


@given(FEN, st.sampled_from(["1", "2", "3"]), st.booleans())
def test_the_amount_is_exact_and_is_its_last_step(base: Decimal, grade: str, insider: bool) -> None:
    fen, rule = int(base * 100), INSIDER.grade[grade]
    exact = max(fen * int(rule.percent), rule.least * 10_000) * (3 if insider else 2)  # 1/20,000 yuan
    award = amount_of(INSIDER, grade, base, insider)
    assert award.amount == min(ceil(exact / 20_000) if exact < 1 << 53 else exact, 1_000_000)
    assert award.amount == Decimal(award.steps[-1].values["amount"])
    assert parse_json(json.dumps(plain(award)), Award) == award


def test_the_callers_context_of_decimals_changes_nothing() -> None:
    with localcontext(prec=3):
        assert amount_of(RULES, "1", Decimal("123456.78"), False).amount == 6173


def test_every_step_says_its_numbers_in_both_languages() -> None:
    award = amount_of(INSIDER, "3", Decimal("1234567.89"), True)
    assert [str(step.words) for step in award.steps] == [
        "grade 3: 1 % of 1,234,567.89 yuan, which is 12,345.6789 yuan",
        "times 1.5 for a report from inside, which is 18,518.51835 yuan",
        "rounded up to 18,519 yuan",
    ]
    bounded = (amount_of(INSIDER, "1", Decimal(base), False) for base in (0, 10**12))
    steps = [*award.steps, *(step for one in (*bounded, plain_of(RULES, ReportType.SALE)) if one for step in one.steps)]
    assert {step.reason for step in steps} == {"share", "least", "insider", "most", "whole", "plain"}
    zh = translator("zh")
    for step in steps:
        assert f"{Decimal(step.values['amount']):,} 元" in step.words.fill(zh)


def test_plain_amounts() -> None:
    found = {kind: plain_of(RULES, kind) for kind in ReportType}
    assert {kind: award and award.amount for kind, award in found.items()} == RULES.plain
    assert plain_of(replace(RULES, plain={ReportType.CALL: 200}), ReportType.SALE) is None


WRONG_BASE = ("-0.01", "0.001", "1e15", "NaN", "sNaN", "Infinity", "-Infinity", "1e-40", "1e400", "0." + "1" * 70)


@each("base", WRONG_BASE)
def test_amounts_that_cant_be(base: str) -> None:
    with pytest.raises(RewardError, match="needs an amount in yuan") as refused:
        amount_of(RULES, "1", Decimal(base), False)
    assert refused.value.key == "base"


def test_a_grade_that_is_none() -> None:
    with pytest.raises(RewardError, match="one of 1, 2, 3"):
        amount_of(RULES, "4", Decimal(1), False)


FILE = """\
rules = "ours"
most = 9000
insider = 1.2
days = 30

[grade.high]
percent = 0.5
least = 10

[plain]
sale = 5
"""


def rules(folder: Path, text: str) -> Rules:
    (folder / "r.toml").write_text(text)
    return load_rules(folder / "r.toml")


def test_a_couriers_own_rules(tmp_path: Path) -> None:
    award = amount_of(rules(tmp_path, "wayseal = 1\n" + FILE), "high", Decimal("1000001"), True)
    assert (award.amount, award.steps[0].values["percent"], award.steps[1].values["factor"]) == (6001, "0.5", "1.2")


MISTAKES = (
    # what stands there, what it becomes, line, key, what is told
    ("most = 9000", "most = 0", 2, "most", "1 or more"),
    ("most = 9000", "most = true", 2, "most", "whole number"),
    ("least = 10", "least = 9001", 8, "grade.high.least", "above `most`"),
    ("insider = 1.2", "insider = 0.9", 3, "insider", "1 or more"),
    ("insider = 1.2", "insider = nan", 3, "insider", "number"),
    ("insider = 1.2", 'insider = "1.2"', 3, "insider", "number"),
    ("percent = 0.5", "percent = 0", 7, "grade.high.percent", "above 0"),
    ("percent = 0.5", "percent = 101", 7, "grade.high.percent", "100 or less"),
    ("percent = 0.5", "share = 0.5", 7, "grade.high.share", "one of percent, least"),
    ("percent = 0.5\n", "", 6, "grade.high.percent", "is needed"),
    ("days = 30", "days = 0", 4, "days", "1 or more"),
    ("sale = 5", "sale = 9001", 11, "plain.sale", "above `most`"),
    ("sale = 5", "sales = 5", 11, "plain.sales", "one of"),
    ("sale = 5", "sale = 5\nsale = 6", 12, None, "not TOML here"),
    ("[grade.high]\npercent = 0.5\nleast = 10", "[grade]", 6, "grade", "at least one"),
    ('rules = "ours"', "rules = ", 1, None, "not TOML here"),
    ('rules = "ours"', "wayseal = 2", 1, "wayseal", "version 1"),
)


@each(("right", "wrong", "line", "key", "said"), MISTAKES)
def test_mistakes_in_a_file(
    tmp_path_factory: pytest.TempPathFactory, right: str, wrong: str, line: int, key: str | None, said: str
) -> None:
    assert right in FILE
    folder = tmp_path_factory.mktemp("rules")
    with pytest.raises(RewardError, match=said) as refused:
        rules(folder, FILE.replace(right, wrong))
    assert (refused.value.file, refused.value.line, refused.value.key) == (folder / "r.toml", line, key)
    assert refused.value.exit_code == 3


TYPED: tuple[Callable[[str], str], ...] = (
    str,
    str.lower,
    lambda code: code.replace("-", ""),
    lambda code: code.replace("-", " — "),
    lambda code: code.replace("0", "O").replace("1", "I"),
    lambda code: code.replace("0", "o").replace("1", "l"),
    lambda code: "".join(chr(ord(c) + 0xFEE0) for c in code),
    lambda code: f"　{code} ",
)


@given(BYTES)
def test_a_code_is_read_as_people_type_it(random: bytes) -> None:
    code = draw_code(lambda count: random[:count])
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
    assert {read_code(typed(code), lambda letters: f"mac of {letters}") for typed in TYPED} == {
        f"mac of {code.replace('-', '')}"
    }


@given(BYTES)
def test_every_bit_of_a_code_counts(random: bytes) -> None:
    drawn = iter([random, *((int.from_bytes(random) ^ (1 << bit)).to_bytes(10) for bit in range(80))])
    assert len({draw_code(lambda _: next(drawn)) for _ in range(81)}) == 81


NONE = (
    "",
    "7K2M-7K2M-7K2M-7K2",
    "7K2M-7K2M-7K2M-7K2M7",
    "7K2M-7K2M-7K2M-7K2U",
    "7K2M-7K2M-7K2M-7K2*",
    "ßß2M-7K2M-7K2M-7K",
    "7K2M-7K2M-7K2M-7Kß",
    "7K2M_7K2M_7K2M_7K2M",
)


@each("text", NONE)
def test_what_is_no_code_reaches_no_key(text: str) -> None:
    def refuse(_letters: str) -> str:
        raise AssertionError

    assert read_code(text, refuse) is None
