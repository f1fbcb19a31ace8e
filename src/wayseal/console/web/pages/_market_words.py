"""Words of the trade: what the reading proposes, and what a person says to each.

1. A word is read by from the watch's next look on, once a person took it for one, with what it means and why.
2. What was decided is a line of the record. Whoever decided last can take it back within a minute by one press; later
   anybody can, with a reason. The word can be decided on again then.
3. Proposals are what the last job that looked for them found, without what was decided since.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import UNDO_US, one_line
from wayseal.console.errors import AccessError, JobError
from wayseal.console.jobs import Job, JobState
from wayseal.console.jobs.words import WordSeen, load_words
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._market_page import on_record
from wayseal.console.web._market_view import frame
from wayseal.console.web._waiting import asked_job
from wayseal.console.web.pages._desk import me, with_query
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.views import WordRow
from wayseal.market.log.work import words

KINDS = ("waybill", "personal", "insider", "empty_parcels", "trade", "logistics")
"""What a word may speak for, as the reading knows it."""
_KIND = "market_words"
_STATES = {"accept": "accepted", "refuse": "refused", "undo": "new", "take_back": "new"}
_WORD = re.compile(r"[^\W_]{2,12}")
_LONGEST, _MOST_MEANING, _TAKEN_BACK = 40, 100, "taken back"


def show_words(ask: Ask, market: Market) -> Response:
    """What is proposed, what was decided, and the word that is looked at."""
    return _page(ask, market)


def _page(ask: Ask, market: Market, error: Any = None) -> Response:
    decided = words(market)
    found, made, gone = _proposed(ask)
    taken = {one.word for one in decided}
    proposed = [one for one in found if one.word not in taken]
    at = _folded(ask.field("word") or ask.query.get("word", ""))[:_LONGEST] or (proposed[0].word if proposed else "")
    return ask.page(
        "market_words",
        status=200 if error is None else 400,
        error=error,
        typed=ask.form,
        proposed=proposed,
        decided=decided,
        at=at,
        seen=next((one for one in proposed if one.word == at), None),
        stands=next((one for one in decided if one.word == at), None),
        made=made,
        gone=gone,
        job=asked_job(ask),
        kinds=KINDS,
        done=_done(ask, decided),
        **frame(ask, "words"),
    )


def _proposed(ask: Ask) -> tuple[Sequence[WordSeen], Job | None, JobError | None]:
    """What was proposed last, by which job, and why that can't be shown (rule 3)."""
    made = next(iter(ask.site.jobs.list(kind=_KIND, states=[JobState.DONE], limit=1)), None)
    if made is None:
        return (), None, None
    try:
        return load_words(ask.site.jobs.folder_of(made.id), made.result), made, None
    except JobError as error:
        return (), made, error


def decide(ask: Ask, market: Market) -> Response:
    """Takes a word for one of the trade, refuses it, or takes that back (rules 1 and 2)."""
    word, act = _folded(ask.field("word")), ask.field("act")
    standing = next((one for one in words(market) if one.word == word), None)
    try:
        line = _line(ask, word, act, standing)
    except (CasebookUsageError, AccessError) as error:
        return _page(ask, market, error)
    market.append([line])
    return ask.go(with_query("/market/words", {} if act in ("accept", "refuse") else {"word": word}, done=word))


def _line(ask: Ask, word: str, act: str, standing: WordRow | None) -> Line:
    if act not in _STATES:
        raise AccessError("choose what is to be done", key="act")
    if not _WORD.fullmatch(word):
        raise AccessError("a word has from 2 to 12 letters, and nothing else", key="word")
    body = {"word": word, "state": _STATES[act]}
    if act in ("undo", "take_back"):
        if standing is None:
            raise AccessError("this was taken back already", key="act")
        if act == "undo" and not _seconds(ask, standing):
            raise AccessError("a decision can be taken back within a minute, by whoever made it", key="act")
        body |= {"kind": standing.kind, "meaning": standing.meaning}
        why = _TAKEN_BACK if act == "undo" else one_line(ask.line("why"), "why")
    else:
        if standing is not None:
            raise AccessError("somebody decided on this word meanwhile: take that back first", key="word")
        body |= _meant(ask, act)
        why = one_line(ask.line("why"), "why")
    return Line(kind=LineKind.WORD, at=ask.access.now(), body=body, who=me(ask), why=why)


def _meant(ask: Ask, act: str) -> dict[str, str]:
    """What a word speaks for, and means; one that is refused means nothing."""
    if act == "refuse":
        return {"kind": "", "meaning": ""}
    kind, meaning = ask.field("kind"), one_line(ask.line("meaning"), "meaning")
    if kind not in KINDS:
        raise AccessError("choose one of the list", key="kind")
    if len(meaning) > _MOST_MEANING:
        raise AccessError("is longer than {most} characters", key="meaning", most=_MOST_MEANING)
    return {"kind": kind, "meaning": meaning}


def look_for_words(ask: Ask, market: Market) -> Response:
    """Asks for what the reading proposes now."""
    del market
    waiting = ask.site.jobs.list(kind=_KIND, states=[JobState.QUEUED, JobState.RUNNING], limit=1)
    id_ = waiting[0].id if waiting else ask.site.jobs.start(_KIND, {}, me(ask))
    return ask.go(with_query("/market/words", {"job": id_}))


def _folded(word: str) -> str:
    """A word as the reading has it, but for what only the reading folds."""
    return unicodedata.normalize("NFKC", word).casefold().strip()


def _seconds(ask: Ask, row: WordRow) -> int:
    """For which a decision can be taken back by one press yet (rule 2)."""
    return 0 if row.who != me(ask) else max(0, (row.at + UNDO_US - ask.access.now()) // 1_000_000)


def _done(ask: Ask, decided: Sequence[WordRow]) -> Mapping[str, Any] | None:
    """What was just decided, as long as one press takes it back."""
    row = next((one for one in decided if one.word == ask.query.get("done", "")), None)
    seconds = 0 if row is None else _seconds(ask, row)
    return {"row": row, "seconds": seconds} if seconds else None


PAGES = (
    Page(method="GET", path="/market/words", act=on_record(show_words), roles=CASE_ROLES),
    Page(method="POST", path="/market/words", act=on_record(decide), roles=CASE_ROLES),
    Page(method="POST", path="/market/words/look", act=on_record(look_for_words), roles=CASE_ROLES),
)
