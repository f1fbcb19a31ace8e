"""Explanation templates: what counts as work behind a read, as data.

Obligations (code and tests cite the numbers):
1. A template never takes an explanation away: what one explains stays explained, whatever others say. So a scan, a
   ticket or a template more can only explain more reads, and what comes late can be judged late.
2. Mandates are tried first, then strong templates, those of the account's own tickets last, then weak ones, else in
   the order of the file. The first that fits is the reason: an own ticket is one only where nobody else's word is. A
   mandate says that an account may read everything, so its reads are judged together, never one by one; a weak template
   says that an account may have to do with a parcel, not why it read it.
3. A courier's file adds templates to the built-in ones, or replaces one by its name; `enabled = false` takes it out.
4. What can't be understood is refused with line and key; nothing is half used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wayseal.detect.errors import TemplateError
from wayseal.model.kinds import Action, ActorKind
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name, TomlText, needs, parse_length, parsed_by

MOST = 24
"""Most templates of one set: a template is a bit of a mask."""
_DAY = 86_400_000_000


class TemplateKind(StrEnum):
    """The kind of work that a template looks for.

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


def _parse_micros(value: Any) -> int:
    return parse_length(value) * 1_000_000


def _parse_strength(value: Any) -> bool:
    if value not in ("strong", "weak"):
        raise TemplateError("is strong or weak")
    return bool(value == "strong")


_Micros = Annotated[int, parsed_by(_parse_micros)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template. before, after: µs. Empty roles, kinds, actions, rights: any; rights: one of them.

    strong: of no concern for a mandate.
    """

    __pydantic_config__: ClassVar = CLOSED
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$"), needs(N_("needs lower case, such as night-desk"))]
    by: TemplateKind = TemplateKind.MANDATE
    strong: Annotated[bool, Field(alias="strength"), parsed_by(_parse_strength)] = True
    before: _Micros = _DAY
    after: _Micros = 10 * _DAY
    roles: frozenset[Name] = frozenset()
    kinds: frozenset[ActorKind] = frozenset()
    actions: frozenset[Action] = frozenset()
    rights: frozenset[Name] = frozenset()
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatesFile:
    """The tables of a file."""

    __pydantic_config__: ClassVar = CLOSED
    template: tuple[Template, ...] = ()


@cache
def built_in() -> tuple[Template, ...]:
    """The templates that come with Wayseal."""
    text = resources.files(__package__).joinpath("templates.toml").read_text("utf-8")
    return ordered(parse_templates(text, None))


def load_templates(path: Path | None) -> tuple[Template, ...]:
    """The built-in templates with a courier's file over them (obligation 3). TemplateError, OSError."""
    if path is None:
        return built_in()
    named = {t.name: t for t in (*built_in(), *parse_templates(path.read_bytes(), path))}
    found = ordered(t for t in named.values() if t.enabled)
    if len(found) > MOST:
        raise TemplateError("more than {most} templates", file=path, most=MOST)
    return found


def ordered(templates: Iterable[Template]) -> tuple[Template, ...]:
    """In the order in which they are tried (obligation 2)."""
    return tuple(sorted(templates, key=lambda t: (t.by is not TemplateKind.MANDATE, not t.strong, _is_own(t))))


def _is_own(template: Template) -> bool:
    return template.strong and template.by is TemplateKind.TICKET


def ranks(templates: Sequence[Template]) -> tuple[int, int, int]:
    """Of ordered templates: how many are mandates, how many these or strong but for own tickets, how many with them."""
    mandates = sum(t.by is TemplateKind.MANDATE for t in templates)
    strong = mandates + sum(t.strong for t in templates if t.by is not TemplateKind.MANDATE)
    return mandates, strong - sum(map(_is_own, templates)), strong


def parse_templates(text: str | bytes, file: Path | None) -> tuple[Template, ...]:
    """The templates of a file. TemplateError (obligation 4)."""
    toml = TomlText(text, TemplateError, file=file, example='name = "night-desk"')
    found = toml.read(TemplatesFile).template
    seen: set[str] = set()
    for place, template in enumerate(found):
        _check(toml, place, template)
        if template.name in seen:
            raise toml.error("this template stands twice", "template", place, "name")
        seen.add(template.name)
    return found


def _check(toml: TomlText, place: int, template: Template) -> None:
    """Check what hangs on several keys."""
    at, by = ("template", place), template.by
    if not toml.says(*at, "by"):
        if template.enabled:
            raise toml.error("says what it looks for: one of {known}", *at, "by", known=list(TemplateKind))
        return
    for key in () if by in TIMED else ("before", "after"):
        if toml.says(*at, key):
            raise toml.error("left out with {by}", *at, key, by=by)
    if by is TemplateKind.MANDATE and toml.says(*at, "strength"):
        raise toml.error("left out with {by}", *at, "strength", by=by)
    if by is TemplateKind.MANDATE and not template.rights:
        raise toml.error("needed with mandate", *at, "rights")
