"""Courses as data, and how an account stands with those that its role needs (rules 1 and 2 of `cases.training`)."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from wayseal.cases.errors import TrainingError
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name, Text, TomlText
from wayseal.model.times import clock, micros_of, time_at
from wayseal.page.languages import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course. roles: those that need it, none for all; pass_mark: percent; test: the built-in test completes it."""

    __pydantic_config__: ClassVar = CLOSED
    name: Name
    title: Mapping[Lang, Text]
    roles: tuple[Name, ...] = ()
    months: Annotated[int, Field(ge=1, le=120)]
    grace_days: Annotated[int, Field(ge=0, le=90)]
    pass_mark: Annotated[int, Field(ge=1, le=100)]
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Courses and limits. emergency_hours: of an opening; brake_*: percent of those open, and people, at once."""

    __pydantic_config__: ClassVar = CLOSED
    emergency_hours: Annotated[int, Field(ge=1, le=720)]
    brake_percent: Annotated[int, Field(ge=0, le=100)]
    brake_people: Annotated[int, Field(ge=1, le=1_000_000)]
    course: Annotated[tuple[Course, ...], Field(min_length=1, max_length=100)]

    def brakes(self, shut: int, of: int) -> bool:
        """Check whether so many shut out, of so many that are open, are for two to decide (rule 4); one never is."""
        return shut > max(1, min(self.brake_people, of * self.brake_percent // 100))

    def needed(self, role: str) -> list[Course]:
        """The courses of a role."""
        return [one for one in self.course if not one.roles or role in one.roles]

    def loosens(self, old: "Rules") -> bool:
        """Check whether a limit is wider than it was: that, too, is for two to decide."""
        limits = [(one.emergency_hours, one.brake_percent, one.brake_people) for one in (self, old)]
        return any(new > before for new, before in zip(*limits, strict=True))


def load_rules(path: Path | None = None) -> Rules:
    """The rules of a file; None: those built in. TrainingError names file, line and key of a mistake; OSError."""
    source = path or resources.files(__package__).joinpath("courses.toml")
    toml = TomlText(source.read_bytes(), TrainingError, file=path, example="months = 12")
    rules, names = toml.read(Rules, version=1), list[str]()
    for place, one in enumerate(rules.course):
        if one.name in names:
            raise toml.error(N_("two courses have this name"), "course", place, "name")
        if len(one.title) < 2:
            raise toml.error(N_("needs a title in both languages"), "course", place, "title")
        names.append(one.name)
    return rules


def add_months(day: date, months: int) -> date:
    """The same day so many months on; the last one of a shorter month (rule 2)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody's account, as a directory has it."""

    account: str
    role: str
    outlet: str | None = None


STATES: Mapping[str, str] = {
    "never": N_("Never trained"),
    "expired": N_("Training expired"),
    "opened": N_("Emergency opening"),
    "grace": N_("In grace"),
    "due_1": N_("1 day left"),
    "due_7": N_("7 days left"),
    "due_30": N_("30 days left"),
    "valid": N_("Training valid"),
}
"""How an account can stand, and what that is called; what asks most of somebody comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account at a moment, `now`, in microseconds.

    course: the one that ends first, or was never completed; ends: its last day; closes: the last day on which rights
    are open, with grace, of all courses; opened: when an emergency opening ends, microseconds.
    """

    account: Account
    course: str = ""
    ends: date | None = None
    closes: date | None = None
    opened: int | None
    now: int

    @property
    def until(self) -> int | None:
        """When rights close or closed, microseconds: what goes to directory and vault as `trained_until`."""
        found = [] if self.opened is None else [self.opened]
        if self.closes is not None:
            found.append(micros_of(datetime.combine(self.closes, time(), clock()) + timedelta(days=1)))
        return max(found, default=None)

    @property
    def open(self) -> bool:
        """Whether they are open."""
        return self.until is not None and self.now < self.until

    @property
    def state(self) -> str:
        """How it stands, as `STATES` has it."""
        today = day_of(self.now)
        if self.ends is None or self.closes is None or today > self.closes:
            return "opened" if self.opened is not None else "never" if self.ends is None else "expired"
        left = (self.ends - today).days
        return "grace" if left < 0 else next((f"due_{days}" for days in (1, 7, 30) if left <= days), "valid")


def day_of(now: int) -> date:
    """The day of a moment on the courier's clock."""
    return time_at(now).astimezone(clock()).date()
