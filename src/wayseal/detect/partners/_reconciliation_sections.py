"""Both sides' logs of one partner in words."""

from collections.abc import Sequence

from wayseal.detect.partners._result import CallDay, Kind, OneSided, PartnerCheck, Reconciliation, Skew
from wayseal.model.times import day_name, iso
from wayseal.page import Section, Table, numbers
from wayseal.page.words import Saying

MOST_NAMED = 5
MOST_DAYS = 14


class Wording(Saying):
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
        return self.say(key, name=self.voice.id(name), n=n)

    def some(self, parts: Sequence[str]) -> str:
        """The first few of several things, and how many more there are."""
        rest = len(parts) - MOST_NAMED
        return self.voice.all_of([*parts[:MOST_NAMED], *([self.say("more", n=rest)] if rest > 0 else [])])


class ReconciliationSections(Wording):
    """Says what two logs have in common, and what not."""

    def section(self, partner: PartnerCheck, calls: Reconciliation) -> Section:
        """The section of one partner."""
        title = self.say("both", partner=self.voice.id(partner.partner))
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
            self.say("example_one", waybill=self.voice.id(e.waybill), at=iso(e.at), actor=self.voice.id(e.actor))
            for e in one.examples
        ]
        examples = self.say("example", list=self.voice.all_of(some))
        lines = [self.voice.joined((said, examples), self.voice.say("unit.gap"))]
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
            self.say("waybill_counts", waybill=self.voice.id(w.waybill), ours=w.ours, theirs=w.theirs)
            for w in c.differing_waybills[:3]
        ]
        lines = [self.say("differ_waybills", n=c.waybills_differ, list=self.voice.all_of(named))]
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
            self.say("pair", ours=self.voice.id(a.ours), theirs=self.voice.id(a.theirs), n=a.calls)
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
