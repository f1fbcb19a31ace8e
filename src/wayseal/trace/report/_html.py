"""The report as one HTML page: no script, nothing fetched, everything from the log escaped.

Obligations, cited by the tests:
1. The page refers to nothing outside itself, and its content security policy allows nothing but its own style sheet.
2. Text from logs reaches the page only through autoescape or the SVG writer, with every hidden character made visible.
3. Every row of the leaks file stands on the page.
4. What a picture shows also stands in a table.
"""

import math
from dataclasses import dataclass

from markupsafe import Markup

from wayseal.page import numbers, render_template
from wayseal.page.languages import Lang
from wayseal.trace._result import LeakRow, SourceRow, TraceResult
from wayseal.trace.report._charts import (
    OTHERS,
    UNKNOWN,
    kappa_chart,
    names_of,
    part_style,
    parts,
    saw_chart,
    unknown_chart,
)
from wayseal.trace.report._matrix import MOST_ROWS, delay_chart, matrix_chart
from wayseal.trace.report._story import LETTERS, Story, build_story, sets, usable
from wayseal.trace.report._voice import voice_of

_METHOD = ("compare", "draw", "time", "kinds", "prior", "rule")
_LIMITS = ("account", "framing", "lost", "wide", "choice", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One line of a source's evidence: the number, its line in the leaks file, last look, sale, time between."""

    waybill: str
    line: str
    looked: str
    sold: str
    gap: str


def render_html(result: TraceResult, lang: Lang) -> str:
    """The whole report as one self-contained page."""
    page = _Page(result, lang)
    return render_template(
        __package__,
        "report.html.j2",
        lang,
        page=page,
        voice=page.voice,
        say=page.voice.say,
        story=page.story,
        result=result,
        numbers=numbers,
        method=_METHOD,
        limits=_LIMITS,
        most_rows=MOST_ROWS,
    )


class _Page:
    """What the template shows beyond the story: pictures, letters and rows ready to print."""

    def __init__(self, result: TraceResult, lang: Lang) -> None:
        self.result = result
        self.lang = lang
        self.voice = voice_of(lang, html=True)
        self.plain = voice_of(lang)
        self.story: Story = build_story(result, self.voice)
        names = list(dict.fromkeys(row.source for row in self.story.sources))
        self.letters = dict(zip(names, LETTERS, strict=False))
        lead = self.story.lead
        self.leads = frozenset({lead.source, *lead.set}) if lead else frozenset()
        self.shares = parts(result.leak_rows, result.unknown_share, self.letters)
        self.sets = sets(self.story.sources)
        self._rows = {row.waybill: row for row in reversed(result.leak_rows)}

    def pictures(self) -> dict[str, Markup | None]:
        """The five pictures; None where there is nothing to show."""
        r, plain = self.result, self.plain
        return {
            "saw": saw_chart(r.saw, r.found, self.letters, self.leads, plain),
            "delay": delay_chart(self.lettered(), self.letters, r.delay, plain),
            "unknown": unknown_chart(self.shares, r.unknown_share, names_of(self.letters, plain), plain),
            "matrix": matrix_chart(r.leak_rows, self.letters, plain),
            "kappa": kappa_chart(r.sensitivity, r.kappa, plain),
        }

    def lettered(self) -> list[SourceRow]:
        """The leading sources, those with a letter, in order (a name that two kinds share: the first)."""
        first: dict[str, SourceRow] = {}
        for row in self.story.sources:
            if row.source in self.letters:
                first.setdefault(row.source, row)
        return list(first.values())

    def letter(self, source: str) -> str:
        """The badge of a leading source, or nothing."""
        letter = self.letters.get(source)
        return Markup('<span class="badge">{}</span> ').format(letter) if letter else Markup("")

    def was_read(self, row: SourceRow) -> bool:
        """Whether the log holds a read by this source; if not, only routes speak."""
        return any(math.isfinite(hours) for hours in row.delays_h)

    def ids(self, sources: tuple[str, ...]) -> list[str]:
        """Several ids, ready to be listed."""
        return [self.voice.id(source) for source in sources]

    def about(self, row: SourceRow) -> str:
        """What is known of a source beside its name."""
        known = [self.voice.id(text) for text in (row.role, row.outlet) if text]
        return Markup(" · ").join(known)

    def span(self) -> str:
        """From when to when the log runs."""
        start, end = self.result.span or ("", "")
        return self.voice.say("ui.span_value", zone=numbers.ZONE, **{"from": start, "to": end})

    def time(self, moment: str) -> str:
        """A moment in the zone of the report; what isn't one is shown as it is."""
        return self.voice.say("unit.time", moment=moment)

    def evidence(self, row: SourceRow) -> list[EvidenceLine]:
        """A source's leaks with their times, in the order of the leaks file."""
        delays = [*row.delays_h, *[float("nan")] * len(row.leaks)]
        found = [self._evidence(w, hours) for w, hours in zip(row.leaks, delays, strict=False)]
        return [line for _, line in sorted(found, key=lambda pair: pair[0])]

    def _evidence(self, waybill: str, hours: float) -> tuple[int, EvidenceLine]:
        leak = self._rows.get(waybill)
        sold = numbers.parse(leak.seen_at) if leak else None
        looked = numbers.before(sold, hours)
        return leak.line if leak else 0, EvidenceLine(
            waybill=self.voice.id(waybill),
            line=str(leak.line) if leak else numbers.DASH,
            looked=numbers.clock(looked) if looked else self.voice.say("ui.route_only"),
            sold=self.time(leak.seen_at) if leak else numbers.DASH,
            gap=self.voice.hours(hours, keep=True),
        )

    def reason(self, row: LeakRow) -> str:
        """The remark on a leak, or nothing."""
        if row.missing is not None:
            return self.voice.note(row.missing)
        return "" if row.found else self.voice.say("missing.not_in_ledger")

    def used(self, row: LeakRow) -> bool:
        """Whether the leak took part in the trace."""
        return usable(row)

    def considered(self) -> str:
        """How many sources of each kind stood to choice, in words."""
        say = self.voice.say
        counts = self.result.considered.items()
        listed = [say("unit.counted", n=n, kind=say(f"kind.{kind}")) for kind, n in counts if n]
        return self.voice.all_of(listed) if listed else numbers.DASH

    def command(self) -> str:
        """The command that makes this page again; the two inputs are known by their digests."""
        return (
            f"wayseal trace LEDGER --leaks LEAKS --seed {self.result.seed} "
            f"--format html --lang {self.lang} --out report.html"
        )

    def legend(self) -> list[tuple[str, str, float]]:
        """The legend of the share picture: style, name, share."""
        sources = {letter: source for source, letter in self.letters.items()}
        rows: list[tuple[str, str, float]] = []
        for index, (key, part) in enumerate(self.shares):
            own = key not in (OTHERS, UNKNOWN)
            name = self.letter(sources[key]) + self.voice.id(sources[key]) if own else self.voice.say(f"ui.{key}")
            rows.append((part_style(key, index), name, part))
        return rows
