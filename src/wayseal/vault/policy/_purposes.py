"""Purposes: what may be shown for what, to whom, how long and how much of it, as data.

Obligations (code and tests cite the numbers):
1. What can't be understood is refused with purpose and key; nothing is half used and nothing is guessed.
2. A purpose names its roles, and only roles that the file lists with their words; it shows at least one field.
3. A purpose names at least one way in: a relation to the parcel or a ticket. None is open to whoever has the role.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wayseal.custody import Relation
from wayseal.model.fields import Field, FieldKind, Form
from wayseal.model.kinds import ActorKind
from wayseal.model.messages import Message
from wayseal.vault.errors import PolicyError

UNKNOWN = "unknown"
"""The purpose that no file may define: it stands for every code that the policy doesn't know."""
MOST_HOURS = 24 * 400
"""Hours since delivery count up to here; no purpose opens longer."""
KEYS = (
    "code",
    "zh",
    "en",
    "roles",
    "custody",
    "grace",
    "last_leg",
    "ticket",
    "lasts",
    "fields",
    "budget",
    "bulk",
    "find",
    "revises",
)
"""What may stand in a purpose."""
BUDGET_KEYS = ("base", "per", "cap", "outlet_base", "outlet_per")
FIND_KEYS = ("quota", "most")
_LENGTH = re.compile(r"([1-9]\d{0,3})([mhd])|0")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
Wrong = Callable[..., PolicyError]


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

    base: int
    per: Mapping[Work, float]
    cap: int
    outlet_base: int | None = None
    outlet_per: Mapping[Work, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUps:
    """Looking phones up for a purpose.

    quota: how many look-ups an account may have had today, for whatever purpose, before this one refuses it. most:
    waybills that one look-up tells. Policies of before these were data have the numbers that stand here.
    """

    quota: int = 20
    most: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why somebody asks, and what that opens.

    custody: which relations of the actor's outlet to the parcel open it, until grace_h hours after delivery. last_leg:
    they don't at an outlet that collected or forwarded the parcel and isn't the one to deliver it. ticket_h: an open
    ticket of the actor on it opens it too, until so many hours after delivery; None: tickets don't. lasts_s: how long
    whoever got it may keep it, seconds. bulk: most waybills in one request without a second person, by kind of actor.
    revises: fields that may be changed for it; none unless the file says so.
    """

    code: str
    zh: str
    en: str
    roles: frozenset[str]
    custody: frozenset[Relation]
    grace_h: int
    last_leg: bool
    ticket_h: int | None
    fields: Mapping[Field, Form]
    lasts_s: int
    budget: Budget
    bulk: Mapping[str, int]
    find: LookUps = LookUps()
    revises: frozenset[Field] = frozenset()

    def most(self, kind: str) -> int:
        """Most waybills in one request of this kind of actor without a second person; 1 where none is given."""
        return self.bulk.get(kind, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What something is called."""

    zh: str
    en: str


def parse_purposes(text: str) -> tuple[dict[str, Purpose], dict[str, Label]]:
    """Purposes by code and roles by name, in the order of the file. PolicyError (obligation 1)."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError("not TOML: {error}", error=error) from None
    if unknown := sorted(content.keys() - {"roles", "purpose"}):
        raise PolicyError("only [roles] and [[purpose]] tables may stand in it: {unknown}", unknown=unknown[0])
    roles = _roles(content.get("roles"))
    rows = content.get("purpose")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise PolicyError("there must be at least one [[purpose]] table")
    purposes: dict[str, Purpose] = {}
    for place, row in enumerate(rows, 1):
        made = _purpose(row, place, roles)
        if made.code in purposes:
            raise PolicyError("purpose {code} stands twice", code=made.code)
        purposes[made.code] = made
    return purposes, roles


def _roles(table: object) -> dict[str, Label]:
    if not isinstance(table, dict) or not table:
        raise PolicyError("[roles] must say what each role is called")
    made = {}
    for name, words in table.items():
        if not _CODE.fullmatch(name):
            raise PolicyError("role {name!r}: a role's name must be lower case, such as customer_service", name=name)
        if not isinstance(words, dict) or words.keys() != {"zh", "en"} or not all(map(_is_label, words.values())):
            raise PolicyError("role {name}: must have zh and en, and nothing else", name=name)
        made[name] = Label(zh=words["zh"], en=words["en"])
    return made


def _is_label(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _purpose(row: Mapping[str, Any], place: int, roles: Mapping[str, Label]) -> Purpose:
    code = row.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code) or code == UNKNOWN:
        raise PolicyError(
            "purpose {place}: code must be lower case, such as change_address, and not {unknown}",
            place=place,
            unknown=UNKNOWN,
        )

    def wrong(key: str, text: str, **values: object) -> PolicyError:
        return PolicyError("purpose {code}: {name} must be {must}", code=code, name=key, must=Message(text, values))

    _closed(row, KEYS, Message("purpose {code}", {"code": code}))
    for lang in ("zh", "en"):
        if not _is_label(row.get(lang)):
            raise wrong(lang, "what the purpose is called")
    last_leg = row.get("last_leg", False)
    if not isinstance(last_leg, bool):
        raise wrong("last_leg", "true or false")
    custody = frozenset(Relation(r) for r in _listed(row, "custody", [], set(Relation), wrong))
    if not custody and "ticket" not in row:
        raise PolicyError("purpose {code}: nothing opens it; it needs custody or ticket", code=code)  # obligation 3
    if not custody and "grace" in row:
        raise wrong("grace", "left out without custody")
    return Purpose(
        code=code,
        zh=row["zh"],
        en=row["en"],
        roles=_listed(row, "roles", None, roles.keys(), wrong),
        custody=custody,
        grace_h=_hours(row, "grace", wrong) if custody else 0,
        last_leg=last_leg,
        ticket_h=_hours(row, "ticket", wrong) if "ticket" in row else None,
        fields=_fields(row.get("fields"), wrong),
        lasts_s=_length(row, "lasts", wrong),
        budget=_budget(row.get("budget"), code, wrong),
        bulk=_bulk(row.get("bulk", {}), wrong),
        find=_find(row.get("find", {}), code, wrong),
        revises=frozenset(map(Field, _listed(row, "revises", [], set(Field), wrong))),
    )


def _closed(row: Mapping[str, Any], keys: tuple[str, ...], of: Message) -> None:
    if unknown := sorted(set(row) - set(keys)):
        raise PolicyError("in {of}: unknown key {unknown}", of=of, unknown=unknown[0])


def _listed(row: Mapping[str, Any], key: str, default: object, among: Any, wrong: Wrong) -> frozenset[str]:
    values = row.get(key, default)
    if not isinstance(values, list) or (default is None and not values):
        raise wrong(key, "a list of {known}", known=sorted(among))
    if not all(isinstance(value, str) and value in among for value in values):
        raise wrong(key, "a list of {known}", known=sorted(among))
    return frozenset(values)


def _fields(table: object, wrong: Wrong) -> dict[Field, Form]:
    if not isinstance(table, dict) or not table or not table.keys() <= set(Field):
        raise wrong("fields", "a table of {known}", known=list(Field))
    made = {}
    for field in Field:
        if field not in table:
            continue
        regions = field.kind is FieldKind.ADDRESS
        among = [form.value for form in Form if form is not Form.REGION or regions]
        if table[field] not in among:
            raise wrong(f"fields.{field}", "one of {known}", known=list(among))
        made[field] = Form(table[field])
    return made


def _length(row: Mapping[str, Any], key: str, wrong: Wrong) -> int:
    """Seconds."""
    value = row.get(key)
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if found is None or (key == "lasts" and found[1] is None):
        raise wrong(key, "a length such as 90m, 12h or 10d")
    return int(found[1]) * _SECONDS[found[2]] if found[1] else 0


def _hours(row: Mapping[str, Any], key: str, wrong: Wrong) -> int:
    return min(_length(row, key, wrong) // 3600, MOST_HOURS)


def _budget(table: object, code: str, wrong: Wrong) -> Budget:
    if not isinstance(table, dict):
        raise wrong("budget", "a table with base, per and cap")
    _closed(table, BUDGET_KEYS, Message("purpose {code}, budget", {"code": code}))
    base, cap = (_count(table.get(key), f"budget.{key}", wrong) for key in ("base", "cap"))
    outlet = "outlet_base" in table
    if not outlet and "outlet_per" in table:
        raise wrong("budget.outlet_base", "given with outlet_per")
    return Budget(
        base=base,
        cap=cap,
        per=_per(table.get("per", {}), "budget.per", wrong),
        outlet_base=_count(table["outlet_base"], "budget.outlet_base", wrong) if outlet else None,
        outlet_per=_per(table.get("outlet_per", {}), "budget.outlet_per", wrong),
    )


def _find(table: object, code: str, wrong: Wrong) -> LookUps:
    if not isinstance(table, dict):
        raise wrong("find", "a table of {known}", known=list(FIND_KEYS))
    _closed(table, FIND_KEYS, Message("purpose {code}, find", {"code": code}))
    return LookUps(**{key: _count(value, f"find.{key}", wrong) for key, value in table.items()})


def _count(value: object, key: str, wrong: Wrong) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise wrong(key, "a whole number, 0 or more")
    return value


def _per(table: object, key: str, wrong: Wrong) -> dict[Work, float]:
    if not isinstance(table, dict) or not table.keys() <= set(Work):
        raise wrong(key, "a table of {known}", known=list(Work))
    for value in table.values():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1000:
            raise wrong(key, "numbers between 0 and 1000")
    return {Work(kind): float(value) for kind, value in table.items()}


def _bulk(table: object, wrong: Wrong) -> dict[str, int]:
    if not isinstance(table, dict) or not table.keys() <= set(ActorKind):
        raise wrong("bulk", "a table of {known}", known=list(ActorKind))
    return {kind: _count(most, f"bulk.{kind}", wrong) for kind, most in table.items()}
