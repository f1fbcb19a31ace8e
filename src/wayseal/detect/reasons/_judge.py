"""One read, judged by one template after the other, with what came nearest where none fits.

What would explain a read of a parcel, template by template: plain Python over plain rows.

This is the same set of rules as the kernel's (obligations 1 to 7 of `explain`), written a second time on
purpose, by rows instead of arrays: tests draw worlds and demand that both name the same template for every read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wayseal.detect.explain import Template, TemplateKind
from wayseal.detect.reasons._world import Account, Parcel, Post, World, is_work
from wayseal.model.kinds import Scope

HOUR, DAY = 3_600_000_000, 86_400_000_000
LIFE, OPEN = 3 * DAY, 14 * DAY
"""How long a parcel is under way at least, and how long a ticket that nobody closed counts as open (µs)."""
FAR = 1 << 62
"""So far off (µs) that nothing is."""
Values = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Something that explains reads from `low` to `high` (µs, both included) by whom it concerns.

    what: scan, route, ticket, colleague, channel, customer, area, right; nearby and nearend: a scan and an end of the
    route in the account's city. mine: whether it concerns the account; post:
    through which post it does, None where it needs none.
    """

    what: str
    values: Values
    mine: bool
    low: int = -FAR
    high: int = FAR
    post: Post | None = None

    def off(self, at: int) -> int:
        """How far the read lies outside (µs), negative before it; 0 inside."""
        return min(at - self.low, 0) or max(at - self.high, 0)

    def explains(self, at: int) -> bool:
        """True if it explains a read at that time."""
        return self.mine and self.off(at) == 0 and (self.post is None or self.post.holds(at))


def possible_explanations(template: Template, account: Account, parcel: Parcel, world: World) -> Iterator[Explanation]:
    """All that a template would look at."""
    return _OF[template.by](template, account, parcel, world)


def _custody(template: Template, account: Account, parcel: Parcel, world: World) -> Iterator[Explanation]:
    """Obligation 1 of the kernel."""
    work = [post for post in account.posts if is_work(world, post)]
    for what, outlet, values, span in _passings(template, parcel):
        yield from _by_posts(work, Scope.OUTLET, outlet, what, values, span)


def _city(template: Template, account: Account, parcel: Parcel, world: World) -> Iterator[Explanation]:
    """Obligation 7 of the kernel."""
    offices = world.offices
    work = [post for post in account.posts if is_work(world, post)]
    for what, outlet, values, span in _passings(template, parcel):
        if outlet not in offices:
            continue
        city = offices[outlet].city
        told = {**values, "area": city}
        mine = [post for post in work if post.value in offices and offices[post.value].city == city]
        near = "nearby" if what == "scan" else "nearend"
        for post in mine:
            yield Explanation(
                what=near, values={**told, "own": post.value}, mine=True, low=span[0], high=span[1], post=post
            )
        if not mine:
            yield Explanation(what=near, values=told, mine=False, low=span[0], high=span[1])


def _passings(template: Template, parcel: Parcel) -> Iterator[tuple[str, str, Values, tuple[int, int]]]:
    """Where the parcel was or will be: what says so, outlet, values, and when that explains reads."""
    for scan in parcel.scans:
        values: Values = {"outlet": scan.outlet, "at": scan.at}
        yield "scan", scan.outlet, values, (scan.at - template.before, scan.at + template.after)
    if (route := parcel.route) is not None:
        last = max((scan.at for scan in parcel.scans), default=route.issued)
        span = (route.issued - HOUR, max(route.issued + LIFE, last) + template.after)
        for outlet in (route.origin, route.destination):
            yield "route", outlet, {"outlet": outlet, "issued": route.issued}, span


def _ticket(template: Template, account: Account, parcel: Parcel, world: World) -> Iterator[Explanation]:
    """Obligation 2 of the kernel."""
    for one in parcel.tickets:
        end = one.opened + OPEN if one.closed is None else one.closed
        values: dict[str, str | int] = {"ticket": one.ticket, "holder": one.actor, "opened": one.opened}
        values |= {} if one.closed is None else {"closed": one.closed}
        if template.by is TemplateKind.TICKET:
            what, mine = "ticket", one.actor == account.actor
        else:
            team, theirs = account.team, world.account(one.actor).team
            what, mine = "colleague", one.actor != account.actor and team is not None and team == theirs
        yield Explanation(
            what=what, values=values, mine=mine, low=one.opened - template.before, high=end + template.after
        )


def _channel(template: Template, account: Account, parcel: Parcel, world: World) -> Iterator[Explanation]:
    """Obligation 3 of the kernel."""
    if parcel.route is not None:
        value = parcel.route.channel
        yield from _by_posts(account.posts, Scope.CHANNEL, value, "channel", {"channel": value})


def _customer(template: Template, account: Account, parcel: Parcel, world: World) -> Iterator[Explanation]:
    """Obligation 3 of the kernel."""
    if parcel.route is not None and parcel.route.customer:
        value = parcel.route.customer
        yield from _by_posts(account.posts, Scope.CUSTOMER, value, "customer", {"customer": value})


def _responsibility(template: Template, account: Account, parcel: Parcel, world: World) -> Iterator[Explanation]:
    """Obligation 4 of the kernel."""
    for place in dict.fromkeys(parcel.places()):
        office = world.offices.get(place)
        if office is None:
            continue
        for scope, value in ((Scope.CITY, office.city), (Scope.REGION, office.region)):
            yield from _by_posts(account.posts, scope, value, "area", {"outlet": place, "area": value, "scope": scope})


