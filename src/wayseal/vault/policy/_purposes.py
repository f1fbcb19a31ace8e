"""Purposes: what may be shown for what, to whom, how long and how much of it, as data.

Obligations (code and tests cite the numbers):
1. What can't be understood is refused with line and key; nothing is half used and nothing is guessed.
2. A purpose names its roles, and only roles that the file lists with their words; it shows at least one field.
3. A purpose names at least one way in: a relation to the parcel or a ticket. None is open to whoever has the role.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator
from pydantic import Field as Limits

from wayseal.custody import Relation
from wayseal.model.fields import Field, FieldKind, Form
from wayseal.model.kinds import ActorKind
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Text, TomlText, needs, parse_length, parsed_by
from wayseal.vault.errors import PolicyError

UNKNOWN = "unknown"
"""The purpose that no file may define: it stands for every code that the policy doesn't know."""
MOST_HOURS = 24 * 400
"""Hours since delivery count up to here; no purpose opens longer."""


def _parse_hours(value: Any) -> int:
    return min(parse_length(value) // 3600, MOST_HOURS)


def _parse_lasting(value: Any) -> int:
    return parse_length(value) or parse_length(None)


def _in_order(forms: Mapping[Field, Form]) -> Mapping[Field, Form]:
    return {name: forms[name] for name in Field if name in forms}


_Code = Annotated[str, Limits(pattern=r"^[a-z][a-z0-9_]{0,39}$"), needs(N_("needs lower case, such as change_address"))]
_Count = Annotated[int, Limits(ge=0, lt=1 << 31), needs(N_("needs a whole number, 0 or more"))]
_Some = Limits(min_length=1)
_Per = Mapping["Work", Annotated[float, Limits(ge=0, le=1000), needs(N_("needs a number between 0 and 1000"))]]


class Work(StrEnum):
    """Work that opens a budget.

    arrivals: parcels that came to the outlet. issued: waybills sealed for the outlet to collect, or by the actor
    itself. tickets: tickets opened for the actor (in an outlet's budget, for all its actors).
    """

    ARRIVALS = "arrivals"
    ISSUED = "issued"
    TICKETS = "tickets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many disclosures a day: base + Σ per[work] · work, at most cap for an actor.

    outlet_base, outlet_per: the same for all actors of an outlet together; None: outlets have no budget of their own.
    """

    __pydantic_config__: ClassVar = CLOSED
    base: _Count
    per: _Per = field(default_factory=dict)
    cap: _Count
    outlet_base: _Count | None = None
    outlet_per: _Per = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUps:
    """Looking phones up for a purpose.

    quota: how many look-ups an account may have had today, for whatever purpose, before this one refuses it. most:
    waybills that one look-up tells. Policies of before these were data have the numbers that stand here.
    """

    __pydantic_config__: ClassVar = CLOSED
    quota: _Count = 20
    most: _Count = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why somebody asks, and what that opens.

    custody: which relations of the actor's outlet to the parcel open it, until grace_h hours after delivery. last_leg:
    they don't at an outlet that collected or forwarded the parcel and isn't the one to deliver it. ticket_h: an open
    ticket of the actor on it opens it too, until so many hours after delivery; None: tickets don't. lasts_s: how long
    whoever got it may keep it, seconds. bulk: most waybills in one request without a second person, by kind of actor.
    bulk_day: the same of a day, all requests of an actor together. approvers: roles of whoever may agree to more;
    nobody may where there are none. revises: fields that may be changed for it; none unless the file says so.
    """

    __pydantic_config__: ClassVar = CLOSED
    code: _Code
    zh: Text
    en: Text
    roles: Annotated[frozenset[str], _Some]
    custody: frozenset[Relation] = frozenset()
    grace_h: Annotated[int, Limits(alias="grace"), parsed_by(_parse_hours)] = 0
    last_leg: bool = False
    ticket_h: Annotated[int | None, Limits(alias="ticket"), parsed_by(_parse_hours)] = None
    lasts_s: Annotated[int, Limits(alias="lasts"), parsed_by(_parse_lasting)]
    fields: Annotated[Mapping[Field, Form], _Some, AfterValidator(_in_order)]
    budget: Budget
    bulk: Mapping[ActorKind, _Count] = field(default_factory=dict)
    bulk_day: Mapping[ActorKind, _Count] = field(default_factory=dict)
    approvers: frozenset[str] = frozenset()
    find: LookUps = field(default_factory=LookUps)
    revises: frozenset[Field] = frozenset()

    def most(self, kind: ActorKind | None) -> int:
        """Most waybills in one request of this kind of actor without a second person; 1 where none is given."""
        return 1 if kind is None else self.bulk.get(kind, 1)

    def most_a_day(self, kind: ActorKind | None) -> int:
        """Most waybills of a day so; as many as in one request where none is given."""
        most = self.most(kind)
        return most if kind is None else self.bulk_day.get(kind, most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The name of something in both languages."""

    __pydantic_config__: ClassVar = CLOSED
    zh: Text
    en: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposesFile:
    """The tables of a file."""

    __pydantic_config__: ClassVar = CLOSED
    roles: Annotated[Mapping[_Code, Label], _Some]
    purpose: Annotated[tuple[Purpose, ...], _Some]


def parse_purposes(text: str, file: Path | None = None) -> tuple[dict[str, Purpose], Mapping[str, Label]]:
    """Purposes by code and roles by name, in the order of the file. PolicyError (obligation 1)."""
    toml = TomlText(text, PolicyError, file=file, example='code = "deliver"')
    said = toml.read(PurposesFile)
    purposes: dict[str, Purpose] = {}
    for place, purpose in enumerate(said.purpose):
        _check(toml, place, purpose, said.roles)
        if purpose.code in purposes:
            raise toml.error("this purpose stands twice", "purpose", place, "code")
        purposes[purpose.code] = purpose
    return purposes, said.roles


def _check(toml: TomlText, place: int, purpose: Purpose, roles: Mapping[str, Label]) -> None:
    """Check the rules that concern several keys."""
    at = ("purpose", place)
    if purpose.code == UNKNOWN:
        raise toml.error("is what every other code counts as; choose another", *at, "code")
    for key, named in (("roles", purpose.roles), ("approvers", purpose.approvers)):
        if not named <= roles.keys():
            raise toml.error("needs roles that [roles] lists: {known}", *at, key, known=sorted(roles))
    if not purpose.custody and purpose.ticket_h is None:  # obligation 3
        raise toml.error("nothing opens this purpose; it needs custody or ticket", *at)
    if bool(purpose.custody) != toml.says(*at, "grace"):
        raise toml.error("goes with custody: both or neither", *at, "grace")
    if purpose.budget.outlet_base is None and toml.says(*at, "budget", "outlet_per"):
        raise toml.error("needs outlet_base beside it", *at, "budget", "outlet_per")
    for name, form in purpose.fields.items():
        if form is Form.REGION and name.kind is not FieldKind.ADDRESS:
            raise toml.error("only an address has a region; full or masked", *at, "fields", name)
