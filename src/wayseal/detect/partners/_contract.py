"""Contracts with partners. A part that a contract says nothing of is empty, or None, and isn't checked.

All contracts of a folder: one TOML file a contract.

1. Every file whose name ends in .toml is a contract; others, hidden ones and folders are left alone.
2. A folder without one is refused: checking against nothing would look like a clean result.
3. An actor stands in one contract only.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wayseal.detect.errors import ContractError
from wayseal.model.errors import disk_says
from wayseal.model.kinds import Action
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Text, TomlText, needs, one_or_more, parsed_by
from wayseal.model.times import EPOCH

Network = IPv4Network | IPv6Network
DEFAULT_OFFSET = timedelta(hours=8)
"""Of hours and days, where a contract names none: China's."""
PARTS = (
    *("valid_from", "valid_to", "fields", "purposes", "actions", "hours", "addresses"),
    *("volume.waybills_per_day", "volume.calls_per_day", "volume.calls_per_hour"),
    *("products.channels", "products.customers", "products.goods_classes"),
)
"""The parts that a contract can bound, by key; a part that is not bounded is said to be so."""
NONE = N_("needs at least one; without the key nothing is checked")
Texts = Annotated[frozenset[Text], one_or_more(frozenset[Text], empty=NONE)]
Count = Annotated[int, Field(gt=0, lt=1 << 62), needs(N_("needs a whole number above 0"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """At most so much. A call is one read of one waybill; a day and an hour are local."""

    __pydantic_config__: ClassVar = CLOSED
    waybills_per_day: Count | None = None
    calls_per_day: Count | None = None
    calls_per_hour: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Which waybills: all that fit each part that is not empty."""

    __pydantic_config__: ClassVar = CLOSED
    channels: Texts = frozenset()
    customers: Texts = frozenset()
    goods_classes: Texts = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One partner's contract.

    partner: its name in reports. actors: its ids, as in `actors`. offset: of local days and hours from UTC. since,
    until: in force between these (µs since 1970, the second excluded). fields: shown for any purpose; by_purpose: what
    more for one. hours: (from, to) in minutes of the local day, the second excluded; from > to goes over midnight.
    """

    file: Path
    partner: str
    actors: tuple[str, ...]
    offset: timedelta = DEFAULT_OFFSET
    since: int | None = None
    until: int | None = None
    fields: frozenset[str] = frozenset()
    by_purpose: Mapping[str, frozenset[str]] = field(default_factory=dict)
    purposes: frozenset[str] = frozenset()
    actions: frozenset[Action] = frozenset()
    hours: tuple[tuple[int, int], ...] = ()
    addresses: tuple[Network, ...] = ()
    volume: Volume = field(default_factory=Volume)
    products: Products = field(default_factory=Products)

    @property
    def offset_us(self) -> int:
        """The offset in microseconds."""
        return self.offset // timedelta(microseconds=1)

    @property
    def silent(self) -> tuple[str, ...]:
        """The keys of `PARTS` of which nothing was agreed."""
        v, p = self.volume, self.products
        said = {
            "valid_from": self.since is not None,
            "valid_to": self.until is not None,
            "fields": bool(self.fields or self.by_purpose),
            "purposes": bool(self.purposes),
            "actions": bool(self.actions),
            "hours": bool(self.hours),
            "addresses": bool(self.addresses),
            "volume.waybills_per_day": v.waybills_per_day is not None,
            "volume.calls_per_day": v.calls_per_day is not None,
            "volume.calls_per_hour": v.calls_per_hour is not None,
            "products.channels": bool(p.channels),
            "products.customers": bool(p.customers),
            "products.goods_classes": bool(p.goods_classes),
        }
        return tuple(key for key in PARTS if not said[key])


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


MOST_BYTES = 1 << 20


def load_contracts(folder: Path) -> tuple[Contract, ...]:
    """The contracts of a folder, by the names of their files (rules 1 to 3); ContractError names the first mistake."""
    folder = Path(folder)
    if not folder.exists():
        raise ContractError("there is no such folder", file=folder)
    if not folder.is_dir():
        raise ContractError("is no folder; contracts lie in one, a file each", file=folder)
    try:
        files = sorted(p for p in folder.iterdir() if p.suffix == ".toml" and p.name[0] != "." and p.is_file())
    except OSError as error:
        raise ContractError("can't be read ({reason})", file=folder, reason=disk_says(error)) from error
    if not files:
        raise ContractError("no contract is in this folder (no .toml file)", file=folder)
    made: list[Contract] = []
    holder: dict[str, Path] = {}
    for file in files:
        contract = parse_contract(_content(file), file)
        for actor in contract.actors:
            if actor in holder:
                raise ContractError(
                    "one of these ids stands in {other} too", file=file, key="actors", other=holder[actor].name
                )
            holder[actor] = file
        made.append(contract)
    return tuple(made)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ContractError("can't be read ({reason})", file=file, reason=disk_says(error)) from error
    if len(data) > MOST_BYTES:
        raise ContractError("is larger than 1 MiB; this is no contract", file=file)
    return data
