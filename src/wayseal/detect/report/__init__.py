"""Detection for its readers: text, JSON, a page, OCSF findings, metrics."""

from wayseal.detect._result import DetectResult
from wayseal.detect.report._casebook_names import with_casebook_names
from wayseal.detect.report._ocsf import ocsf_lines
from wayseal.detect.report._prometheus import metrics
from wayseal.detect.report._reasons import ReasonTeller
from wayseal.detect.report._story import ReportBuilder
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


def _voice(lang: str) -> Voice:
    language = known_lang(lang)
    return Voice(language, more=catalogue(language, __package__))
