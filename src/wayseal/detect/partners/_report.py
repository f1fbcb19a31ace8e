"""The check of partners in words, as blocks that are shown as text or as a page."""

import shlex
from collections.abc import Mapping, Sequence

from wayseal.detect.partners._arrays import DAY_US, HOUR_US
from wayseal.detect.partners._json import document as json_document
from wayseal.detect.partners._reconciliation_sections import ReconciliationSections, Wording
from wayseal.detect.partners._result import (
    VOLUMES,
    Breach,
    Example,
    Kind,
    Misfit,
    PartnerCheck,
    PartnersResult,
    Place,
)
from wayseal.model.times import day_name, iso
from wayseal.page import Document, Report, Section, Table, numbers
from wayseal.page.visible import visible

MOST_MISFITS = 5


class _ReportBuilder(Wording, Report[PartnersResult]):
    texts = __package__

    def keys(self) -> Mapping[str, object]:
        return json_document(self.r)

    def document(self) -> Document:
        r, say = self.r, self.say
        sections = [self._misfits()] if r.misfits else []
        sections += [self._overview()] if r.partners else []
        sides = ReconciliationSections(self.voice)
        for partner in r.partners:
            sections.append(self._partner(partner))
            if partner.calls is not None:
                sections.append(sides.section(partner, partner.calls))
        if r.remarks:
            points = tuple(self.voice.say(f"partners.{m.code}", **m.values) for m in r.remarks)
            sections.append(Section(title=say("remarks"), points=points))
        return Document(
            title=say("title"),
            headline=self._headline(),
            lede=(say("lede_calls" if r.has_calls else "lede"),),
            facts=tuple(self._facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((say("digest"), self.voice.id(r.ledger_digest)),),
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
        values = {"id": self.voice.id(misfit.id), "n": misfit.count, "file": visible(misfit.contract)}
        if misfit.nearest:
            return self.say(f"misfit_{misfit.place.value}", **values, nearest=self.voice.id(misfit.nearest))
        return self.say(f"misfit_{misfit.place.value}_alone", **values)

    def _overview(self) -> Section:
        """One line a partner."""
        say = self.say
        head = [say("partner"), say("reads"), say("broken")]
        head += [say("only_ours"), say("only_theirs")] if self.r.has_calls else []
        rows = []
        for p in self.r.partners:
            kinds = self.voice.all_of(self.counted("counted", self.kind(b.kind), b.reads) for b in p.breaches)
            row = [self.voice.id(p.partner), f"{p.reads:,}", kinds or say("none")]
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
            points.append(say("silent", list=self.voice.all_of(p.silent)))
        title = say("contract", partner=self.voice.id(p.partner))
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
            first = self.say("point", kind=kind, what=what, agreed=self.some([self.voice.id(a) for a in b.agreed]))
        return [self.voice.joined((first, self._examples(b.examples)), self.voice.say("unit.gap"))]

    def _examples(self, examples: Sequence[Example]) -> str:
        said = [
            self.say("example_one", waybill=self.voice.id(e.waybill), at=iso(e.at), actor=self.voice.id(e.actor))
            for e in examples
        ]
        return self.say("example", list=self.voice.all_of(said))

    def _command(self) -> str:
        """The command that makes this page again."""
        words = ["wayseal", "partners", "check", "LEDGER", "--contracts", "DIR"]
        for option, t in (("--from", self.r.since), ("--to", self.r.until)):
            words += [] if t is None else [option, iso(t)]
        return visible(shlex.join([*words, "--format", "html", "--out", self.say("command_file")]))


render_partners = _ReportBuilder.render
