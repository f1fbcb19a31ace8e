"""From one state to the next (rules 1 to 4)."""

from dataclasses import replace

from wayseal.market.types import Sight
from wayseal.market.watch.types import AWAY, HOUR, Glance, News, Notice, Policy, RemovalAsked, State, Target

Event = Glance | RemovalAsked


def first_seen(source: str, key: str, at: int, ways: tuple[str, ...]) -> Target:
    """A target that was seen for the first time."""
    return Target(
        source=source,
        key=key,
        state=State.SEEN,
        since=at,
        first_seen=at,
        last_seen=at,
        last_look=at,
        ways=ways,
    )


def step(target: Target, event: Event, policy: Policy) -> tuple[Target, tuple[Notice, ...]]:
    """What a target is after something happened to it, and what is to be told.

    Args:
        target: As it was.
        event: A look at it, or a request; none is older than the one before.
        policy: When something counts as gone.

    Returns:
        The target as it is, and notices.
    """
    if isinstance(event, RemovalAsked):
        asked = target.state in (State.SEEN, State.BACK)
        return (replace(target, state=State.ASKED, since=event.at) if asked else target), ()
    looked = replace(target, last_look=event.at, next_way=_after(target, event.way))
    if event.sight is Sight.UNSEEN:
        return _unseen(looked, event, policy)
    notices = [_tell(target, event, News.SIGHTED)] if target.blind >= policy.blind_after else []
    looked = replace(looked, blind=0, looks=target.looks + 1)
    after, more = _seen(looked, event) if event.sight is Sight.SEEN else _missed(looked, event, policy)
    return after, (*notices, *more)


def _after(target: Target, way: str) -> int:
    return (target.ways.index(way) + 1) % len(target.ways) if way in target.ways else target.next_way


def _unseen(target: Target, event: Glance, policy: Policy) -> tuple[Target, tuple[Notice, ...]]:
    blind = target.blind + 1
    notices = (_tell(target, event, News.BLIND),) if blind == policy.blind_after else ()
    return replace(target, blind=blind), notices


def _seen(target: Target, event: Glance) -> tuple[Target, tuple[Notice, ...]]:
    seen = replace(target, last_seen=event.at, missed=(), missed_at=0)
    if target.state in AWAY:
        return replace(seen, state=State.BACK, since=event.at), (_tell(target, event, News.BACK),)
    return seen, ()


def _missed(target: Target, event: Glance, policy: Policy) -> tuple[Target, tuple[Notice, ...]]:
    if target.state in AWAY:
        return target, ()
    missed = replace(target, missed=(*target.missed, event.way), missed_at=target.missed_at or event.at)
    enough = (
        len(missed.missed) >= policy.misses
        and len(set(missed.missed)) >= policy.ways
        and event.at - missed.missed_at >= policy.hours * HOUR
    )
    if not enough:
        return missed, ()
    asked = target.state is State.ASKED
    state, news = (State.REMOVED, News.REMOVED) if asked else (State.GONE, News.GONE)
    return replace(missed, state=state, since=event.at, gone_at=target.last_seen), (_tell(target, event, news),)


def _tell(target: Target, event: Glance, news: News) -> Notice:
    return Notice(source=target.source, key=target.key, at=event.at, news=news, hindrance=event.hindrance)
