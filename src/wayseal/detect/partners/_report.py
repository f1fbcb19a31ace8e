"""The check of partners in words, as blocks that are shown as text or as a page."""

import shlex
from collections.abc import Mapping, Sequence

from wayseal.detect.partners._reads import DAY_US, HOUR_US
from wayseal.detect.partners._result import (
    VOLUMES,
    Breach,
    CallDay,
    Example,
    Kind,
    Misfit,
    OneSided,
    PartnerCheck,
    PartnersResult,
    Place,
    Reconciliation,
    Skew,
)
from wayseal.model.times import day_name, iso
from wayseal.page import Document, Report, Section, Table, numbers
from wayseal.page.programs import dump_row
from wayseal.page.visible import visible
from wayseal.page.words import AreaTranslator

MOST_NAMED = 5
MOST_DAYS = 14


class Wording(AreaTranslator):
    """How things are said in a report on partners."""

    area = "partners"

    def kind(self, kind: Kind) -> str:
        """A kind of breach by name."""
        return self.say(f"kind_{kind.value}")

    def clock(self, us: int) -> str:
        """A moment in the zone of the reports."""
        moment = numbers.parse(iso(us))
        return numbers.DASH if moment is None else numbers.clock(moment)

    def counted(self, key: str, name: str, n: int) -> str:
        """A name with its count."""
        return self.say(key, name=self.translator.id(name), n=n)

    def some(self, parts: Sequence[str]) -> str:
        """The first few of several things, and how many more there are."""
        rest = len(parts) - MOST_NAMED
        return self.translator.all_of([*parts[:MOST_NAMED], *([self.say("more", n=rest)] if rest > 0 else [])])


class ReconciliationSections(Wording):
    """Says what two logs have in common, and what not."""

    def section(self, partner: PartnerCheck, calls: Reconciliation) -> Section:
        """The section of one partner."""
        title = self.say("both", partner=self.translator.id(partner.partner))
        c = calls
        outside = [self.say("outside", ours=c.outside[0], theirs=c.outside[1])] if any(c.outside) else []
        if c.since is None or c.until is None:
            return Section(title=title, note=self.say("both_never"), points=tuple(outside))
        points = [
            self.say("matched", n=c.by_id + c.by_time, id=c.by_id, time=c.by_time),
            *outside,
            *([self.say("ids_foreign")] if c.ids == "foreign" else []),
            *self._skew(c.skew),
            *self._one_sided("ours", c.only_ours),
            *self._addresses_alone(c),
            *self._one_sided("theirs", c.only_theirs),
            *self._counts(c),
            *([self.say("days_more", n=MOST_DAYS)] if len(_apart(c)) > MOST_DAYS else []),
            *self._fields(c),
            *self._addresses(c),
        ]
        note = self.say("both_note", first=iso(c.since), last=iso(c.until), ours=c.ours, theirs=c.theirs)
        return Section(title=title, note=note, table=self._days(c), points=tuple(points))

    def _skew(self, skew: Skew | None) -> list[str]:
        if skew is None:
            return [self.say("skew_none")]
        rest = round(abs(skew.seconds - 60 * skew.zone))
        side = "ahead" if skew.seconds > 0 else "behind"
        if skew.zone:
            said = self.say(f"zone_{side}", zone=abs(skew.zone) / 60, seconds=rest)
        elif rest <= 1:
            said = self.say("skew_equal", seconds=max(rest, 1))
        else:
            said = self.say(f"skew_{side}", seconds=rest)
        lines = [said, self.say("agreeing", n=skew.waybills, share=skew.agreeing)]
        if skew.drift is not None:
            lines.append(self.say("drift", seconds=f"{skew.drift:+.2g}"))
        some = skew.jumps[:MOST_NAMED]
        return [*lines, *(self.say("jump", day=day_name(day), seconds=round(s)) for day, s in some)]

    def _one_sided(self, side: str, one: OneSided) -> list[str]:
        if one.first is None or one.last is None:
            return [self.say(f"{side}_none")]
        said = self.say(f"{side}_alone", n=one.calls, waybills=one.waybills, first=iso(one.first), last=iso(one.last))
        some = [
            self.say(
                "example_one", waybill=self.translator.id(e.waybill), at=iso(e.at), actor=self.translator.id(e.actor)
            )
            for e in one.examples
        ]
        examples = self.say("example", list=self.translator.all_of(some))
        lines = [self.translator.joined((said, examples), self.translator.say("unit.gap"))]
        return [*lines, *([self.say("repeats", n=one.repeats)] if one.repeats else [])]

    def _addresses_alone(self, c: Reconciliation) -> list[str]:
        """Where calls that only we have came from."""
        if not c.addresses:
            return []
        named = [self.counted("address_known" if a.known else "address_new", a.name, a.reads) for a in c.addresses]
        lines = [self.say("ours_addresses", list=self.some(named))]
        return [*lines, *([self.say("ours_new", n=c.new_addresses)] if c.new_addresses else [])]

    def _counts(self, c: Reconciliation) -> list[str]:
        if not c.waybills_differ:
            return []
        named = [
            self.say("waybill_counts", waybill=self.translator.id(w.waybill), ours=w.ours, theirs=w.theirs)
            for w in c.differing_waybills[:3]
        ]
        lines = [self.say("differ_waybills", n=c.waybills_differ, list=self.translator.all_of(named))]
        return [*lines, *([self.say("differ_days", n=c.days_differ, of=len(c.days))] if c.days_differ else [])]

    def _fields(self, c: Reconciliation) -> list[str]:
        if not c.fields_compared:
            return [self.say("fields_none")]
        if not c.fields_differ:
            return [self.say("fields_same", n=c.fields_compared)]
        named = [self.counted(f"field_{f.side}", f.name, f.calls) for f in c.differing_fields]
        return [self.say("fields_differ", n=c.fields_differ, of=c.fields_compared, list=self.some(named))]

    def _addresses(self, c: Reconciliation) -> list[str]:
        if not c.addresses_compared:
            return [self.say("addresses_none")]
        if not c.addresses_differ:
            return [self.say("addresses_same", n=c.addresses_compared)]
        named = [
            self.say("pair", ours=self.translator.id(a.ours), theirs=self.translator.id(a.theirs), n=a.calls)
            for a in c.differing_addresses
        ]
        return [self.say("addresses_differ", n=c.addresses_differ, of=c.addresses_compared, list=self.some(named))]

    def _days(self, c: Reconciliation) -> Table | None:
        """The days that differ most, in their order."""
        shown = sorted(_apart(c)[:MOST_DAYS], key=lambda d: d.day)
        head = ("day", "ours", "theirs", "shared", "only_ours", "only_theirs")
        rows = [
            (day_name(d.day), *(f"{n:,}" for n in (d.ours, d.theirs, d.both, d.only_ours, d.only_theirs)))
            for d in shown
        ]
        if not rows:
            return None
        return Table(head=tuple(map(self.say, head)), rows=tuple(rows), numbers=frozenset(range(1, 6)))


