"""Accounts, places and one parcel as people speak of them: plain rows of the contract, for judging a single read.

Times are µs since 1970. Rules 1 to 5 of `explain._posts` hold here too, but nothing of its code is used.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Annotated, Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from wayseal.detect.explain import EVERYBODY, MANY
from wayseal.model.kinds import OutletKind, Scope
from wayseal.page.programs import Moment, OrNull, alias


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A place or a task of an account. since, until (not included): None where `actors` gives it without an end."""

    scope: Scope
    value: str
    since: Annotated[Moment | None, alias("from")] = None
    until: Annotated[Moment | None, alias("to")] = None

    def holds(self, at: int) -> bool:
        """True if it was the account's at that time."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account that reads. role, kind, outlet, region: "" where `actors` doesn't say."""

    actor: Annotated[str, alias("id")]
    role: OrNull = ""
    kind: OrNull = ""
    outlet: OrNull = ""
    region: OrNull = ""
    rights: Annotated[frozenset[str], Field(exclude=True)] = frozenset()
    posts: tuple[Post, ...] = ()

    @property
    def team(self) -> tuple[str, str, str] | None:
        """The key of colleagues: the role and the outlet, or without one the region. None: it has no colleagues."""
        if self.outlet:
            return self.role, self.outlet, ""
        return (self.role, "", self.region) if self.region else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A place of the courier's network."""

    outlet: str
    kind: str
    city: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A scan of the parcel."""

    at: int
    outlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket about the parcel. closed: None while it is open."""

    ticket: str
    actor: str
    opened: int
    closed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The parcel's row in `waybills`. customer: "" for none."""

    issued: int
    channel: str
    origin: str
    destination: str
    customer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """All that the tables say of one waybill. scans, tickets: by time."""

    route: Route | None = None
    scans: tuple[Scan, ...] = ()
    tickets: tuple[Ticket, ...] = ()

    @property
    def known(self) -> bool:
        """True if any table says anything of it."""
        return bool(self.route or self.scans or self.tickets)

    def places(self) -> Iterator[str]:
        """Outlets that it touches: the ends of its route, then where it was scanned."""
        if self.route:
            yield from (self.route.origin, self.route.destination)
        yield from (scan.outlet for scan in self.scans)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Who there is and where. Accounts that only assignments know are there too.

    common: rights that so many accounts hold that they say nothing of work, with the share that does.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)
    offices: Mapping[str, Office] = field(default_factory=dict)
    common: Mapping[str, float] = field(default_factory=dict)

    def account(self, actor: str) -> Account:
        """The account; one that no table knows has no role, no place and no rights."""
        return self.accounts.get(actor) or Account(actor=actor)


_ACCOUNT = ("actor", "role", "kind", "outlet", "region", "rights")
_POST = ("actor", "scope", "value", "from", "to")
_HOME = ("actor", "outlet", "since")
_KEPT = 4_096
"""Accounts that are kept as they were made."""


class _Accounts(Mapping[str, Account]):
    """Accounts of two tables, made when somebody asks: of some hundred thousand, a page needs a few."""

    def __init__(self, actors: pa.Table, assignments: pa.Table, said: pa.Table | None) -> None:
        self._actors = actors.select(list(_ACCOUNT)).sort_by("actor").combine_chunks()
        self._said = None if said is None else said.select(list(_HOME)).sort_by("actor").combine_chunks()
        self._assignments = assignments.select(list(_POST)).sort_by("actor").combine_chunks()
        self._made: dict[str, Account] = {}

    def __getitem__(self, actor: str) -> Account:
        account = self._made.get(actor) or self._make(actor)
        if len(self._made) >= _KEPT:
            self._made.clear()
        self._made[actor] = account
        return account

    def _make(self, actor: str) -> Account:
        """Of the last row in `actors`, and all in `assignments`; its outlets as they were named one after the other."""
        rows = list(_rows(_of_actor(self._actors, actor), _ACCOUNT))
        posts = tuple(
            Post(scope=Scope(row["scope"]), value=row["value"], since=row["from"], until=row["to"])
            for row in _rows(_of_actor(self._assignments, actor), _POST)
        )
        if not rows:
            if not posts:
                raise KeyError(actor)
            return Account(actor=actor, posts=posts)
        row = rows[-1]
        said = [row | {"since": None}] if self._said is None else list(_rows(_of_actor(self._said, actor), _HOME))
        ends = [*(after["since"] for after in said[1:]), None]
        home = (
            Post(scope=Scope.OUTLET, value=one["outlet"], since=one["since"], until=end)
            for one, end in zip(said, ends, strict=True)
            if one["outlet"]
        )
        return Account(
            actor=actor,
            role=row["role"],
            kind=row["kind"],
            outlet=row["outlet"] or "",
            region=row["region"] or "",
            rights=frozenset(row["rights"] or ()),
            posts=(*home, *posts),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(chain(*(table["actor"].to_pylist() for table in (self._actors, self._assignments)))))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _of_actor(table: pa.Table, actor: str) -> pa.Table:
    """Rows of an actor, in their order, of a table that is sorted by `actor`."""
    column, places = table["actor"], range(len(table))
    start = bisect_left(places, actor, key=lambda place: column[place].as_py())
    return table.slice(start, bisect_right(places, actor, start, key=lambda place: column[place].as_py()) - start)


