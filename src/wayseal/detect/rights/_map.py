"""What a right permits, as data.

Obligations (code and tests cite the numbers):
1. A right permits actions, on the waybills that the account's work is about ("own") or on all.
2. One without actions and over all widens every other right of the account to all; one without actions and over its
   own permits no read.
3. Words are the courier's own: of a right that no file names nothing is said but who holds it.
4. A courier's file adds to the built-in one, or replaces a right by its name. What can't be understood is refused.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from wayseal.detect.rights._errors import RightsError
from wayseal.model.kinds import Action

ACTIONS = tuple(a.value for a in Action)
"""In the order of the contract: an action's code is its place from 1."""
_KEYS = ("name", "actions", "scope")


class Reach(StrEnum):
    """Of which waybills."""

    OWN = "own"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right and what it permits (obligations 1 and 2)."""

    name: str
    actions: frozenset[str]
    scope: Reach

    @property
    def widens(self) -> bool:
        """Whether it widens all others of the account."""
        return not self.actions and self.scope is Reach.ALL

    @property
    def reads(self) -> bool:
        """Whether it permits any read, so that use can be held against it."""
        return bool(self.actions) or self.scope is Reach.ALL

    @property
    def width(self) -> int:
        """How much it permits: actions on one's own waybills and on others', each counted."""
        if self.widens:
            return len(ACTIONS)
        return len(self.actions) * (2 if self.scope is Reach.ALL else 1)


RightMap = Mapping[str, Right]


@cache
def built_in() -> RightMap:
    """The rights that come with Wayseal."""
    return parse_map(resources.files(__package__).joinpath("rights.toml").read_text("utf-8"), None)


def load_map(path: Path | None) -> RightMap:
    """The built-in rights with a courier's file over them (obligation 4). RightsError, OSError."""
    if path is None:
        return built_in()
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise RightsError("the file isn't UTF-8", file=path) from None
    return {**built_in(), **parse_map(text, path)}


def parse_map(text: str, file: Path | None) -> RightMap:
    """The rights of a file by their names. RightsError."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RightsError("not TOML: {error}", file=file, error=error) from None
    rows = content.pop("right", [])
    if content or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RightsError("only [[right]] tables may stand in it", file=file)
    out: dict[str, Right] = {}
    for place, row in enumerate(rows, 1):
        right = _right(row, place, file)
        if right.name in out:
            raise RightsError("right {place} stands twice", file=file, place=place)
        out[right.name] = right
    return out


def _right(row: Mapping[str, Any], place: int, file: Path | None) -> Right:
    if unknown := sorted(set(row) - set(_KEYS)):
        raise RightsError("right {place}: unknown key {unknown}", file=file, place=place, unknown=unknown[0])
    name, actions, scope = (row.get(key) for key in _KEYS)
    if not isinstance(name, str) or not name:
        raise RightsError("right {place}: name must be the right's name, as in actors.rights", file=file, place=place)
    if not isinstance(actions, list) or not all(a in ACTIONS for a in actions):
        raise RightsError(
            "right {place}: actions must be a list of {actions}", file=file, place=place, actions=list(ACTIONS)
        )
    if scope not in tuple(Reach):
        raise RightsError("right {place}: scope must be own or all", file=file, place=place)
    return Right(name=name, actions=frozenset(actions), scope=Reach(scope))
