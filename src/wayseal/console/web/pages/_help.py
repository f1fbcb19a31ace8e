"""A line on each figure, state and reason that pages show, with the page of the docs that says more.

A page marks a figure by `hint` (`_help.html.j2`), which leads here and says the line where somebody points at it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from wayseal.cases.types import CaseState
from wayseal.console.roles import ALL_ROLES
from wayseal.console.web._ask import Ask, Pages
from wayseal.console.web._render import translator_of
from wayseal.page.languages import Lang
from wayseal.page.words import catalogue

PAGES = Pages()
_DETECTION, _TRACE = "explanation/detection", "explanation/how-it-decides"
FIGURES: Mapping[str, str] = {
    "probability": f"{_DETECTION}#the-score",
    "loss": f"{_DETECTION}#what-is-lost-comes-first",
    "waiting": "how-to/console-guide#the-queue",
    "strength": "explanation/detection#evidence",
    "pseudonym": "how-to/cases#pseudonyms",
    "unexplained": f"{_DETECTION}#what-counts-as-work",
    "peers": f"{_DETECTION}#peers-and-own-past",
    "ratio": f"{_TRACE}#the-likelihood-ratio",
    "source": f"{_TRACE}#what-the-probability-means",
    "basket": "how-to/console-guide#baskets",
    "watch": "how-to/console-guide#what-is-live",
    "block": "how-to/blocks#what-an-entry-is",
    "canary": f"{_TRACE}#canaries",
    "verdict": f"{_DETECTION}#verdicts",
    "without_parcel": "how-to/console-guide#parcels",
    "back": "how-to/market-watch#what-is-gone-and-what-is-back",
}
"""Figures and words by their code → the page of the docs."""
_STATES, _REASONS = "how-to/cases#verdicts", "reference/detectors#{}"
_OF_THE_SCORE = dict.fromkeys(("beyond_role", "grown"), f"{_DETECTION}#the-score")
"""Reasons that are no detector's, but the score's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something that pages show. code: by which a page leads to it; name, line: in words; address: of the docs."""

    code: str
    name: str
    line: str
    address: str


def address_of(docs: str, lang: Lang) -> str:
    """Where the console serves a page of the docs, in a language."""
    page, _, anchor = docs.partition("#")
    return f"/docs/{'zh/' if lang == 'zh' else ''}{page}.html#{anchor}"


def topics_of(lang: Lang) -> tuple[Sequence[Topic], Sequence[Topic], Sequence[Topic]]:
    """Figures, states of cases, and reasons of detection."""
    own, words = translator_of(lang), catalogue(lang, "wayseal.detect.report")

    def topic(code: str, name: str, line: str, docs: str) -> Topic:
        return Topic(code=code, name=name, line=line, address=address_of(docs, lang))

    reasons = {code.partition(".")[2]: said for code, said in words.items() if code.startswith("detector.")}
    return (
        [topic(code, own.say(f"help_name.{code}"), own.say(f"help.{code}"), docs) for code, docs in FIGURES.items()],
        [
            topic(f"state_{one}", own.say(f"case_state.{one}"), own.say(f"help.state_{one}"), _STATES)
            for one in CaseState
        ],
        [
            topic(
                f"reason_{name}",
                said,
                words.get(f"detect.refute_{name}", ""),
                _OF_THE_SCORE.get(name, _REASONS.format(name)),
            )
            for name, said in reasons.items()
        ],
    )


@PAGES.get("/help", ALL_ROLES)
def show_help(ask: Ask) -> Response:
    """Show all topics."""
    figures, states, reasons = topics_of(ask.lang)
    return ask.page("help", figures=figures, states=states, reasons=reasons)
