"""A trace in words: text for a terminal, JSON for programs, one HTML page for people.

A trace as blocks that are shown as text or as a page.

Obligations, cited by the tests:
1. Every row of the leaks file stands on the page.
2. What a picture shows also stands in a table.

The test that a trace gives a report again: two JSON reports compared, key by key.

3. Remarks are in words of a language that the report doesn't name: it is compared in each, and the nearest counts.
4. What must differ where the ledger has grown (its digest, its checkpoint) is left out only where the caller says so.
"""

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from wayseal.model.kinds import VerdictKind
from wayseal.page import Banner, Columns, Document, Place, Section, Table, numbers
from wayseal.page.charts import nothing
from wayseal.page.languages import LANGS, known_lang
from wayseal.page.words import Translator, catalogue
from wayseal.trace._result import LeakRow, SourceRow, TraceResult
from wayseal.trace.report._charts import (
    delay_chart,
    kappa_chart,
    matrix_chart,
    names_of,
    parts,
    saw_chart,
    unknown_chart,
)
from wayseal.trace.report._charts import parts as split
from wayseal.trace.report._json import document as json_document
from wayseal.trace.report._story import Story, sets, usable

__all__ = ["LEDGER_KEYS", "ReportParts", "find_differences", "render", "render_parts"]


_LETTERS = "ABCDEF"
"""The leading sources carry a letter through all pictures and tables."""
_STRENGTHS: dict[VerdictKind, Literal["strong", "middle", "weak"]] = {
    VerdictKind.NAMED: "strong",
    VerdictKind.SHORTLIST: "middle",
    VerdictKind.INSUFFICIENT: "weak",
}
_MOST_TIMES = 50
"""Numbers that a screen is given of each named source; a page has all."""
_METHOD = ("compare", "draw", "time", "kinds", "prior", "rule")
_LIMITS = ("account", "framing", "lost", "wide", "choice", "model")


