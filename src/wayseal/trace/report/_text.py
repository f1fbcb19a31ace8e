"""The report for a terminal: plain words first, then the table, then what a careful reader asks next."""

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wayseal.model.sources import VerdictKind
from wayseal.page import numbers, print_to_text, wrap
from wayseal.page.languages import Lang
from wayseal.page.visible import cells, shorten, visible
from wayseal.page.words import Voice
from wayseal.trace._result import SourceRow, TraceResult
from wayseal.trace.report._story import Story, build_story, ranges, sets
from wayseal.trace.report._voice import voice_of

_STYLE = {
    VerdictKind.NAMED: "bold reverse cyan",
    VerdictKind.SHORTLIST: "bold reverse blue",
    VerdictKind.INSUFFICIENT: "bold reverse white",
}


def render_text(result: TraceResult, lang: Lang, *, color: bool = False, width: int = 88) -> str:
    """The report as text of at most `width` cells a line (at least 40), with ANSI colours if asked."""
    return print_to_text(lambda console: _Writer(console, voice_of(lang), result).write(), color=color, width=width)


class _Writer:
    def __init__(self, console: Console, voice: Voice, result: TraceResult) -> None:
        self.console = console
        self.voice = voice
        self.result = result
        self.story: Story = build_story(result, voice)

    def write(self) -> None:
        story, ui = self.story, self.voice
        head = Text(f" {story.verdict} ", style=_STYLE[self.result.verdict])
        self.console.print(head.append_text(Text(f" {ui.say('ui.title')}", style="dim not bold")))
        self.lines([story.headline], style="bold")
        self.lines(story.plain)
        self.heading("means")
        self.bullets(story.meaning)
        self.heading("next")
        self.bullets(story.next_steps, numbered=True)
        self.heading("sources")
        self.sources()
        self.heading("quality")
        self.bullets([*story.quality, story.fit] if story.quality else [story.fit])
        self.missing_tables()
        self.lost()
        self.console.print()
        self.lines([self.origin()], style="dim")

    def heading(self, key: str) -> None:
        self.console.print()
        self.console.print(Text(self.voice.say(f"ui.{key}"), style="bold cyan"))

    def lines(self, texts: Iterable[str], *, style: str = "", first: str = "", rest: str = "") -> None:
        for text in texts:
            for line in wrap(text, self.console.width, first=first, rest=rest):
                self.console.print(Text(line, style=style), no_wrap=True, crop=False)

    def bullets(self, texts: Iterable[str], *, numbered: bool = False) -> None:
        for number, text in enumerate(texts, 1):
            mark = f"  {number}. " if numbered else "  - "
            self.lines([text], first=mark, rest=" " * len(mark))

    def sources(self) -> None:
        if not self.story.sources:
            self.lines([self.voice.say("ui.no_sources")], first="  ", rest="  ")
            return
        say = self.voice.say
        table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False, header_style="bold")
        table.add_column(say("ui.source"), overflow="fold", min_width=10)
        table.add_column(say("ui.kind"), overflow="fold", min_width=8)
        for key in ("probability", "lr_short", "share_short", "saw", "expected"):
            title = say(f"ui.{key}")
            table.add_column(title, justify="right", no_wrap=True, min_width=max(cells(title), 6))
        for row in self.story.sources:
            table.add_row(*(Text(cell) for cell in self._cells(row)))
        self.console.print(table)
        for row in sets(self.story.sources):
            names = self.voice.all_of(self.voice.id(source) for source in row.set)
            self.bullets([say("ui.set_line", sources=names, p=row.set_probability)])

    def _cells(self, row: SourceRow) -> list[str]:
        return [
            self.voice.id(row.source),
            self.voice.say(f"kind.{row.kind}"),
            numbers.percent(row.probability, keep=True),
            numbers.log10(row.log10_lr),
            numbers.share(row.share, keep=True),
            str(row.saw),
            numbers.expected(row.expected),
        ]

    def missing_tables(self) -> None:
        if self.story.missing_tables:
            self.heading("missing_tables")
            colon = self.voice.say("unit.colon")
            self.bullets(f"{shorten(visible(t), 40)}{colon}{why}" for t, why in self.story.missing_tables)

    def lost(self) -> None:
        if self.story.lost:
            self.heading("lost")
        for lost in self.story.lost:
            lines = [row.line for row in lost.rows]
            self.bullets([self.voice.say("ui.lost_lines", lines=len(lines), list=ranges(lines), reason=lost.reason)])

    def origin(self) -> str:
        r, p = self.result, self.result.checkpoint
        parts = (
            f"Wayseal {self.voice.id(r.wayseal)}",
            f"{self.voice.say('ui.seed')} {r.seed}",
            f"{self.voice.say('ui.ledger_digest')} {self.voice.id(r.ledger_digest)[:20]}",
            *([f"{self.voice.say('ui.checkpoint')} {p.origin[:16]} {p.size} {p.root.hex()[:20]}"] if p else []),
            f"{self.voice.say('ui.leaks_digest')} {self.voice.id(r.leaks_digest)[:20]}",
        )
        return " · ".join(parts)