def world_of(actors: pa.Table, outlets: pa.Table, assignments: pa.Table, said: pa.Table | None = None) -> World:
    """The world that three tables of the contract describe. said: `Snapshot.history` of `actors`; None: they alone."""
    offices = {
        row["outlet"]: Office(outlet=row["outlet"], kind=row["kind"], city=row["city"], region=row["region"])
        for row in outlets.select(["outlet", "kind", "city", "region"]).to_pylist()
    }
    return World(accounts=_Accounts(actors, assignments, said), offices=offices, common=_common_rights(actors))


def _common_rights(actors: pa.Table) -> dict[str, float]:
    """Rights that more than EVERYBODY of MANY or more accounts hold, with the share that does."""
    if len(actors) < MANY:
        return {}
    counts = pc.value_counts(pc.list_flatten(actors["rights"])).to_pylist()
    shares = ((one["values"], one["counts"] / len(actors)) for one in counts)
    return {right: share for right, share in shares if share > EVERYBODY}


def parcel_of(waybills: pa.Table, scans: pa.Table, tickets: pa.Table) -> Parcel:
    """One parcel out of its rows in three tables of the contract."""
    return next(iter(parcels_of(waybills, scans, tickets).values()), Parcel())


def parcels_of(waybills: pa.Table, scans: pa.Table, tickets: pa.Table) -> dict[str, Parcel]:
    """Parcels by number, out of their rows in three tables of the contract; each one's rows in their order."""
    routes: dict[str, Route] = {}
    for row in _rows(waybills, ("waybill", "issued_at", "channel", "origin_outlet", "destination_outlet", "customer")):
        routes[row["waybill"]] = Route(
            issued=row["issued_at"],
            channel=row["channel"],
            origin=row["origin_outlet"],
            destination=row["destination_outlet"],
            customer=row["customer"] or "",
        )
    scanned: dict[str, list[Scan]] = {}
    for row in _rows(scans, ("waybill", "at", "outlet")):
        scanned.setdefault(row["waybill"], []).append(Scan(at=row["at"], outlet=row["outlet"]))
    asked: dict[str, list[Ticket]] = {}
    for row in _rows(tickets, ("waybill", "ticket", "actor", "opened_at", "closed_at")):
        one = Ticket(ticket=row["ticket"], actor=row["actor"], opened=row["opened_at"], closed=row["closed_at"])
        asked.setdefault(row["waybill"], []).append(one)
    return {
        number: Parcel(
            route=routes.get(number), scans=tuple(scanned.get(number, ())), tickets=tuple(asked.get(number, ()))
        )
        for number in sorted({*routes, *scanned, *asked})
    }


def is_work(world: World, post: Post) -> bool:
    """Tell if a post is a place of work: an outlet that isn't a head office, which no parcel passes."""
    office = world.offices.get(post.value)
    return post.scope is Scope.OUTLET and (office is None or office.kind != OutletKind.HEAD_OFFICE)


def _rows(table: pa.Table, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Rows of some columns, times as µs."""
    table = table.select(list(names))
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.int64()))
    return iter(cast("list[dict[str, Any]]", table.to_pylist()))
