"""Rights against use in words, as blocks that are shown as text or as a page."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wayseal.detect.rights._map import Reach
from wayseal.detect.rights._result import (
    Dormant,
    DormantReason,
    Mandate,
    Overlap,
    RightsResult,
    RightUse,
    RoleUse,
    Wider,
)
from wayseal.model.times import day_name
from wayseal.page import Document, Report, Section, Table
from wayseal.page.numbers import DASH
from wayseal.page.programs import dump_row

MOST = 50
"""Most rows of a list on a page; the JSON report has all."""
_DAY = 86_400_000_000


class RightsSections(Report[RightsResult]):
    """The sections of one result by one translator."""

    texts, area = __package__, "rights"

    def sections(self) -> list[Section]:
        """All that have something to say."""
        found = [
            self._rights(),
            self._roles(),
            self._smallest(),
            self._people(),
            self._mandates(),
            self._dormant(),
            self._wider(),
            self._shared(),
            self._untrained(),
            self._beyond(),
        ]
        return [section for section in found if section.table and section.table.rows]

    def _listed(
        self, key: str, head: Sequence[str], rows: Sequence[tuple[str, ...]], right: Iterable[int] = (), note: str = ""
    ) -> Section:
        """A section with the first rows of a list, and how many more there are."""
        table = Table(head=tuple(map(self.say, head)), rows=tuple(rows[:MOST]), numbers=frozenset(right))
        more = (self.say("more", n=len(rows) - MOST),) if len(rows) > MOST else ()
        return Section(title=self.say(key), note=note or self.say(f"{key}_note"), table=table, points=more)

    def _rights(self) -> Section:
        rows = [
            (
                self.translator.id(x.right),
                self._permits(x),
                f"{x.holders:,}",
                _number(x.users),
                _number(x.reads),
                _number(x.needed),
            )
            for x in self.r.rights
        ]
        return self._listed("rights", ("right", "permits", "holders", "users", "count", "needed"), rows, range(2, 6))

    def _permits(self, x: RightUse) -> str:
        if not x.known:
            return self.say("permits_unknown")
        if not x.actions:
            return self.say("permits_widens" if x.scope == Reach.ALL else "permits_nothing")
        return self.say(f"permits_{x.scope}", actions=self.translator.values(*x.actions))

    def _roles(self) -> Section:
        """Rights by role: unused ones first, then by the share of holders who used them."""
        pairs = [(role, x) for role in self.r.roles for x in role.rights if x.users is not None]
        pairs.sort(key=lambda pair: ((pair[1].users or 0) / pair[1].holders, -pair[1].holders))
        rows = [
            (
                self.translator.value(role.role),
                self.translator.id(x.right),
                f"{x.holders:,}",
                _number(x.users),
                _number(x.needed),
            )
            for role, x in pairs
        ]
        return self._listed("roles", ("role", "right", "holders", "users", "needed"), rows, range(2, 5))

    def _smallest(self) -> Section:
        rows = [
            (
                self.translator.value(x.role),
                f"{x.accounts:,}",
                self._names(r.right for r in x.rights),
                self._names(x.smallest),
                self._missing(x),
            )
            for x in self.r.roles
            if x.smallest is not None
        ]
        return self._listed("smallest", ("role", "accounts", "held", "smallest_set", "missing"), rows, (1,))

    def _missing(self, x: RoleUse) -> str:
        return self.translator.joined(
            self.say(f"permits_{n.scope}", actions=self.translator.value(n.action)) for n in x.missing
        )

    def _set(self, smallest: Sequence[str] | None) -> str:
        return DASH if smallest is None else self._names(smallest) or self.say("none")

    def _who(self, x: Any) -> tuple[str, str]:
        """An account and its role, as cells."""
        return self.translator.id(x.actor), self.translator.value(x.role)

    def _names(self, names: Iterable[str]) -> str:
        return self.translator.joined(self._ids(*names))

    def _ids(self, *texts: str) -> tuple[str, ...]:
        """Ids, or nothing, as cells."""
        return tuple(self.translator.id(text) if text else "" for text in texts)

    def _people(self) -> Section:
        """Of rights that nobody of a role used the role's list speaks."""
        dead = {role.role: {x.right for x in role.rights if x.unused} for role in self.r.roles}
        unused = [(x, [n for n in x.unused if n not in dead[x.role]]) for x in self.r.people]
        rows = [
            (*self._who(x), self._names(names), self._set(x.smallest))
            for x, names in sorted(unused, key=lambda pair: (-len(pair[1]), pair[0].role, pair[0].actor))
            if names
        ]
        return self._listed("people", ("actor", "role", "unused", "smallest_set"), rows)

    def _mandates(self) -> Section:
        rows = [
            (*self._who(x), self._names(x.rights), *(f"{n:,}" for n in (x.own, x.mandate, x.unexplained)))
            for x in self.r.mandates
        ]
        head = ("actor", "role", "right", "own", "mandate", "unexplained")
        needless = sum(map(_needless, self.r.mandates))
        return self._listed("mandates", head, rows, (3, 4, 5), self.say("mandates_note", n=needless))

    def _dormant(self) -> Section:
        rows = [
            (*self._who(x), self._why(x), self._moment(x.last), f"{x.reads:,}" if x.reads else "")
            for x in self.r.dormant
        ]
        return self._listed("dormant", ("actor", "role", "why", "last", "count"), rows, (4,))

    def _why(self, x: Dormant) -> str:
        if x.why is DormantReason.CLOSED:
            return self.say("why_closed", day=self._moment(x.closed))
        return self.say(f"why_{x.why}")

    def _wider(self) -> Section:
        rows = [(*self._who(x), self.translator.id(x.right), self._apart(x), self._yes(x.used)) for x in self.r.wider]
        return self._listed("wider", ("actor", "role", "right", "peers", "used"), rows)

    def _apart(self, x: Wider) -> str:
        return self.say(f"apart_{x.why}", n=x.same, peers=x.peers)

    def _yes(self, used: bool | None) -> str:
        return DASH if used is None else self.say("yes" if used else "no")

    def _shared(self) -> Section:
        rows = [
            (*self._who(x), *(self._overlap(o) for o in (x.devices, x.addresses, x.sessions))) for x in self.r.shared
        ]
        return self._listed("shared", ("actor", "role", "devices", "addresses", "sessions"), rows)

    def _overlap(self, x: Overlap | None) -> str:
        if x is None:
            return DASH
        key = "overlap" if x.peers is None else "overlap_peers"
        return self.say(key, days=x.days, active=x.active, most=x.most, a_day=x.a_day, peers=x.peers)

    def _untrained(self) -> Section:
        rows = [
            (*self._who(x), self._moment(x.until) or self.say("never"), self._moment(x.last), f"{x.reads:,}")
            for x in self.r.untrained
        ]
        return self._listed("untrained", ("actor", "role", "until", "last", "count"), rows, (4,))

    def _beyond(self) -> Section:
        """By role and action: where a whole role does it, the file of rights is wrong, or the system."""
        groups: dict[tuple[str, str], list[int]] = {}
        for x in self.r.beyond:
            total = groups.setdefault((x.role, x.action), [0, 0, 0])
            for place, n in enumerate((1, x.reads, x.own)):
                total[place] += n
        rows = [
            (
                self.translator.value(role),
                self.translator.value(action),
                f"{total[0]:,}",
                f"{total[1]:,}",
                f"{total[2]:,}",
            )
            for (role, action), total in sorted(groups.items(), key=lambda g: -g[1][1])
        ]
        return self._listed("beyond", ("role", "action", "accounts", "count", "own"), rows, (2, 3, 4))

    def _moment(self, us: int | None) -> str:
        """The local day of a time."""
        offset = self.r.period.offset if self.r.period else 0
        return "" if us is None else day_name((us + offset) // _DAY)


def _number(n: int | None) -> str:
    return DASH if n is None else f"{n:,}"


def _needless(x: Mandate) -> bool:
    return x.needless


class _ReportBuilder(RightsSections):
    def keys(self) -> Mapping[str, object]:
        return dump_row(self.r)

    def document(self) -> Document:
        r, say = self.r, self.say
        sections = [] if r.period is None else self.sections()
        if r.not_judged:
            points = tuple(say(f"lacks_{name.replace('.', '_')}") for name in r.not_judged)
            sections.append(Section(title=say("lacks"), note=say("lacks_note"), points=points))
        unused = sum(right.unused for role in r.roles for right in role.rights)
        known = r.period is not None
        return Document(
            title=say("title"),
            headline=say("headline", rights=unused, accounts=len(noted(r))) if known else say("headline_none"),
            lede=(self._lede(),),
            facts=tuple(self._facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((say("digest"), self.translator.id(r.ledger_digest)),),
            command=shlex.join(
                ["wayseal", "rights", "LEDGER", "--days", str(r.days), "--format", "html", "--out", "rights.html"]
            ),
            footer=say("footer"),
        )

    def _lede(self) -> str:
        period = self.r.period
        if period is None:
            return self.say("lede_none")
        return self.say("lede_whole" if period.whole else "lede_short", days=period.asked, covered=period.covered)

    def _facts(self) -> list[tuple[str, str]]:
        r, period = self.r, self.r.period
        if period is None:
            return []
        first, last = day_name(period.first), day_name(period.last)
        rows = [
            ("period", self.say("period_value", first=first, last=last, n=period.covered)),
            ("accounts", f"{r.accounts:,}"),
            ("reads", f"{r.reads:,}"),
        ]
        if period.silent:
            rows.append(("silent", f"{period.silent:,}"))
        return [(self.say(key), value) for key, value in rows]


render_rights = _ReportBuilder.render


def noted(r: RightsResult) -> frozenset[str]:
    """Accounts that a list about single accounts names, but those whose rights are merely unused."""
    found = {d.actor for d in r.dormant} | {w.actor for w in r.wider} | {s.actor for s in r.shared}
    found |= {u.actor for u in r.untrained} | {m.actor for m in r.mandates if m.needless}
    return frozenset(found)
