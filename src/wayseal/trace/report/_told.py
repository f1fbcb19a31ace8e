"""The parts of a report for a page that has a frame of its own, in the reader's language, as markup."""

from dataclasses import dataclass

from markupsafe import Markup

from wayseal.page.languages import known_lang
from wayseal.page.words import Voice, catalogue
from wayseal.trace._result import TraceResult
from wayseal.trace.report._charts import kappa_chart, saw_chart, unknown_chart
from wayseal.trace.report._charts import parts as split
from wayseal.trace.report._matrix import delay_chart
from wayseal.trace.report._report import ReportBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
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


def tell(result: TraceResult, lang: str) -> Told:
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
    voice = Voice(language, html=True, more=catalogue(language, __package__))
    story = ReportBuilder(result, voice)
    lead = story.lead
    leads = frozenset({lead.source, *lead.set}) if lead else frozenset()
    names = {letter: source for source, letter in story.letters.items()}
    others = {code: voice.say(f"ui.{code}") for code in ("others", "unknown")}
    shares = split(result.leak_rows, result.unknown_share, story.letters)
    return Told(
        verdict=voice.say(f"verdict.{result.verdict}"),
        headline=story.headline(),
        plain=tuple(story.plain()),
        means=tuple(story.meaning()),
        steps=tuple(story.next_steps()),
        quality=(*(voice.note(note) for note in result.quality), voice.note(result.fit.note)),
        remarks={row.line: remark for row in result.leak_rows if (remark := story.remark(row))},
        saw=saw_chart(result.saw, result.found, story.letters, leads, story.pictured),
        unknown=unknown_chart(shares, result.unknown_share, names | others, names | others, story.pictured)
        if result.found
        else None,
        delay=delay_chart(story.lettered, story.letters, result.delay, story.pictured),
        kappa=kappa_chart(result.sensitivity, result.kappa, story.pictured),
    )