class ReportBuilder(Story):
    """Put a trace into words by a translator."""

    def __init__(self, result: TraceResult, translator: Translator) -> None:
        super().__init__(result, translator)
        self.pictured = Translator(translator.lang, more=catalogue(translator.lang, __package__))
        first: dict[str, SourceRow] = {}
        for row in self.sources:
            first.setdefault(row.source, row)
        self.letters = dict(zip(first, _LETTERS, strict=False))
        self.lettered = [row for source, row in first.items() if source in self.letters]

    def keys(self) -> Mapping[str, object]:
        """The trace for programs."""
        return json_document(self.r, self.translator)

    def document(self) -> Document:
        """The whole report."""
        r, say, verdict = self.r, self.say, self.r.verdict
        return Document(
            title=say("ui.title"),
            banner=Banner(
                text=say(f"verdict.{verdict}"),
                strength=_STRENGTHS[verdict],
                tag="" if verdict is VerdictKind.INSUFFICIENT else say("ui.lead_tag"),
            ),
            headline=self.headline(),
            lede=tuple(self.plain()),
            facts=tuple(self._facts()),
            sections=tuple(self._sections()),
            version=self.translator.id(r.wayseal),
            origin=tuple(self._origin()),
            origin_note=say("ui.reproduce_note"),
            command=f"wayseal trace LEDGER --leaks LEAKS --seed {r.seed} --format html --lang {self.translator.lang}"
            " --out report.html",
            footer=say("ui.footer"),
        )

    def _sections(self) -> Iterator[Section | Columns]:
        """All parts; pictures, the numbers one by one and the method are for pages, and the evidence on all sources.

        On a screen the evidence is that on named sources, since the next steps speak of its times.
        """
        page = self.translator.html
        means = Section(title=self.say("ui.means"), points=tuple(self.meaning()))
        steps = Section(title=self.say("ui.next"), points=tuple(self.next_steps()), steps=True)
        yield Columns(columns=((means,), (steps,)))
        if page:
            yield Columns(columns=((self._saw(), self._unknown(), self._delay()), (self._matrix(), self._kappa())))
        yield self._listed()
        told = [row for row in self.lettered if page or row in self.named()]
        if told:
            yield self._evidence(told)
        if page:
            yield self._leaks()
        yield Columns(columns=((self._quality(),), (self._missing(),)))
        if page:
            yield Columns(columns=((self._method(),), (self._limits(),)))
        elif remarks := tuple(self.remarks()):
            yield Section(title=self.say("ui.lost"), points=remarks)

    def _facts(self) -> Iterator[tuple[str, str]]:
        r, say, lead, best = self.r, self.say, self.lead, self.next_best()
        if lead:
            p = numbers.percent(lead.set_probability if len(lead.set) > 1 else lead.probability)
            yield say("ui.probability_kpi"), self.translator.styled("lead", p)
            yield say("ui.saw_kpi"), self._of(lead.saw, r.found)
            yield say("ui.expected_kpi"), self._of(numbers.expected(lead.expected), r.found)
        if best:
            yield say("ui.next_best_kpi" if lead else "ui.most_kpi"), self._of(best.saw, r.found)
        yield say("ui.unknown_kpi"), numbers.share(r.unknown_share)
        yield say("ui.leaks_used"), self._of(r.found, r.leaks)

    def _of(self, part: int | str, whole: int) -> str:
        return f"{part} " + self.translator.styled("of", f"/ {whole}")

    def _badge(self, source: str) -> str:
        """The letter of a leading source, which its pictures show; text has neither."""
        letter = self.letters.get(source)
        return self.translator.styled("badge", letter) + " " if letter and self.translator.html else ""

    def _figure(self, key: str, chart: Markup | None, *, more: str = "", table: Table | None = None) -> Section:
        return Section(
            title=self.say(f"ui.figure_{key}"),
            note=self.say(f"ui.figure_{key}_note") + (self.say("unit.gap") + more if more else ""),
            chart=nothing(self.say(f"ui.figure_{key}_empty")) if chart is None else chart,
            table=None if chart is None else table,
            fold=self.say("ui.as_table"),
        )

    def _saw(self) -> Section:
        lead = self.lead
        leads = frozenset({lead.source, *lead.set}) if lead else frozenset()
        rows = tuple(
            (
                self._badge(row.source) + self.translator.named(row.source, row.kind),
                str(row.saw),
                numbers.expected(row.expected),
                numbers.percent(row.probability),
            )
            for row in self.r.saw
        )
        head = tuple(self.say(f"ui.{key}") for key in ("source", "saw", "expected", "probability"))
        table = Table(head=head, rows=rows, numbers=frozenset({1, 2, 3}))
        return self._figure("saw", saw_chart(self.r.saw, self.r.found, self.letters, leads, self.pictured), table=table)

    def _unknown(self) -> Section:
        shares = parts(self.r.leak_rows, self.r.unknown_share, self.letters)
        names = {letter: self._badge(source) + self.translator.id(source) for source, letter in self.letters.items()}
        plain = names_of(self.letters, self.pictured)
        return self._figure("unknown", unknown_chart(shares, self.r.unknown_share, plain, names, self.pictured))

    def _delay(self) -> Section:
        chart = delay_chart(self.lettered, self.letters, self.r.delay, self.pictured)
        return self._figure("delay", chart, more=self.say("ui.figure_delay_curve") if self.r.delay else "")

    def _matrix(self) -> Section:
        chart = matrix_chart(self.r.leak_rows, self.letters, self.pictured)
        return self._figure("matrix", chart or nothing(numbers.DASH))

    def _kappa(self) -> Section:
        rows = tuple((f"{kappa:g}", numbers.percent(p)) for kappa, p in self.r.sensitivity)
        table = Table(head=("κ", self.say("ui.probability")), rows=rows, numbers=frozenset({1}))
        return self._figure("kappa", kappa_chart(self.r.sensitivity, self.r.kappa, self.pictured), table=table)

    def _listed(self) -> Section:
        """The sources, and which of them can't be told apart."""
        say = self.say
        rows = tuple(
            (
                self._badge(row.source) + self.translator.id(row.source),
                say(f"kind.{row.kind}"),
                numbers.percent(row.probability, keep=True),
                self.translator.say("unit.ratio", r=row.log10_lr),
                numbers.share(row.share, keep=True),
                str(row.saw),
                numbers.expected(row.expected),
            )
            for row in self.sources
        )
        head = ("source", "kind", "probability", "lr", "share", "saw", "expected")
        short = ("source", "kind", "probability", "lr_short", "share_short", "saw", "expected")
        table = Table(
            head=tuple(say(f"ui.{key}") for key in head),
            short=tuple(say(f"ui.{key}") for key in short),
            rows=rows,
            numbers=frozenset({2, 3, 4, 5, 6}),
            bars=tuple(row.probability for row in self.sources),
            barred=2,
        )
        alike = tuple(
            say("ui.set_line", sources=self.ids(row.set), p=row.set_probability) for row in sets(self.sources)
        )
        note = say("ui.sources_note" if rows else "ui.no_sources")
        return Section(title=say("ui.sources"), note=note, table=table, points=alike)

    def _evidence(self, sources: list[SourceRow]) -> Section:
        sold = {row.waybill: row for row in reversed(self.r.leak_rows)}
        return Section(
            title=self.say("ui.evidence"),
            note=self.say("ui.evidence_note"),
            parts=tuple(self._seen(row, sold) for row in sources),
        )

    def _seen(self, source: SourceRow, sold: dict[str, LeakRow]) -> Section:
        """A source's leaks with their times, in the order of the leaks file."""
        translator, say = self.translator, self.say
        title = self._badge(source.source) + translator.named(source.source, source.kind)
        if about := translator.values(source.role, source.outlet):
            title += " " + translator.styled("soft", about)
        pairs = zip(source.leaks, itertools.chain(source.delays_h, itertools.repeat(math.nan)), strict=False)
        rows = [row for _, row in sorted((self._look(w, h, sold.get(w)) for w, h in pairs), key=lambda pair: pair[0])]
        if not any(map(math.isfinite, source.delays_h)):
            note = say("ui.no_read", saw=source.saw, expected=source.expected)
            numbers_ = translator.joined(number + f" ({line})" for line, number, *_ in rows)
            return Section(title=title, note=note, prose=(numbers_,))
        head = tuple(say(f"ui.{key}") for key in ("line", "number", "looked", "sold", "gap"))
        places: tuple[Place, ...] = ("mark", "name", "below", "then", "value")
        shown = rows if translator.html else rows[:_MOST_TIMES]
        more = (say("ui.evidence_more", n=len(rows) - len(shown)),) if len(shown) < len(rows) else ()
        table = Table(head=head, rows=tuple(shown), numbers=frozenset({4}), places=places)
        return Section(title=title, table=table, points=more)

    def _look(self, waybill: str, hours: float, leak: LeakRow | None) -> tuple[int, tuple[str, ...]]:
        """Of a number that a source saw: its line in the leaks file, and the cells of its row."""
        looked = numbers.before(numbers.parse(leak.seen_until or leak.seen_at), hours) if leak else None
        gap = self.translator.hours(hours, keep=True)
        return leak.line if leak else 0, (
            str(leak.line) if leak else numbers.DASH,
            self.translator.id(waybill),
            numbers.clock(looked) if looked else self.say("ui.route_only"),
            self._sold(leak) if leak else numbers.DASH,
            self.say("ui.at_most", gap=gap) if leak and leak.seen_until and looked else gap,
        )

    def _sold(self, row: LeakRow) -> str:
        """When a number was seen for sale: a moment, or any of a day."""
        if row.seen_until is None:
            return self.say("unit.time", moment=row.seen_at)
        return self.say("ui.within", first=row.seen_at, last=row.seen_until)

    def _leaks(self) -> Section:
        head = tuple(self.say(f"ui.{key}") for key in ("line", "number", "sold", "accounts", "points_at", "unknown"))
        places: tuple[Place, ...] = ("mark", "name", "below", "drop", "aside", "value")
        rows = tuple(map(self._leak, self.r.leak_rows))
        return Section(
            title=self.say("ui.leaks"),
            note=self.say("ui.leaks_note"),
            table=Table(head=head, rows=rows, numbers=frozenset({3, 5}), places=places),
        )

    def _leak(self, row: LeakRow) -> tuple[str, ...]:
        """The cells of a leak's row; a leak that took no part says why instead of what it points at."""
        remark, dash = self.remark(row), numbers.DASH
        sold = self._sold(row) if row.seen_at else dash
        cells = (str(row.line), self.translator.id(row.waybill), sold)
        if not usable(row):
            return *cells, dash, remark
        top = dash
        for source, p in row.points_at[:1]:
            top = self._badge(source) + self.translator.id(source) + f" {numbers.percent(p)}"
        if remark:
            top += self.translator.styled("soft under", remark)
        return *cells, str(row.accounts), top, numbers.share(row.unknown, keep=True)

    def _quality(self) -> Section:
        notes = [self.translator.note(note) for note in self.r.quality] or [self.say("ui.quality_none")]
        return Section(title=self.say("ui.quality"), points=(*notes, self.translator.note(self.r.fit.note)))

    def _missing(self) -> Section:
        tables = self.r.missing_tables
        codes = {table: f"table.{table}" for table in tables}
        return Section(
            title=self.say("ui.missing_tables"),
            note=self.say("ui.missing_note" if tables else "ui.missing_none"),
            terms=tuple(
                (self.translator.value(table), self.say(code) if self.translator.has(code) else "")
                for table, code in codes.items()
            ),
        )

    def _method(self) -> Section:
        values = {"considered": self._considered(), "kappa": self.r.kappa}
        prose = tuple(self.say(f"method.{key}", **values) for key in _METHOD)
        return Section(title=self.say("ui.method"), prose=prose)

    def _limits(self) -> Section:
        limits = tuple(self.say(f"limits.{key}") for key in _LIMITS)
        return Section(title=self.say("ui.limits"), points=limits)

    def _considered(self) -> str:
        """How many sources of each kind stood to choice."""
        counts = self.r.considered.items()
        kinds = [self.say("unit.counted", n=n, kind=self.say(f"kind.{kind}")) for kind, n in counts if n]
        return self.translator.all_of(kinds) if kinds else numbers.DASH

    def _origin(self) -> Iterator[tuple[str, str]]:
        r, say, id_ = self.r, self.say, self.translator.id
        yield say("ui.seed"), str(r.seed)
        yield say("ui.ledger_digest"), id_(r.ledger_digest)
        if point := r.checkpoint:
            yield say("ui.checkpoint"), id_(point.origin) + f" {point.size} {point.root.hex()}"
        yield say("ui.leaks_digest"), id_(r.leaks_digest)
        yield say("ui.reads"), f"{r.accesses:,}"
        span = dict(zip(("from", "to"), r.span or (), strict=False))
        yield say("ui.span"), say("ui.span_value", **span) if span else numbers.DASH
        yield say("ui.considered"), self._considered()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParts:
    """A trace in words.

    Attributes:
        verdict: How far the evidence carries, in a word or two.
        headline: The answer in a line.
        plain: What was seen, in counts.
        means: What the probabilities mean, and what they don't.
        steps: What to do next, in order.
        quality: What a reader must know of the data, and how well the model fits.
        remarks: On each row of the leaks that has one, by line.
        saw: Picture of who saw how many; None where nobody saw any.
        unknown: Picture of where the numbers come from.
        delay: Picture of hours from read to sale.
        kappa: Picture of the leading source under other expectations.
    """

    verdict: str
    headline: str
    plain: tuple[str, ...]
    means: tuple[str, ...]
    steps: tuple[str, ...]
    quality: tuple[str, ...]
    remarks: dict[int, str]
    saw: Markup | None
    unknown: Markup | None
    delay: Markup | None
    kappa: Markup | None


