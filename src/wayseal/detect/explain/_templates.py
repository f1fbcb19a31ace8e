"""Explanation templates: what counts as work behind a read, as data.

Obligations (code and tests cite the numbers):
1. A template never takes an explanation away: what one explains stays explained, whatever others say. So a scan, a
   ticket or a template more can only explain more reads, and what comes late can be judged late.
2. Mandates are tried first, then strong templates, then weak ones, else in the order of the file. The first that fits
   is the reason. A mandate says that an account may read everything, so its reads are judged together, never one by
   one; a weak template says that an account may have to do with a parcel, not why it read it.
3. A courier's file adds templates to the built-in ones, or replaces one by its name; `enabled = false` takes it out.
4. What can't be understood is refused with template and key; nothing is half used.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from wayseal.detect._errors import TemplateError
from wayseal.model.kinds import Action, ActorKind
from wayseal.model.messages import Message

MOST = 24
"""Most templates of one set: a template is a bit of a mask."""
KEYS = ("name", "by", "strength", "before", "after", "roles", "kinds", "actions", "rights", "enabled")
"""What may stand in a block of a file."""
_UNITS = {"m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_LENGTH = re.compile(r"(\d{1,4})([mhd])")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class TemplateKind(StrEnum):
    """What a template looks for.

    custody: the parcel is at, coming to or lately left an outlet where the account works. ticket: a ticket of the
    account's own. handover: a ticket of a colleague in the same role and place. channel, customer: the account answers
    for the issuing interface or the customer. responsibility: it answers for a city or region that the parcel touches.
    mandate: it holds a right over all waybills. city: the parcel is in, coming to or lately left the city of an outlet
    where the account works. Their order is the kernel's numbering.
    """

    CUSTODY = "custody"
    TICKET = "ticket"
    HANDOVER = "handover"
    CHANNEL = "channel"
    CUSTOMER = "customer"
    RESPONSIBILITY = "responsibility"
    MANDATE = "mandate"
    CITY = "city"


TIMED = frozenset((TemplateKind.CUSTODY, TemplateKind.TICKET, TemplateKind.HANDOVER, TemplateKind.CITY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template. before, after: µs. Empty roles, kinds, actions, rights: any; rights: one of them.

    strong: of no concern for a mandate.
    """

    name: str
    by: TemplateKind
    strong: bool
    before: int = _UNITS["d"]
    after: int = 10 * _UNITS["d"]
    roles: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    rights: frozenset[str] = frozenset()
    enabled: bool = True


@cache
def built_in() -> tuple[Template, ...]:
    """The templates that come with Wayseal."""
    text = resources.files(__package__).joinpath("templates.toml").read_text("utf-8")
    return ordered(parse_templates(text, None))


def load_templates(path: Path | None) -> tuple[Template, ...]:
    """The built-in templates with a courier's file over them (obligation 3). TemplateError, OSError."""
    if path is None:
        return built_in()
    try:
        own = parse_templates(path.read_text("utf-8"), path)
    except UnicodeDecodeError:
        raise TemplateError("the file isn't UTF-8", file=path) from None
    named = {t.name: t for t in (*built_in(), *own)}
    found = ordered(t for t in named.values() if t.enabled)
    if len(found) > MOST:
        raise TemplateError("more than {most} templates", file=path, most=MOST)
    return found


def ordered(templates: Iterable[Template]) -> tuple[Template, ...]:
    """In the order in which they are tried (obligation 2)."""
    return tuple(sorted(templates, key=lambda t: (t.by is not TemplateKind.MANDATE, not t.strong)))


def ranks(templates: Sequence[Template]) -> tuple[int, int]:
    """Of ordered templates: how many are mandates, and how many mandates or strong."""
    mandates = sum(t.by is TemplateKind.MANDATE for t in templates)
    return mandates, mandates + sum(t.strong for t in templates if t.by is not TemplateKind.MANDATE)


def parse_templates(text: str, file: Path | None) -> tuple[Template, ...]:
    """The templates of a file. TemplateError (obligation 4)."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError("not TOML: {error}", file=file, error=error) from None
    rows = content.pop("template", [])
    if content or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        wrong = sorted(content) or ["template"]
        raise TemplateError("only [[template]] tables may stand in it: {wrong}", file=file, wrong=wrong)
    made = [_template(row, place, file) for place, row in enumerate(rows, 1)]
    names = [t.name for t in made]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise TemplateError("template {name} stands twice", file=file, name=twice[0])
    return tuple(made)


def _template(row: Mapping[str, Any], place: int, file: Path | None) -> Template:
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise TemplateError("template {place}: name must be lower case, such as night-desk", file=file, place=place)

    def wrong(key: str, text: str, **values: object) -> TemplateError:
        need = Message(text, values)
        return TemplateError("template {name}: {option} must be {must}", file=file, name=name, option=key, must=need)

    if unknown := sorted(set(row) - set(KEYS)):
        raise TemplateError("template {name}: unknown key {unknown}", file=file, name=name, unknown=unknown[0])
    enabled = row.get("enabled", True)
    if not isinstance(enabled, bool):
        raise wrong("enabled", "true or false")
    if not enabled and "by" not in row:
        return Template(name=name, by=TemplateKind.MANDATE, strong=False, enabled=False)
    try:
        by = TemplateKind(row.get("by", ""))
    except ValueError:
        raise wrong("by", "one of {known}", known=list(TemplateKind)) from None
    strength = row.get("strength", "strong")
    if strength not in ("strong", "weak"):
        raise wrong("strength", "strong or weak")
    if by is TemplateKind.MANDATE and "strength" in row:
        raise wrong("strength", "left out with mandate")
    made = Template(name=name, by=by, strong=strength == "strong", enabled=enabled)
    return _narrowed(made, row, wrong)


def _narrowed(made: Template, row: Mapping[str, Any], wrong: Callable[..., TemplateError]) -> Template:
    for key in ("before", "after"):
        if key in row:
            if made.by not in TIMED:
                raise wrong(key, "left out with {by}", by=made.by)
            length = _LENGTH.fullmatch(row[key]) if isinstance(row[key], str) else None
            if length is None:
                raise wrong(key, "a length such as 90m, 12h or 10d")
            micros = int(length[1]) * _UNITS[length[2]]
            made = replace(made, before=micros) if key == "before" else replace(made, after=micros)
    named: dict[str, frozenset[str]] = {}
    for key, among in (("roles", None), ("kinds", set(ActorKind)), ("actions", set(Action)), ("rights", None)):
        values = row.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            raise wrong(key, "a list of words")
        if among is not None and not set(values) <= among:
            raise wrong(key, "of {known}", known=sorted(among))
        named[key] = frozenset(values)
    made = replace(made, roles=named["roles"], kinds=named["kinds"], actions=named["actions"], rights=named["rights"])
    if made.by is TemplateKind.MANDATE and not made.rights:
        raise wrong("rights", "given with mandate")
    return made
