"""Rights as data: what each permits.

Obligations (code and tests cite the numbers):
1. A right permits actions, on the waybills that the account's work is about ("own") or on all.
2. One without actions and over all widens every other right of the account to all; one without actions and over its
   own permits no read.
3. Words are the courier's own: of a right that no file names nothing is said but who holds it.
4. A courier's file adds to the built-in one, or replaces a right by its name. What can't be understood is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import ClassVar

from wayseal.detect.errors import RightsError
from wayseal.model.kinds import Action
from wayseal.model.schema import CLOSED, Name, TomlText

ACTIONS = tuple(a.value for a in Action)
"""In the order of the contract: an action's code is its place from 1."""


class Reach(StrEnum):
    """Of which waybills."""

    OWN = "own"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right and what it permits (obligations 1 and 2)."""

    __pydantic_config__: ClassVar = CLOSED
    name: Name
    actions: frozenset[Action]
    scope: Reach

    @property
    def widens(self) -> bool:
        """True if it widens all others of the account."""
        return not self.actions and self.scope is Reach.ALL

    @property
    def reads(self) -> bool:
        """True if it permits any read, so that use can be held against it."""
        return bool(self.actions) or self.scope is Reach.ALL

    @property
    def width(self) -> int:
        """How much it permits: actions on one's own waybills and on others', each counted."""
        if self.widens:
            return len(ACTIONS)
        return len(self.actions) * (2 if self.scope is Reach.ALL else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsFile:
    """The tables of a file."""

    __pydantic_config__: ClassVar = CLOSED
    right: tuple[Right, ...] = ()


RightMap = Mapping[str, Right]


@cache
def built_in() -> RightMap:
    """The rights that come with Wayseal."""
    return parse_map(resources.files(__package__).joinpath("rights.toml").read_text("utf-8"), None)


def load_map(path: Path | None) -> RightMap:
    """The built-in rights with a courier's file over them (obligation 4). RightsError, OSError."""
    return built_in() if path is None else {**built_in(), **parse_map(path.read_bytes(), path)}


def parse_map(text: str | bytes, file: Path | None) -> RightMap:
    """The rights of a file by their names. RightsError."""
    toml = TomlText(text, RightsError, file=file, example='scope = "own"')
    out: dict[str, Right] = {}
    for place, right in enumerate(toml.read(RightsFile).right):
        if right.name in out:
            raise toml.error("this right stands twice", "right", place, "name")
        out[right.name] = right
    return out
