"""Parcels that never were in words, as blocks that are shown as text or as a page."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import ClassVar

from wayseal.model.times import day_name
from wayseal.page import Document, Report, Section, Table
from wayseal.page.numbers import DASH, percent
from wayseal.page.numbers import share as as_share
from wayseal.page.programs import dump_row
from wayseal.parcels.result import Code, GroupFinding, NotJudged, ParcelsResult, Reason

SHOWN, DETAILED = 50, 10
"""Most rows of a list on a page, and groups whose reasons are told; the JSON report has all."""


class ParcelsReport(Report[ParcelsResult]):
    """The report of one result by one translator."""

    texts: ClassVar[str] = __package__
    area: ClassVar[str] = "parcels"

    def keys(self) -> Mapping[str, object]:
        """All of it."""
        return dump_row(self.r)

    def document(self) -> Document:
        """Groups first, and at the end what can't be found."""
        r, say = self.r, self.say
        facts = (("seen", r.parcels_seen), ("judged", r.judged), ("early_reads", r.early_reads))
        return Document(
            title=say("title"),
            headline=self._headline(),
            lede=(say("lede", judged=r.judged, seen=r.parcels_seen),),
            facts=(*((say(name), f"{n:,}") for name, n in facts), (say("prior"), as_share(r.prior))),
            sections=tuple(one for one in self.sections() if one.points or one.parts or (one.table and one.table.rows)),
            version=r.wayseal,
            origin=((say("digest"), self.translator.id(r.ledger_digest)),),
            command="wayseal parcels LEDGER --format html --out parcels.html",
            footer=say("footer"),
        )

    def sections(self) -> list[Section]:
        """All, those too that have nothing to say."""
        return [self._groups(), self._why(), self._parcels(), self._askers(), self._abstained(), self._coverage(),
                self._lacking(), self._skills()]  # fmt: skip

    def _headline(self) -> str:
        if not self.r.judged:
            return self.say("headline_unjudged")
        if not self.r.groups:
            return self.say("headline_none", judged=self.r.judged)
        return self.say("headline", groups=len(self.r.groups), parcels=sum(len(g.parcels) for g in self.r.groups))

    def _table(self, name: str, rows: Sequence[tuple[str, ...]], numbers: Sequence[int] = ()) -> Table:
        return Table(
            head=tuple(self.say(f"head_{name}").split(",")), rows=tuple(rows[:SHOWN]), numbers=frozenset(numbers)
        )  # fmt: skip

    def _more(self, n: int) -> tuple[str, ...]:
        return (self.say("more", n=n - SHOWN),) if n > SHOWN else ()

    def _id(self, text: str) -> str:
        return self.translator.id(text) if text else DASH

    def _groups(self) -> Section:
        rows = [
            (self._id(g.sender), self._id(g.outlet), self._id(g.operator), day_name(g.day), percent(g.probability),
             f"{g.size:,}", f"{g.expected:,.1f}")
            for g in self.r.groups
        ]  # fmt: skip
        table = self._table("groups", rows, (4, 5, 6))
        return Section(
            title=self.say("groups"), note=self.say("groups_note"), table=table, points=self._more(len(rows))
        )

    def _why(self) -> Section:
        parts = tuple(self._group(g) for g in self.r.groups[:DETAILED])
        return Section(title=self.say("reasons"), note=self.say("reasons_note"), parts=parts)

    def _group(self, g: GroupFinding) -> Section:
        title = self.translator.joined([self._id(g.sender), self._id(g.outlet), self._id(g.operator), day_name(g.day)])
        return Section(title=title, points=tuple(self.reason(one) for one in g.reasons if one.llr > 0))

    def reason(self, one: Reason) -> str:
        """A fact in words, and how many times as likely it is without a parcel."""
        return self.translator.joined([self.fact(one), self.translator.say("unit.times", nats=one.llr)])

    def fact(self, one: Reason) -> str:
        """A fact in words."""
        beside = "_beside" if one.code is Code.UNREAD and "beside" in one.fact else ""
        return self.say(f"reason_{one.code}{beside}", **one.fact)

    def why_not(self, reason: NotJudged) -> str:
        """Why parcels weren't judged, in words."""
        return self.say("coverage_low" if reason is NotJudged.COVERAGE else reason)

    def _parcels(self) -> Section:
        rows = [
            (self._id(p.waybill), self.say(f"kind_{p.kind}"), percent(p.probability),
             self.reason(p.reasons[0]) if p.reasons and p.reasons[0].llr > 0 else DASH)
            for p in self.r.parcels
        ]  # fmt: skip
        return Section(
            title=self.say("parcels"), table=self._table("parcels", rows, (2,)), points=self._more(len(rows))
        )

    def _askers(self) -> Section:
        t = self.translator
        rows = [
            (t.id(a.asker), t.value(a.kind), t.value(a.role), f"{a.early:,}", f"{a.parcels:,}", percent(a.usual))
            for a in self.r.askers
        ]
        table = self._table("askers", rows, (3, 4, 5))
        return Section(
            title=self.say("askers"), note=self.say("askers_note"), table=table, points=self._more(len(rows))
        )

    def _abstained(self) -> Section:
        rows = [
            (self.why_not(a.reason), self._id(a.outlet), DASH if a.day is None else day_name(a.day),
             DASH if a.coverage is None else as_share(a.coverage), f"{a.parcels:,}")
            for a in self.r.abstained
        ]  # fmt: skip
        table = self._table("abstained", rows, (3, 4))
        more = self._more(len(rows))
        return Section(title=self.say("abstained"), note=self.say("abstained_note"), table=table, points=more)

    def _coverage(self) -> Section:
        places: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for c in self.r.coverage:
            places[c.outlet].append((c.share, c.parcels))
        found = [
            (sum(s * n for s, n in of) / sum(n for _, n in of), place, len(of), min(of)[0])
            for place, of in places.items()
        ]
        rows = [
            (self._id(place), f"{days:,}", as_share(low), as_share(mean)) for mean, place, days, low in sorted(found)
        ]
        table = self._table("coverage", rows, (1, 2, 3))
        more = self._more(len(rows))
        return Section(
            title=self.say("coverage"), note=self.say("coverage_note"), table=table, points=more, closed=True
        )

    def _lacking(self) -> Section:
        return Section(title=self.say("lacking"), points=tuple(map(self._id, self.r.lacking)))

    def _skills(self) -> Section:
        """Rule 7: what can't be found comes first."""
        told = sorted(self.r.skills, key=lambda s: s.found)
        return Section(
            title=self.say("skills"), note=self.say("skills_note"), points=tuple(self.say(s.why) for s in told)
        )  # fmt: skip


render_parcels = ParcelsReport.render
"""The report in a format and a language, as `Report.render` has it."""
