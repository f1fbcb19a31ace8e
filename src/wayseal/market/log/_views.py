"""What the tables say, as the room's other folders take it: offers to link, words, requests, targets to look at."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wayseal.market.log._tables import JARGON, LOOKS, OFFERS, REMOVALS, SOURCES, TOLD, WORDS
from wayseal.market.log.types import EntryKind
from wayseal.market.removals import Request, follow
from wayseal.market.removals.types import (
    AccusedAnswered,
    Act,
    Answer,
    Answered,
    Asked,
    Heard,
    Reminded,
    Removed,
    Withdrawn,
)
from wayseal.market.sellers import Join, Offer, Split
from wayseal.market.types import Handle, HandleKind, Hindrance, Sight
from wayseal.market.watch import NotMade, Planned, first_seen, step
from wayseal.market.watch.types import Glance, Notice, Policy, RemovalAsked, Target
from wayseal.store.statements import Connection, Store

_WAYS = ("page", "list")


class Views:
    """What is asked of a record."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def _rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._store.read(lambda connection: connection.rows(text, values))

    def ask(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement over the tables, which docs/market-record.md names."""
        return self._rows(text, values)

    def sources(self) -> dict[str, Mapping[str, Any]]:
        """Settings of each source, as they are now."""
        rows = self._rows(f"SELECT source, settings FROM {SOURCES.name} ORDER BY source")
        return {source: json.loads(settings) for source, settings in rows}

    def offers_to_link(self, kinds: Sequence[str] = ()) -> list[Offer]:
        """Offers as linking takes them. kinds: of readings; none: all."""
        text = (
            f"SELECT offer, source, shop, first_at, last_at, capture, title, text, handles, pictures FROM {OFFERS.name}"
        )
        where = f" WHERE kind IN ({', '.join('?' for _ in kinds)})" if kinds else ""
        return [_offer(row) for row in self._rows(f"{text}{where} ORDER BY first_at, offer", tuple(kinds))]

    def words(self) -> list[Join | Split]:
        """What people said of who belongs together, without what was taken back."""
        rows = self._rows(f"SELECT kind, a, b FROM {WORDS.name} WHERE undone IS NULL ORDER BY line")
        return [Join(a=a, b=b) if kind == EntryKind.JOINED else Split(a=a, b=b) for kind, a, b in rows]

    def requests(self) -> tuple[Request, ...]:
        """Requests for removal as they stand."""
        rows = self._rows(f"SELECT request, kind, at, who, body FROM {REMOVALS.name} ORDER BY line")
        return follow(_act(*row) for row in rows)

    def accepted_words(self) -> dict[str, str]:
        """Words of the trade that people took in, and what they mean."""
        return dict(self._rows(f"SELECT word, means FROM {JARGON.name} ORDER BY line"))

    def told(self, notice: str) -> set[str]:
        """Keys of what was told already."""
        return {key for (key,) in self._rows(f"SELECT about FROM {TOLD.name} WHERE notice = ?", (notice,))}

    def targets(self, policy: Policy) -> tuple[dict[tuple[str, str], Target], tuple[Notice, ...]]:
        """All that is followed, by source and key, as it stands, and all notices that there ever were."""
        found: dict[tuple[str, str], Target] = {}
        notices: list[Notice] = []
        for source, key, event in self._store.read(self._events):
            known = found.get((source, key))
            if known is None:
                if isinstance(event, Glance) and event.sight is Sight.SEEN:
                    found[source, key] = first_seen(source, key, event.at, self._ways(source))
                continue
            found[source, key], more = step(known, event, policy)
            notices += more
        return found, tuple(notices)

    def _ways(self, source: str) -> tuple[str, ...]:
        ways = self.sources().get(source, {}).get("ways", _WAYS)
        return tuple(str(way) for way in ways) or _WAYS

    def _events(self, connection: Connection) -> list[tuple[str, str, Glance | RemovalAsked]]:
        looks = connection.rows(
            f"SELECT line, source, target, way, at, sight, hindrance FROM {LOOKS.name} WHERE sight <> '' ORDER BY line"
        )
        asked = connection.rows(
            f"SELECT line, at, body FROM {REMOVALS.name} WHERE kind = ? ORDER BY line", (EntryKind.ASKED_REMOVAL.value,)
        )
        events: list[tuple[int, str, str, Glance | RemovalAsked]] = []
        for line, source, target, way, at, sight, hindrance in looks:
            why = Hindrance(hindrance) if hindrance else None
            events.append((line, source, target, Glance(at=at, way=way, sight=Sight(sight), hindrance=why)))
        for line, at, body in asked:
            said = json.loads(body)
            events.append((line, said["source"], said["target"], RemovalAsked(at=at)))
        events.sort(key=lambda event: event[0])
        return [event[1:] for event in events]

    def not_made(self, since: int, until: int) -> Iterator[NotMade]:
        """Planned looks of a time that were not made, with reasons."""
        text = f"SELECT source, target, way, planned_at, reason FROM {LOOKS.name} WHERE sight = '' AND planned_at >= ? "
        for source, target, way, planned_at, reason in self._rows(f"{text}AND planned_at < ?", (since, until)):
            yield NotMade(planned=Planned(at=planned_at, source=source, key=target, way=way), reason=reason)


def _offer(row: Sequence[Any]) -> Offer:
    id_, source, shop, first_at, last_at, capture, title, text, handles, pictures = row
    return Offer(
        id=id_,
        shop=f"{source}/{shop}" if shop else "",
        at=first_at,
        last_at=last_at,
        capture=capture,
        text=f"{title}\n{text}" if title else text,
        handles=tuple(Handle(kind=HandleKind(kind), value=value) for kind, value in json.loads(handles)),
        pictures=tuple((int(hash_, 16), int(mirror, 16)) for hash_, mirror in json.loads(pictures)),
    )


def _act(request: str, kind: str, at: int, who: str, body: str) -> Act:
    said = json.loads(body)
    match EntryKind(kind):
        case EntryKind.ASKED_REMOVAL:
            names = ("source", "target", "url", "address", "rule", "lang")
            captures = tuple(said["captures"])
            return Asked(request=request, at=at, who=who, captures=captures, **{name: said[name] for name in names})
        case EntryKind.ANSWERED:
            return Answered(request=request, at=at, who=who, answer=Answer(said["answer"]), note=said["note"])
        case EntryKind.REMINDED:
            return Reminded(request=request, at=at, who=who)
        case EntryKind.REMOVED:
            return Removed(request=request, at=at, captures=tuple(said["captures"]))
        case EntryKind.WITHDRAWN:
            return Withdrawn(request=request, at=at, who=who, why=said["why"])
        case EntryKind.ACCUSED_ANSWER:
            return AccusedAnswered(request=request, at=at, said=said["said"])
        case _:
            return Heard(request=request, at=at, who=who, why=said["why"])
