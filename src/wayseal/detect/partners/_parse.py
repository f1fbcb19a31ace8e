"""One contract out of a TOML text. Every error names file, line and key; unknown keys are refused."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar

from wayseal.detect.errors import ContractError
from wayseal.detect.partners._contract import DEFAULT_OFFSET, NONE, Contract, Network, Products, Texts, Volume
from wayseal.model.kinds import Action
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Text, TomlText, needs, one_or_more, parsed_by
from wayseal.model.times import EPOCH

VERSION = 1
_DAY = 24 * 60


def _parse_span(value: Any) -> tuple[int, int]:
    """Minutes of the day out of "06:00-23:00"."""
    found = isinstance(value, str) and re.fullmatch(r"([0-9]{2}):([0-9]{2})\s*[-–]\s*([0-9]{2}):([0-9]{2})", value)
    if not found:
        raise ContractError('needs hours like "06:00-23:00"')
    start, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    if int(found[2]) > 59 or int(found[4]) > 59 or start >= _DAY or end > _DAY:
        raise ContractError("no such time of day; 00:00 to 24:00")
    if start == end:
        raise ContractError("begins and ends at the same time; leave hours out for the whole day")
    return start, end


def _parse_network(value: Any) -> Network:
    # The library would take a number for an address, too.
    if isinstance(value, str):
        with suppress(ValueError):
            return ip_network(value)
        with suppress(ValueError):
            ip_network(value, strict=False)
            raise ContractError("a network begins with its first address: the bits behind the prefix are 0")
    raise ContractError("needs an address or a network like 203.0.113.0/24 or 2001:db8::/32")


def _parse_offset(text: str) -> timedelta:
    found = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", text.strip())
    if text == "Z":
        return timedelta(0)
    if not found or int(found[2]) > 23 or int(found[3]) > 59:
        raise ContractError("not an offset from UTC; write it like +08:00")
    delta = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -delta if found[1] == "-" else delta


def _parse_moment(value: Any) -> date:
    """A day, or a time of one."""
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(value)
        except (TypeError, ValueError):
            pass
    raise ContractError("needs a day without quotes, like 2026-03-02")


_Action = Annotated[Action, needs(N_("no action; one of {known}"), known=list(Action))]
_Span = Annotated[tuple[int, int], parsed_by(_parse_span)]
_Network = Annotated[Network, parsed_by(_parse_network)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFile:
    """The keys of a file."""

    __pydantic_config__: ClassVar = CLOSED
    partner: Text
    actors: Annotated[tuple[Text, ...], one_or_more(tuple[Text, ...])]
    valid_from: Annotated[date | None, parsed_by(_parse_moment)] = None
    valid_to: Annotated[date | None, parsed_by(_parse_moment)] = None
    offset: Annotated[timedelta, parsed_by(_parse_offset, str)] = DEFAULT_OFFSET
    fields: Texts = frozenset()
    fields_by_purpose: Mapping[str, Texts] = field(default_factory=dict)
    purposes: Texts = frozenset()
    actions: Annotated[frozenset[Action], one_or_more(frozenset[_Action], empty=NONE)] = frozenset()
    hours: Annotated[tuple[tuple[int, int], ...], one_or_more(tuple[_Span, ...], empty=NONE)] = ()
    addresses: Annotated[tuple[Network, ...], one_or_more(tuple[_Network, ...], empty=NONE)] = ()
    volume: Volume = field(default_factory=Volume)
    products: Products = field(default_factory=Products)


def parse_contract(text: str | bytes, path: Path) -> Contract:
    """The contract that this text describes; `path` is for errors. ContractError names its first mistake."""
    toml = TomlText(text, ContractError, file=path, example='partner = "Platform A"')
    said = toml.read(ContractFile, version=VERSION)
    seen: set[str] = set()
    for place, actor in enumerate(said.actors):
        if actor in seen:
            raise toml.error("this id stands here twice", "actors", place)
        seen.add(actor)
    for purpose in said.fields_by_purpose:
        if said.purposes and purpose not in said.purposes:
            raise toml.error("this purpose is not among `purposes`", "fields_by_purpose", purpose)
    since, until = (_us(toml, key, getattr(said, key), said.offset) for key in ("valid_from", "valid_to"))
    if since is not None and until is not None and until <= since:
        raise toml.error("lies before valid_from", "valid_to")
    return Contract(
        file=path,
        partner=said.partner,
        actors=said.actors,
        offset=said.offset,
        since=since,
        until=until,
        fields=said.fields,
        by_purpose=said.fields_by_purpose,
        purposes=said.purposes,
        actions=said.actions,
        hours=said.hours,
        addresses=said.addresses,
        volume=said.volume,
        products=said.products,
    )


def _us(toml: TomlText, key: str, value: date | None, offset: timedelta) -> int | None:
    """µs since 1970 of a local day (of the last one its end) or of a time."""
    if value is None:
        return None
    zone = timezone(offset)
    try:
        if not isinstance(value, datetime):
            days = timedelta(days=1 if key == "valid_to" else 0)
            value = datetime(value.year, value.month, value.day, tzinfo=zone) + days
        moment = value if value.tzinfo else value.replace(tzinfo=zone)
        return (moment.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
    except OverflowError:
        raise toml.error("lies too far away", key) from None
