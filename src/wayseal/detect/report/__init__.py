"""Detection for its readers: text, JSON, a page, OCSF findings, metrics."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from wayseal.detect._result import Case, DetectResult, MissingWork, Person, Reason, Remark
from wayseal.detect.report._json import document as json_document
from wayseal.detect.report._json import metrics, ocsf_lines
from wayseal.detect.report._tell import CELL, ReasonTeller
from wayseal.model.times import day_name, iso
from wayseal.page import Document, Report, Section, Table, numbers
from wayseal.page.charts import columns_chart, course_chart, waterfall_chart, waterfall_table
from wayseal.page.languages import known_lang
from wayseal.page.visible import shorten, visible
from wayseal.page.words import Translator, catalogue, words

__all__ = ["ReasonTeller", "brief", "metrics", "render_detect", "with_casebook_names"]


MOST_CASES, _MOST_WATCHED = 60, 20
MOST_PEOPLE, _SHOWN = 5, 3
"""Accounts of a case of which each is shown with its reasons; of more accounts, so many are."""
_MOST_DAYS = 62
_MOST_MOVERS, _MOVED = 2, 0.5
"""Of the reasons that moved a score so many are named, if each did by so many nats."""
_FRESH, _JUDGED = ("", "new"), ("true", "false", "duplicate", "no_case", "merged")
"""States of a case of which its heading says nothing, and those that a verdict made."""
_DAY_US = 86_400_000_000


class ReportBuilder(Report[DetectResult]):
    """Put a result into words by a translator."""

    texts, area = __package__, "detect"

    def __init__(self, result: DetectResult, translator: Translator) -> None:
        super().__init__(result, translator)
        self._reasons = ReasonTeller(translator, result.offset)
        self._charts = 0

    def keys(self) -> Mapping[str, object]:
        """The result with each reason's text beside it."""
        return json_document(self.with_texts())

    def with_texts(self) -> DetectResult:
        """The result with each reason's text beside it."""

        def person(p: Person) -> Person:
            told = (replace(r, values={**r.values, "text": self.reason(r, p)}) for r in p.reasons)
            return replace(p, reasons=tuple(told))

        cases = (replace(c, people=tuple(map(person, c.people))) for c in self.r.cases)
        return replace(self.r, cases=tuple(cases))

    def document(self) -> Document:
        """The whole report."""
        r, say = self.r, self.say
        sections = [self._list(say("cases"), r.worth[:MOST_CASES])] if len(r.worth) > 1 else []
        sections += [self._days()] if r.first_days and r.judged.first_reads else []
        for case in r.worth[:MOST_CASES]:
            sections += self._case(case)
        if (more := len(r.worth) - MOST_CASES) > 0:
            sections.append(Section(title=say("cases_more", n=more), note=say("cases_more_note")))
        sections += [s for s in (self._watched(), self._missing_work(), self._judged(), self._next()) if s is not None]
        return Document(
            title=say("title"),
            headline=self._headline(),
            lede=tuple(self._lede()),
            facts=tuple(self._facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((say("digest"), self.translator.id(r.digest)),),
            command="wayseal detect LEDGER --format html --out detect.html",
            footer=say("footer"),
        )

    def brief(self) -> Iterator[str]:
        """A line a case that is worth acting on: what it is called, and its strongest reason."""
        for case in self.r.worth:
            first = case.people[0]
            why = [self.translator.say("unit.colon") + self._reasons.brief(r, first) for r in first.reasons[:1]]
            yield "".join([self._titled(case), *why])

    def _lede(self) -> Iterator[str]:
        r = self.r
        blind = "lede_none" if r.judged.enough else "lede_blind"
        yield self.say("lede" if r.worth else "lede_watched" if r.cases and r.judged.enough else blind)

    def _headline(self) -> str:
        r, say = self.r, self.say
        left = 1 - r.judged.first_reads / max(r.first_reads.all, 1)
        if r.worth:
            told = say("headline", n=len(r.worth), accounts=sum(len(c.people) for c in r.worth))
            return told if r.judged.enough else told + say("headline_rest", s=left)
        if not r.judged.enough:
            return say("headline_blind", s=left) if r.reads else say("headline_unread")
        if r.cases:
            return say("headline_watched")
        return say("headline_none_judged" if r.not_judged else "headline_none")

    def _facts(self) -> Iterator[tuple[str, str]]:
        r, say, f = self.r, self.say, self.r.first_reads
        first, last = ((us + r.offset) // _DAY_US for us in (r.since, r.until - 1))
        hours = r.offset // 3_600_000_000
        if r.until > r.since:
            yield say("since", offset=f"UTC{hours:+d}"), day_name(first)
            yield say("until"), day_name(last)
        yield say("accounts"), f"{r.accounts:,}"
        yield say("reads"), f"{r.reads:,}"
        yield say("first_reads"), f"{f.all:,}"
        rows = [
            ("explained", f.explained),
            ("mandate", f.mandate),
            ("learnt", f.learnt),
            ("weak", f.weak),
            ("unexplained", f.unexplained + f.unknown - r.judged.left_out),
        ]
        for name, n in rows + [("left_out", r.judged.left_out)] * bool(r.judged.left_out):
            yield say(name), say("of_first", n=n, s=n / max(f.all, 1))
        yield say("budget"), f"{r.budget:,}"
        yield say("false_alarm"), f"{r.false_alarm:,g}"
        if r.held:
            yield say("held"), f"{r.held:,}"

    def _days(self) -> Section:
        rows = self.r.first_days[-_MOST_DAYS:]
        top = max((odd for _, _, odd in rows), default=0)
        desc = self.say("days_desc", n=top)
        chart = columns_chart("days", self.say("days"), desc, [(day_name(day)[5:], odd) for day, _, odd in rows])
        cells = tuple((day_name(day), f"{first:,}", f"{odd:,}") for day, first, odd in rows)
        head = (self.say("day"), self.say("first"), self.say("unexplained"))
        bars = tuple(odd / max(top, 1) for _, _, odd in rows)
        table = Table(head=head, rows=cells, numbers=frozenset({1, 2}), bars=bars)
        fold = self.translator.say("ui.as_table")
        return Section(title=self.say("days"), note=self.say("days_note"), chart=chart, table=table, fold=fold)

    def _list(self, title: str, cases: Sequence[Case]) -> Section:
        """Cases, a line each. A column in which nothing stands is left out."""
        say = self.say
        columns = (
            (False, say("case_column"), [c.id for c in cases]),
            (False, say("people"), [self._whose(c) for c in cases]),
            (
                True,
                say("loss"),
                [numbers.expected(c.expected_loss) if c.parcels_a_day else numbers.DASH for c in cases],
            ),
            (True, say("score"), [numbers.percent(c.score) for c in cases]),
            (True, say("odd"), [f"{c.reads:,}" if c.reads else numbers.DASH for c in cases]),
            (False, say("state"), [say(f"state_{c.state}") if c.state else "" for c in cases]),
        )
        shown = [column for column in columns if any(column[2])]
        head = tuple(title for _, title, _ in shown)
        right = frozenset(n for n, (number, _, _) in enumerate(shown) if number)
        rows = tuple(zip(*(cells for _, _, cells in shown), strict=True))
        return Section(title=title, table=Table(head=head, rows=rows, numbers=right))

    def _case(self, case: Case) -> list[Section]:
        title, note, course = self._titled(case), self._note(case), self._course(case)
        if len(case.people) == 1:
            alone = self._person(title, note, case.people[0])
            return [replace(alone, chart=course + alone.chart if course and alone.chart else course or alone.chart)]
        shown = case.people if len(case.people) <= MOST_PEOPLE else case.people[:_SHOWN]
        more = len(case.people) - len(shown)
        points = (self.say("people_more", n=more),) if more else ()
        whole = Section(title=title, note=note, chart=course, table=self._people(case), points=points)
        return [whole, *(self._person(self._who(p), "", p) for p in shown)]

    def _watched(self) -> Section | None:
        """Cases that aren't worth acting on, folded."""
        some = self.r.watched
        if not some:
            return None
        whole = self._list(self.say("watched", n=len(some)), some[:MOST_CASES])
        parts = [self._watched_case(case) for case in some[:_MOST_WATCHED]]
        return replace(whole, note=self.say("watched_note"), parts=tuple(parts), closed=True)

    def _watched_case(self, case: Case) -> Section:
        points = [self._reasons.brief(r, p) for p in case.people[:_SHOWN] for r in p.reasons]
        return Section(title=self._titled(case), note=self._note(case), points=tuple(points))

    def _note(self, case: Case) -> str:
        """Its loss, how strong it is, when it tipped, how it moved, what links it, whether it is young."""
        say = self.say
        parts, loss, n = [], numbers.expected(case.expected_loss), numbers.expected(case.parcels_a_day)
        if case.parcels_a_day:
            parts.append(
                say("case_loss" if loss == n else "case_loss_if", loss=case.expected_loss, n=case.parcels_a_day)
            )
        parts.append(say("case_strength", strength=self._reasons.strength(case.evidence)))
        parts += [say("case_reads", n=case.reads)] if case.reads else []
        parts.append(say("case_tipped", t=iso(case.alerted_at)))
        parts += [self._moved(case)] if len(case.course) > 1 else []
        if case.by:
            links = [say(f"by_{name}") for name in case.by]
            first = self.translator.say("unit.comma").join(links[:-1])
            parts.append(say("case_by", by=say("both_links", first=first, last=links[-1]) if first else links[-1]))
        parts += [say("case_young")] if case.young else []
        return self.translator.say("unit.gap").join(parts)

    def _moved(self, case: Case) -> str:
        """How the score moved since the alert, and by which reasons of the strongest account most."""
        before, now = case.course[0][1], case.course[-1][1]
        if numbers.percent(before) == numbers.percent(now):
            return self.say("case_stayed", now=now)
        sign = 1 if now > before else -1
        steps = sorted(((sign * (r.weight - r.before), r.detector) for r in case.people[0].reasons), reverse=True)
        reasons = [self.translator.say(f"detector.{name}") for step, name in steps[:_MOST_MOVERS] if step >= _MOVED]
        told = "case_moved_by" if reasons else "case_moved"
        return self.say(told, before=before, now=now, reasons=self.translator.all_of(reasons))

    def _course(self, case: Case) -> Markup | None:
        """The same as a small picture."""
        if len(case.course) < 2:
            return None
        self._charts += 1
        rows = [(day_name(day), score) for day, score in case.course]
        (first, before), (last, now) = rows[0], rows[-1]
        desc = self.say("course_desc", before=before, now=now, first=first, last=last)
        return course_chart(f"course-{self._charts}", self.say("course"), desc, rows)

    def _titled(self, case: Case) -> str:
        told = self.say("case_numbered" if case.id else "case", id=case.id, score=case.score, who=self._whose(case))
        if case.state in _FRESH:
            return told
        return told + self.say("case_state", state=self.say(f"state_{case.state}"))

    def _whose(self, case: Case) -> str:
        return self._who(case.people[0]) if len(case.people) == 1 else self.say("case_joint", n=len(case.people))

    def _people(self, case: Case) -> Table:
        rows = tuple((self._who(p), f"{p.odd:,}", self._reasons.strength(p.evidence)) for p in case.people)
        head = (self.say("people"), self.say("odd"), self.say("strength"))
        return Table(head=head, rows=rows, numbers=frozenset({1}))

    def _who(self, person: Person) -> str:
        about = [self.translator.value(shorten(visible(t), CELL)) for t in (person.role, person.place) if t]
        id_ = self.translator.id(person.actor)
        return self.say("person", id=id_, about=self.translator.say("unit.comma").join(about)) if about else id_

    def _person(self, title: str, note: str, person: Person) -> Section:
        self._charts += 1
        say, word = self.say, self._reasons.strength
        rows = [(self.translator.say(f"detector.{r.detector}"), r.weight) for r in person.reasons]
        chart = table = None
        if len(rows) > 1:  # of one reason the note has said how strong it is
            chart = waterfall_chart(f"case-{self._charts}", title, note, rows, total=say("total"), told=word)
            table = waterfall_table((say("why"), say("strength")), rows, total=say("total"), told=word)
        first = person.reasons[:1]
        points = [self._reasons.reason(r, person) for r in first]
        points += [self._reasons.reason(r, person, first[0]) for r in person.reasons[1:]]
        points += [*self._reasons.grounds(person), *self._reads(person)]
        fold = self.translator.say("ui.as_table")
        return Section(title=title, note=note, chart=chart, table=table, points=tuple(points), fold=fold)

    def reason(self, reason: Reason, person: Person) -> str:
        """A reason in sentences."""
        return self._reasons.reason(reason, person)

    def _reads(self, person: Person) -> list[str]:
        for reason in person.reasons:
            if reason.reads:
                shown = [
                    self.say(f"read_{r.why}" if r.why else "read", waybill=self.translator.id(r.waybill), t=iso(r.at))
                    for r in reason.reads[-3:]
                ]
                more = reason.total_reads - len(shown)
                return [*shown, *([self.say("reads_more", n=more)] if more > 0 else [])]
        return []

    def _missing_work(self) -> Section | None:
        """Which tables would explain what is explained by none."""
        points = [self.missing(m) for m in self.r.missing_work]
        title, note = self.say("missing"), self.say("missing_note")
        return Section(title=title, note=note, points=tuple(points)) if points else None

    def missing(self, missing: MissingWork) -> str:
        """A role whose work no table knows, in a sentence."""
        m, say = missing, self.say
        who = m.role or m.kind
        known = "missing_role" if m.role else "missing_kind"
        role = say(known, name=self.translator.value(shorten(visible(who), CELL))) if who else say("missing_anybody")
        told = say(f"missing_{m.table.replace('.', '_')}", role=role, n=m.accounts, reads=m.reads, s=m.reads / m.first)
        if not m.lone:
            return told
        lone = say("missing_lone", id=self.translator.value(m.lone), n=m.lone_reads, s=m.lone_reads / m.reads)
        return self.translator.joined((told, lone), self.translator.say("unit.gap"))

    def _needed(self, name: str) -> str:
        """Tables, or columns of them, of which one is needed."""
        pairs = (one.partition(".")[::2] for one in name.split("|"))
        known = words(self.translator.lang, "unit.columns")
        return self.translator.joined(
            (
                self.say("column", table=self.translator.value(table), column=known.get(column, column))
                if column
                else self.translator.value(table)
                for table, column in pairs
            ),
            " / ",
        )

    def _judged(self) -> Section | None:
        points = [self.remark(n) for n in (*self.r.not_judged, *self.r.remarks)]
        return Section(title=self.say("judged"), note=self.say("judged_note"), points=tuple(points)) if points else None

    def remark(self, remark: Remark) -> str:
        """A remark in words."""
        values = dict(remark.values)
        if "detector" in values:
            values["name"] = self.translator.say(f"detector.{values.pop('detector')}")
            needs = values["needs"]
            values["needs"] = self.translator.all_of(map(self._needed, needs)) if isinstance(needs, tuple) else needs
        return self.translator.say(remark.code, **values)

    def _next(self) -> Section | None:
        case = next((c for c in (*self.r.worth, *self.r.watched) if c.state not in _JUDGED), None)
        if case is None:
            return None
        waybill = shlex.quote(visible(case.waybills[0])) if case.waybills else "WAYBILL"
        points = [self.say("next_explain", command=f"wayseal explain LEDGER --actor ACTOR --waybill {waybill}")]
        if case.id:
            opening = f"wayseal case open LEDGER {case.id} --who NAME --why …"
            verdict = f"wayseal verdict LEDGER {case.id} true --why …"
            listing = f"wayseal reads LEDGER --case {case.id} --who NAME --why …"
            points = [
                self.say("next_open", command=opening),
                self.say("next_reads", command=listing),
                *points,
                self.say("next_verdict", command=verdict),
            ]
        return Section(title=self.say("next"), points=tuple(points))


FORMATS = ("text", "json", "ocsf", "html")


def render_detect(result: DetectResult, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:  # noqa: A002
    """The report in one of FORMATS. ValueError for another one, or another language. color, width: for text."""
    if format == "ocsf":
        told = ReportBuilder(result, _translator(lang)).with_texts()
        return "".join(line + "\n" for line in ocsf_lines(told))
    return ReportBuilder.render(result, format, lang, color=color, width=width)


def brief(result: DetectResult, lang: str) -> list[str]:
    """A line a case. ValueError for another language."""
    return list(ReportBuilder(result, _translator(lang)).brief())


def with_casebook_names(
    result: DetectResult, ids: Sequence[str], states: Sequence[str], name: Callable[[str], str]
) -> DetectResult:
    """The result with the cases' ids and states, and each account under the name that its reader may see."""

    def person(one: Person) -> Person:
        reasons = tuple(replace(r, reads=tuple(replace(x, actor=name(x.actor)) for x in r.reads)) for r in one.reasons)
        return replace(one, actor=name(one.actor), reasons=reasons)

    def case(one: Case, id_: str, state: str) -> Case:
        return replace(one, id=id_, state=state, people=tuple(person(p) for p in one.people))

    missing = tuple(replace(m, lone=name(m.lone)) if m.lone else m for m in result.missing_work)
    cases = tuple(case(*each) for each in zip(result.cases, ids, states, strict=True))
    return replace(result, cases=cases, missing_work=missing)


def _translator(lang: str) -> Translator:
    language = known_lang(lang)
    return Translator(language, more=catalogue(language, __package__))
