"""Cases of the casebook, read only: pseudonyms always, since a name is shown by a recorded act alone."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from wayseal.cases import CasebookError, load_pseudonyms, read_casebook
from wayseal.cases.types import Casebook, CaseState, RecordedCase, Verdict
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.model.errors import WaysealError
from wayseal.page.words import catalogue

_MANY, _FIRST = 50, 5
_WORDS = "wayseal.detect.report"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case as a list shows it. accounts: pseudonyms."""

    id: str
    state: CaseState
    score: float
    alerted_at: int
    last_alerted_at: int
    reasons: tuple[str, ...]
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    book: Casebook
    lines: tuple[CaseLine, ...]


def show_cases(ask: Ask) -> Response:
    """The list: those that nobody judged first, the most certain on top."""
    found = _load(ask)
    if isinstance(found, WaysealError):
        return ask.page("cases", status=503, trouble=found, lines=(), counts={}, state="", states=[], onward=0)
    state, start = ask.query.get("state", ""), _number(ask.query.get("from", ""))
    lines = sorted(
        (one for one in found.lines if state in ("", one.state)),
        key=_order,
    )
    return ask.page(
        "cases",
        trouble=None,
        lines=lines[start : start + _MANY],
        counts=Counter(one.state.value for one in found.lines),
        state=state,
        states=[one.value for one in CaseState],
        onward=start + _MANY if len(lines) > start + _MANY else 0,
    )


def show_case(ask: Ask) -> Response:
    """A case: why it was alerted, and what was done with it."""
    found = _load(ask)
    if isinstance(found, WaysealError):
        return ask.page("error", status=503, status_shown=503, error=found)
    id_ = ask.names["case"]
    line = next((one for one in found.lines if one.id == id_), None)
    if line is None:
        return ask.page("error", status=404, status_shown=404)
    case = found.book.case(id_)
    return ask.page("case", line=line, alerts=case.alerts, acts=_acts(case), words=_reasons(ask))


def newest_cases(ask: Ask) -> tuple[Mapping[str, int], tuple[CaseLine, ...]] | WaysealError:
    """State → cases, and which to decide first; the error where the casebook can't be read."""
    found = _load(ask)
    if isinstance(found, WaysealError):
        return found
    waiting = (one for one in found.lines if one.state is CaseState.NEW)
    return Counter(one.state.value for one in found.lines), tuple(sorted(waiting, key=_order)[:_FIRST])


def _order(line: CaseLine) -> tuple[bool, float, int, str]:
    """Those that nobody judged first, the most certain on top."""
    return line.state in (CaseState.TRUE, CaseState.FALSE), -line.score, line.alerted_at, line.id


def _load(ask: Ask) -> _Book | WaysealError:
    folder = ask.site.casebook
    if folder is None:
        return _Book(book=Casebook(), lines=())
    try:
        book = read_casebook(folder)
        pseudonym = load_pseudonyms(folder).of if book.cases else str
    except CasebookError as error:
        return error
    except OSError:
        return CasebookError("the casebook can't be read")
    words = _reasons(ask)
    return _Book(book=book, lines=tuple(_line(case, pseudonym, words) for case in book.cases))


def _line(case: RecordedCase, pseudonym: Callable[[str], str], words: Mapping[str, str]) -> CaseLine:
    return CaseLine(
        id=case.id,
        state=case.state,
        score=case.score,
        alerted_at=case.alerted_at,
        last_alerted_at=case.last_alerted_at,
        reasons=tuple(words.get(f"detector.{name}", name) for name in case.detectors),
        accounts=tuple(pseudonym(actor) for actor in case.actors),
    )


def _acts(case: RecordedCase) -> list[dict[str, object]]:
    """What was done, without what names somebody: a statement or a reason may."""
    return [
        {
            "kind": type(act).__name__ if not isinstance(act, Verdict) else f"Verdict{act.true}",
            "at": act.at,
            "who": act.who,
        }
        for act in case.acts
    ]


def _reasons(ask: Ask) -> Mapping[str, str]:
    return catalogue(ask.lang, _WORDS)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


PAGES = (
    Page(method="GET", path="/cases", act=show_cases, roles=CASE_ROLES),
    Page(method="GET", path="/cases/{case}", act=show_case, roles=CASE_ROLES),
)
