"""Rewards for reports, by rules that are data (`rewards.toml` tells their source), and the codes that pay them.

1. An amount is whole yuan, rounded up once, at the end; each step to it is kept with its reason and its numbers.
2. Arithmetic is exact: an amount that can't be is refused, none is rounded on the way.
3. The factor for insiders raises share and least alike; `most` comes last and bounds everything.
4. A code has 80 random bits and is shown once; only what the caller's function makes of it is kept.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal, Inexact, localcontext
from importlib import resources
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from wayseal.cases.errors import RewardError
from wayseal.cases.hotline.letters import ReportType
from wayseal.model.base32 import ALPHABET, MEANT, spell
from wayseal.model.messages import N_, Message
from wayseal.model.schema import CLOSED, Name, TomlText

Yuan = Annotated[int, Field(ge=1, le=10**12)]
Reason = Literal["share", "least", "insider", "most", "whole", "plain"]
_EXACT = Context(prec=60, traps=[Inexact])
_TEXTS: Mapping[Reason, str] = {
    "share": N_("grade {grade}: {percent} % of {base:,} yuan, which is {amount:,} yuan"),
    "least": N_("at least {amount:,} yuan in grade {grade}"),
    "insider": N_("times {factor} for a report from inside, which is {amount:,} yuan"),
    "most": N_("at most {amount:,} yuan"),
    "whole": N_("rounded up to {amount:,} yuan"),
    "plain": N_("{amount:,} yuan for this type of report"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A grade of reports: its share of what was fined and confiscated, and the least that it brings."""

    __pydantic_config__: ClassVar = CLOSED
    percent: Annotated[float, Field(gt=0, le=100)]
    least: Yuan


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A file of rules. rules: its name. insider: a factor. days: a code's life. plain: by type of report."""

    __pydantic_config__: ClassVar = CLOSED
    rules: Name
    most: Yuan
    insider: Annotated[float, Field(ge=1, le=10)]
    days: Annotated[int, Field(ge=1, le=3650)]
    grade: Annotated[Mapping[Name, Grade], Field(min_length=1)]
    plain: Mapping[ReportType, Yuan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step to an amount. values: words, and numbers in decimal digits; `amount` is what the step makes of it."""

    __pydantic_config__: ClassVar = CLOSED
    reason: Reason
    values: Mapping[str, str]

    @property
    def words(self) -> Message:
        """The step for a person's eyes."""
        shown = {name: text if name in ("grade", "type") else Decimal(text) for name, text in self.values.items()}
        return Message(_TEXTS[self.reason], shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """A reward in whole yuan, and the steps that led to it."""

    __pydantic_config__: ClassVar = CLOSED
    amount: int
    steps: tuple[Step, ...]


def load_rules(path: Path | None) -> Rules:
    """The rules of a file; None: those built in. RewardError names file, line and key of a mistake; OSError."""
    source = path or resources.files(__package__).joinpath("rewards.toml")
    toml = TomlText(source.read_bytes(), RewardError, file=path, example="percent = 5")
    rules = toml.read(Rules, version=1)
    amounts = [(one.least, ("grade", name, "least")) for name, one in rules.grade.items()]
    for amount, place in (*amounts, *((amount, ("plain", name)) for name, amount in rules.plain.items())):
        if amount > rules.most:
            raise toml.error("is above `most`", *place)
    return rules


def amount_of(rules: Rules, grade: str, base: Decimal, insider: bool) -> Award:
    """The reward of a grade (rules 1 to 3). base: fined and confiscated, yuan. RewardError: no such grade or amount."""
    if grade not in rules.grade:
        raise RewardError("no such grade; one of {known}", known=list(rules.grade), key="grade")
    if not (base.is_finite() and 0 <= base < 10**15 and not 100 % base.as_integer_ratio()[1]):
        raise RewardError("needs an amount in yuan, with two decimals at most", key="base")
    percent, least = Decimal(str(rules.grade[grade].percent)), Decimal(rules.grade[grade].least)
    factor, most = Decimal(str(rules.insider)), Decimal(rules.most)
    with localcontext(_EXACT):
        amount = base * percent / 100
        steps = [_step("share", grade=grade, percent=percent, base=base, amount=amount)]
        if amount < least:
            steps.append(_step("least", grade=grade, amount=(amount := least)))
        if insider and factor > 1:
            steps.append(_step("insider", factor=factor, amount=(amount := amount * factor)))
        if amount > most:
            steps.append(_step("most", amount=(amount := most)))
        if amount % 1:
            steps.append(_step("whole", amount=(amount := amount.to_integral_value(ROUND_CEILING))))
    return Award(amount=int(amount), steps=tuple(steps))


def plain_of(rules: Rules, type: ReportType) -> Award | None:  # noqa: A002
    """The reward for a type of report without a fine; None: the rules name no amount."""
    found = rules.plain.get(type)
    return None if found is None else Award(amount=found, steps=(_step("plain", type=type, amount=Decimal(found)),))


def _step(reason: Reason, **values: str | Decimal) -> Step:
    spelled = {name: v if isinstance(v, str) else f"{(v + 0).normalize():f}" for name, v in values.items()}
    return Step(reason=reason, values=spelled)


def draw_code(random: Callable[[int], bytes]) -> str:
    """A new code for its owner's eyes (rule 4): 7K2M-…, in Crockford's base 32."""
    letters = spell(int.from_bytes(random(10)), 16)
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def read_code(text: str, mac: Callable[[str], str]) -> str | None:
    """The `mac` of a code as it is typed (case, dashes, spaces don't matter; O is 0, I and L are 1); None: no code."""
    shown = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in ("Pd", "Zs"))
    letters = shown.upper().translate(MEANT) if shown.isascii() else ""
    return mac(letters) if len(letters) == 16 and set(letters) <= set(ALPHABET) else None
