"""Detection for its readers: text, JSON, a page, OCSF findings, metrics."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from wayseal.detect._result import Case, DetectResult, Person
from wayseal.detect.report._json import metrics, ocsf_lines
from wayseal.detect.report._story import ReasonTeller, ReportBuilder
from wayseal.page.languages import known_lang
from wayseal.page.words import Voice, catalogue

__all__ = ["ReasonTeller", "brief", "metrics", "render_detect", "with_casebook_names"]

FORMATS = ("text", "json", "ocsf", "html")


def render_detect(result: DetectResult, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:  # noqa: A002
    """The report in one of FORMATS. ValueError for another one, or another language. color, width: for text."""
    if format == "ocsf":
        told = ReportBuilder(result, _voice(lang)).with_texts()
        return "".join(line + "\n" for line in ocsf_lines(told))
    return ReportBuilder.render(result, format, lang, color=color, width=width)


def brief(result: DetectResult, lang: str) -> list[str]:
    """A line a case. ValueError for another language."""
    return list(ReportBuilder(result, _voice(lang)).brief())


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


def _voice(lang: str) -> Voice:
    language = known_lang(lang)
    return Voice(language, more=catalogue(language, __package__))
