"""What each table is worth, in words, as blocks that are shown as text or as a page."""

from collections.abc import Iterator, Mapping

from wayseal.detect.tables._compare import CaseChange, Change, Step, TablesResult
from wayseal.model.times import day_name, iso
from wayseal.page import Banner, Document, Report, Section, Table, numbers
from wayseal.page.visible import shorten, visible

_CELL, _MOST = 44, 20
_DAY_US = 86_400_000_000


class _TablesReport(Report[TablesResult]):
    """Says a result in a voice."""

    texts, area = __package__, "tables"

    def keys(self) -> Mapping[str, object]:
        r = self.r
        known = r.until > r.since
        return {
            "wayseal": r.wayseal,
            "ledger_digest": r.digest,
            "from": iso(r.since) if known else None,
            "to": iso(r.until) if known else None,
            "steps": [_step(step) for step in r.steps],
        }

    def document(self) -> Document:
        r, say = self.r, self.say
        parts = [self._section(step) for step in r.steps[1:] if step.count(Change.STAYS) < len(step.cases)]
        return Document(
            title=say("title"),
            headline=self._headline(),
            lede=(say("lede"),),
            facts=tuple(self._facts()),
            sections=(self._table(), *parts),
            version=r.wayseal,
            origin=((say("digest"), self.voice.id(r.digest)),),
            command="wayseal detect LEDGER --each-table tables.html",
            footer=say("footer"),
            banner=Banner(text=say("what_if"), strength="weak"),
        )

    def _headline(self) -> str:
        whole, *others = self.r.steps
        one = [step for step in others if len(step.without) == 1]
        most = max(one, key=_changed, default=whole)
        if _changed(most):
            gone, new, tables = most.count(Change.GONE), most.count(Change.NEW), self._names(most)
            return self.say("headline", tables=tables, n=len(whole.cases), gone=gone, new=new)
        return self.say("headline_same" if whole.cases else "headline_nothing", n=len(whole.cases))

    def _facts(self) -> Iterator[tuple[str, str]]:
        r, say = self.r, self.say
        if r.until > r.since:
            first, last = ((us + r.offset) // _DAY_US for us in (r.since, r.until - 1))
            yield say("since"), day_name(first)
            yield say("until"), day_name(last)
        yield say("cases"), f"{len(r.steps[0].cases):,}"
        yield say("watched"), f"{r.steps[0].watched:,}"

    def _table(self) -> Section:
        say = self.say
        head = ("without", "stays", "gone", "new", "explained", "learnt", "judged")
        rows = tuple(self._row(step) for step in self.r.steps)
        table = Table(
            head=tuple(say(name) for name in head),
            rows=rows,
            numbers=frozenset(range(1, len(head))),
            bars=tuple(step.explained / max(step.first, 1) for step in self.r.steps),
            barred=4,
        )
        return Section(title=say("table"), note=say("table_note"), table=table)

    def _row(self, step: Step) -> tuple[str, ...]:
        shares = (numbers.share(n / max(step.first, 1)) for n in (step.explained, step.learnt, step.judged))
        counts = [f"{step.count(change):,}" for change in Change]
        if not step.without:
            return (self.say("nothing_left_out"), counts[0], numbers.DASH, numbers.DASH, *shares)
        whole = len(step.without) > 1
        return (self.say("all_left_out") if whole else self._names(step), *counts, *shares)

    def _section(self, step: Step) -> Section:
        say = self.say
        changed = [case for case in step.cases if case.change is not Change.STAYS]
        points = [self._case(case) for case in changed[:_MOST]]
        points += [say("more", n=len(changed) - _MOST)] if len(changed) > _MOST else []
        note = [say("step_note", **{change.value: step.count(change) for change in Change})]
        note += [] if step.enough else [say("step_blind")]
        title = say("step_all") if len(step.without) > 1 else say("step", tables=self._names(step))
        return Section(title=title, note=self.voice.joined(note, self.voice.say("unit.gap")), points=tuple(points))

    def _names(self, step: Step) -> str:
        return self.voice.all_of(step.without)

    def _case(self, case: CaseChange) -> str:
        told = self.say(f"case_{case.change}", who=self._who(case), before=case.before, after=case.after)
        if case.change is Change.GONE and case.after is not None:
            return self.voice.joined((told, self.say("case_watched", after=case.after)), "")
        if case.change is Change.NEW and case.before is not None:
            return self.voice.joined((told, self.say("case_was_watched", before=case.before)), "")
        return told

    def _who(self, case: CaseChange) -> str:
        if len(case.people) > 1:
            return self.say("joint", n=len(case.people))
        person = case.people[0]
        about = [shorten(visible(t), _CELL) for t in (person.role, person.place) if t]
        id_ = self.voice.id(person.actor)
        return self.say("person", id=id_, about=self.voice.say("unit.comma").join(about)) if about else id_


render_tables = _TablesReport.render


def _changed(step: Step) -> int:
    return step.count(Change.GONE) + step.count(Change.NEW)


def _step(step: Step) -> dict[str, object]:
    return {
        "without": list(step.without),
        "first_reads": step.first,
        "explained": step.explained,
        "learnt": step.learnt,
        "judged": step.judged,
        "enough": step.enough,
        "watched": step.watched,
        "cases": [_case(case) for case in step.cases],
    }


def _case(case: CaseChange) -> dict[str, object]:
    scores = {
        "before": None if case.before is None else round(case.before, 6),
        "after": None if case.after is None else round(case.after, 6),
    }
    return {"change": case.change.value, "actors": [p.actor for p in case.people], **scores}