def _apart(c: Reconciliation) -> list[CallDay]:
    """Days on which one log has a call that the other lacks, those with the most first."""
    days = [d for d in c.days if d.only_ours or d.only_theirs]
    return sorted(days, key=lambda d: -d.only_ours - d.only_theirs)


MOST_MISFITS = 5


class _ReportBuilder(Wording, Report[PartnersResult]):
    texts = __package__

    def keys(self) -> Mapping[str, object]:
        """Public interface; docs/how-to/partners.md lists them. Times in UTC, days local to the contract."""
        r = self.r
        agreed = [p for p in r.partners if p.contract]
        return {
            "wayseal": r.wayseal,
            "inputs": {"ledger": r.ledger_digest},
            "period": {end: None if at is None else iso(at) for end, at in (("from", r.since), ("to", r.until))},
            "partner_calls": r.has_calls,
            "tolerance_s": r.tolerance,
            "counts": {
                "with_contract": len(agreed),
                "in_breach": sum(bool(p.breaches) for p in agreed),
                "without_contract": len(r.partners) - len(agreed),
            },
            **{name: [dump_row(one) for one in getattr(r, name)] for name in ("misfits", "partners", "remarks")},
        }

    def document(self) -> Document:
        r, say = self.r, self.say
        sections = [self._misfits()] if r.misfits else []
        sections += [self._overview()] if r.partners else []
        sides = ReconciliationSections(self.translator)
        for partner in r.partners:
            sections.append(self._partner(partner))
            if partner.calls is not None:
                sections.append(sides.section(partner, partner.calls))
        if r.remarks:
            points = tuple(self.translator.say(f"partners.{m.code}", **m.values) for m in r.remarks)
            sections.append(Section(title=say("remarks"), points=points))
        return Document(
            title=say("title"),
            headline=self._headline(),
            lede=(say("lede_calls" if r.has_calls else "lede"),),
            facts=tuple(self._facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((say("digest"), self.translator.id(r.ledger_digest)),),
            command=self._command(),
            footer=say("footer"),
        )

    def _headline(self) -> str:
        """How many went beyond their contracts; those without one are counted apart."""
        agreed = [p for p in self.r.partners if p.contract]
        broken, alone = sum(bool(p.breaches) for p in agreed), len(self.r.partners) - len(agreed)
        seen = any(p.reads for p in agreed)
        if not self.r.partners:
            return self.say("headline_none")
        code = "alone" if not agreed else "breaches" if broken else "clean" if seen else "unseen"
        code += "_beside" if agreed and alone else ""
        return self.say(f"headline_{code}", n=broken, all=len(agreed), alone=alone)

    def _facts(self) -> list[tuple[str, str]]:
        r, say = self.r, self.say
        agreed = sum(bool(p.contract) for p in r.partners)
        free = sum(p.reads for p in r.partners if not p.contract)
        asked = say("period_all")
        if r.since is not None or r.until is not None:
            ends = [say("period_open") if t is None else self.clock(t) for t in (r.since, r.until)]
            asked = say("period_value", first=ends[0], last=ends[1])
        logs = sum(p.calls is not None for p in r.partners)
        said = say("logs_value", n=logs, seconds=round(r.tolerance)) if r.has_calls else say("logs_none")
        return [
            (say("partners"), say("partners_value", n=agreed, alone=len(r.partners) - agreed)),
            (say("reads"), say("reads_value", n=sum(p.reads for p in r.partners), alone=free)),
            (say("logs"), said),
            (say("period"), asked),
        ]

    def _misfits(self) -> Section:
        """Ids that no contract fits, and the other way round; of each kind the first few."""
        points: list[str] = []
        for place in Place:
            some = [m for m in self.r.misfits if m.place is place]
            points += map(self._misfit, some[:MOST_MISFITS])
            if (rest := len(some) - MOST_MISFITS) > 0:
                points.append(self.say(f"misfit_{place.value}_more", n=rest))
        return Section(title=self.say("misfits"), points=tuple(points))

    def _misfit(self, misfit: Misfit) -> str:
        values = {"id": self.translator.id(misfit.id), "n": misfit.count, "file": visible(misfit.contract)}
        if misfit.nearest:
            return self.say(f"misfit_{misfit.place.value}", **values, nearest=self.translator.id(misfit.nearest))
        return self.say(f"misfit_{misfit.place.value}_alone", **values)

    def _overview(self) -> Section:
        """One line a partner."""
        say = self.say
        head = [say("partner"), say("reads"), say("broken")]
        head += [say("only_ours"), say("only_theirs")] if self.r.has_calls else []
        rows = []
        for p in self.r.partners:
            kinds = self.translator.all_of(self.counted("counted", self.kind(b.kind), b.reads) for b in p.breaches)
            row = [self.translator.id(p.partner), f"{p.reads:,}", kinds or say("none")]
            if self.r.has_calls:
                sides = (p.calls.only_ours.calls, p.calls.only_theirs.calls) if p.calls else (None, None)
                row += [numbers.DASH if n is None else f"{n:,}" for n in sides]
            rows.append(tuple(row))
        table = Table(head=tuple(head), rows=tuple(rows), numbers=frozenset({1, 3, 4}))
        note = say("overview_note") if self.r.has_calls else ""
        return Section(title=say("overview"), note=note, table=table)

    def _partner(self, p: PartnerCheck) -> Section:
        say = self.say
        values = {} if p.first is None or p.last is None else {"first": iso(p.first), "last": iso(p.last)}
        code = f"{'contract' if p.contract else 'alone'}_{'note' if p.reads else 'idle'}"
        note = say(code, file=p.contract, reads=p.reads, waybills=p.waybills, **values)
        rows = tuple(self._row(p, b) for b in p.breaches)
        table = Table(
            head=(say("breach"), say("reads"), say("days"), say("worst")), rows=rows, numbers=frozenset({1, 2})
        )
        points = [line for b in p.breaches for line in self._points(b)]
        points += [say(f"unjudged_{u.code}", n=u.reads, of=u.of) for u in p.unjudged]
        if p.silent:
            points.append(say("silent", list=self.translator.all_of(p.silent)))
        title = say("contract", partner=self.translator.id(p.partner))
        return Section(title=title, note=note, table=table, points=tuple(points))

    def _row(self, p: PartnerCheck, b: Breach) -> tuple[str, ...]:
        local = b.worst.at + p.offset * 60_000_000
        when = day_name(local // DAY_US)
        if b.kind is Kind.CALLS_PER_HOUR:
            when += f" {local // HOUR_US % 24:02d}:00"
        code = "worst_limit" if b.kind in VOLUMES else "worst_value"
        worst = self.say(code, when=when, value=b.worst.value, agreed=b.worst.agreed)
        return self.kind(b.kind), f"{b.reads:,}", f"{b.days:,}", worst

    def _points(self, b: Breach) -> list[str]:
        kind = self.kind(b.kind)
        if b.kind in (Kind.BEFORE_START, Kind.AFTER_END):
            first = self.say("point_time", kind=kind, moment=b.agreed[0])
        elif b.kind is Kind.NO_CONTRACT:
            first = self.say("point_alone", kind=kind)
        else:
            what = self.some([self.counted("counted", c.name, c.reads) for c in b.what])
            first = self.say("point", kind=kind, what=what, agreed=self.some([self.translator.id(a) for a in b.agreed]))
        return [self.translator.joined((first, self._examples(b.examples)), self.translator.say("unit.gap"))]

    def _examples(self, examples: Sequence[Example]) -> str:
        said = [
            self.say(
                "example_one", waybill=self.translator.id(e.waybill), at=iso(e.at), actor=self.translator.id(e.actor)
            )
            for e in examples
        ]
        return self.say("example", list=self.translator.all_of(said))

    def _command(self) -> str:
        """The command that makes this page again."""
        words = ["wayseal", "partners", "check", "LEDGER", "--contracts", "DIR"]
        for option, t in (("--from", self.r.since), ("--to", self.r.until)):
            words += [] if t is None else [option, iso(t)]
        return visible(shlex.join([*words, "--format", "html", "--out", self.say("command_file")]))


render_partners = _ReportBuilder.render