def _mandate(template: Template, account: Account, parcel: Parcel, world: World) -> Iterator[Explanation]:
    """Obligation 5 of the kernel: whoever the template is for holds one of its rights."""
    held = sorted((template.rights & account.rights) - world.common.keys())
    if held:
        yield Explanation(what="right", values={"right": held[0]}, mine=True)


def _by_posts(
    posts: Iterable[Post],
    scope: Scope,
    value: str,
    what: str,
    values: Values,
    span: tuple[int, int] = (-FAR, FAR),
) -> Iterator[Explanation]:
    """A ground for each post by which it concerns the account; one that doesn't concern it where there is none."""
    mine = [post for post in posts if post.scope is scope and post.value == value]
    for post in mine:
        yield Explanation(what=what, values=values, mine=True, low=span[0], high=span[1], post=post)
    if not mine:
        yield Explanation(what=what, values=values, mine=False, low=span[0], high=span[1])


_OF: Mapping[TemplateKind, Callable[[Template, Account, Parcel, World], Iterator[Explanation]]] = {
    TemplateKind.CUSTODY: _custody,
    TemplateKind.TICKET: _ticket,
    TemplateKind.HANDOVER: _ticket,
    TemplateKind.CHANNEL: _channel,
    TemplateKind.CUSTOMER: _customer,
    TemplateKind.RESPONSIBILITY: _responsibility,
    TemplateKind.MANDATE: _mandate,
    TemplateKind.CITY: _city,
}


class Outcome(StrEnum):
    """The outcome of trying a template.

    fits: it explains the read. early, late: the read lies before or after the time for which it would. post: what
    concerns the account did so at another time. other: it concerns somebody else. nothing: there is nothing of the
    kind. role, kind, right, action: the template is not for this account or read. common: the right says nothing, since
    too many hold it.
    """

    FITS = "fits"
    EARLY = "early"
    LATE = "late"
    POST = "post"
    OTHER = "other"
    NOTHING = "nothing"
    ROLE = "role"
    KIND = "kind"
    RIGHT = "right"
    COMMON = "common"
    ACTION = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A template that was tried: how it went, and the ground that fits or comes nearest (None: there is none)."""

    template: Template
    how: Outcome
    explanation: Explanation | None = None


def try_templates(
    at: int, action: str, account: Account, parcel: Parcel, world: World, templates: Sequence[Template]
) -> tuple[Trial, ...]:
    """The templates in their order, up to the first that fits. at: µs; action: "" where the log doesn't say."""
    out: list[Trial] = []
    for template in templates:
        out.append(_try_one(at, action, account, parcel, world, template))
        if out[-1].how is Outcome.FITS:
            break
    return tuple(out)


def _try_one(at: int, action: str, account: Account, parcel: Parcel, world: World, template: Template) -> Trial:
    if (how := _exclusion(action, account, template, world)) is not None:
        return Trial(template=template, how=how)
    found = list(possible_explanations(template, account, parcel, world))
    for explanation in found:
        if explanation.explains(at):
            return Trial(template=template, how=Outcome.FITS, explanation=explanation)
    if not found:
        return Trial(template=template, how=Outcome.NOTHING)
    nearest = min(found, key=lambda explanation: _distance(explanation, at))
    return Trial(template=template, how=_missing(nearest, at), explanation=nearest)


def _exclusion(action: str, account: Account, template: Template, world: World) -> Outcome | None:
    """Why a template is not for an account or a read; None where it is for both."""
    if template.roles and account.role not in template.roles:
        return Outcome.ROLE
    if template.kinds and account.kind not in template.kinds:
        return Outcome.KIND
    if template.rights and not template.rights & account.rights:
        return Outcome.RIGHT
    if template.by is TemplateKind.MANDATE and not (template.rights & account.rights) - world.common.keys():
        return Outcome.COMMON
    return Outcome.ACTION if template.actions and action not in template.actions else None


def _distance(explanation: Explanation, at: int) -> tuple[bool, bool, int, int]:
    """Order by nearness: what concerns the account, then what does so at that time, then by time."""
    off_post = explanation.post is not None and not explanation.post.holds(at)
    return not explanation.mine, off_post, abs(explanation.off(at)), abs(at - int(explanation.values.get("at", FAR)))


def _missing(explanation: Explanation, at: int) -> Outcome:
    """The gates that keep a ground from explaining the read."""
    if not explanation.mine:
        return Outcome.OTHER
    if explanation.post is not None and not explanation.post.holds(at):
        return Outcome.POST
    return Outcome.EARLY if explanation.off(at) < 0 else Outcome.LATE


def nearest_trial(found: Sequence[Trial], at: int) -> Trial | None:
    """Of all that was tried, what explains a read or comes nearest; None where no table has anything to do with it."""
    if found and found[-1].how is Outcome.FITS:
        return found[-1]
    some = [(_distance(one.explanation, at), place) for place, one in enumerate(found) if one.explanation is not None]
    return found[min(some)[1]] if some else None


def is_early(at: int, parcel: Parcel) -> bool:
    """Tell if a read came before the parcel's first scan."""
    return bool(parcel.scans) and at < min(scan.at for scan in parcel.scans)


def classify(found: Sequence[Trial], parcel: Parcel) -> str:
    """mandate, strong, weak, unexplained or unknown (obligation 6 of the kernel)."""
    if found and found[-1].how is Outcome.FITS:
        template = found[-1].template
        if template.by is TemplateKind.MANDATE:
            return "mandate"
        return "strong" if template.strong else "weak"
    return "unexplained" if parcel.known else "unknown"