def render_parts(result: TraceResult, lang: str) -> ReportParts:
    """A trace in parts.

    Args:
        result: The trace.
        lang: "en" or "zh".

    Returns:
        Its parts: everything in them is escaped.

    Raises:
        ValueError: The language isn't known.
    """
    language = known_lang(lang)
    translator = Translator(language, html=True, more=catalogue(language, __package__))
    story = ReportBuilder(result, translator)
    lead = story.lead
    leads = frozenset({lead.source, *lead.set}) if lead else frozenset()
    names = {letter: source for source, letter in story.letters.items()}
    others = {code: translator.say(f"ui.{code}") for code in ("others", "unknown")}
    shares = split(result.leak_rows, result.unknown_share, story.letters)
    return ReportParts(
        verdict=translator.say(f"verdict.{result.verdict}"),
        headline=story.headline(),
        plain=tuple(story.plain()),
        means=tuple(story.meaning()),
        steps=tuple(story.next_steps()),
        quality=(*(translator.note(note) for note in result.quality), translator.note(result.fit.note)),
        remarks={row.line: remark for row in result.leak_rows if (remark := story.remark(row))},
        saw=saw_chart(result.saw, result.found, story.letters, leads, story.pictured),
        unknown=unknown_chart(shares, result.unknown_share, names | others, names | others, story.pictured)
        if result.found
        else None,
        delay=delay_chart(story.lettered, story.letters, result.delay, story.pictured),
        kappa=kappa_chart(result.sensitivity, result.kappa, story.pictured),
    )


LEDGER_KEYS = ("checkpoint", "inputs.ledger")
"""Keys that say which ledger it was: its tree, and what was in it."""
_NESTED = ("inputs", "fit")


def find_differences(report: Mapping[str, Any], result: TraceResult) -> tuple[str, ...]:
    """List what of a report a trace doesn't give again (rule 3).

    Args:
        report: A JSON report.
        result: The trace anew.

    Returns:
        Keys whose values differ, sorted; none where it is reproduced.
    """
    return min((_differing(report, json.loads(ReportBuilder.render(result, "json", lang))) for lang in LANGS), key=len)


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    left, right = _flat(before), _flat(now)
    return tuple(sorted(key for key in left.keys() | right.keys() if left.get(key, ()) != right.get(key, ())))


def _flat(report: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of the small objects beside those of the top."""
    out: dict[str, Any] = {}
    for key, value in report.items():
        if key in _NESTED and isinstance(value, Mapping):
            out |= {f"{key}.{inner}": item for inner, item in value.items()}
        else:
            out[key] = value
    return out


render = ReportBuilder.render
"""The report on a trace as "text", "json" or "html"."""
