"""The market's watch: how it stands, its sources, acts by hand, captures, looks, imports, words of the trade.

1. Of one source one job waits or runs at a time: whoever asks again is led to it.
2. Files that are sent are kept, with their SHA-256 of when they came, for the job that brings them in; nothing of them
   is read by a page.
3. A word is read by from the watch's next look on, once a person took it for one, with what it means and why; offers
   that were read before are read again then.
4. What was decided is a line of the record. Whoever decided last can take it back within a minute by one press; later
   anybody can, with a reason. The word can be decided on again then.
5. Proposals are what the last job that looked for them found, without what was decided since.
6. Whoever sees no offer sees counts, sources and acts: no text, no handle, no number, no seller, no reason.
7. What changed is told against the counts of the last visit; within a visit it stays told.
8. A proof goes out with the line that it proves, and what checks it: nobody has to ask us.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import UNDO_US
from wayseal.cases.writing import one_line
from wayseal.console.errors import AccessError, JobError
from wayseal.console.jobs import Job, JobState
from wayseal.console.jobs.imports import PastedText, is_market_installed, keep_sent
from wayseal.console.jobs.logs import drop_upload
from wayseal.console.jobs.results import IMPORT, WORDS, ImportSeen, WordSeen
from wayseal.console.jobs.types import WAITING
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES
from wayseal.console.web._ask import TO_DO, Ask, Pages, there
from wayseal.console.web._lists import with_query
from wayseal.console.web._market_view import NOT_SET, frame, long_unseen, named, on_record, works
from wayseal.console.web._render import translator_of
from wayseal.console.web._timeline import Clock
from wayseal.console.web.pages._casework import asked_job, me
from wayseal.console.web.pages._jobs import job_row
from wayseal.market.crawling.imports import ImportForm
from wayseal.market.drawn import FRESH, draw_fresh, draw_prices, draw_weeks, price_text, routes_of, spread, units_of
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.lines import ORIGIN
from wayseal.market.log.queries import acts, last_moment, overdue, watched, words
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import SourceRow, Totals, Week, WordRow
from wayseal.market.types import FLAGS
from wayseal.model.times import clock_hours
from wayseal.service.multipart import FILES

PAGES, OTHERS = Pages(on_record), Pages()
_MOST_UPLOAD = 1 << 42
"""The setting bounds it."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LONGEST = 64
"""Of what a job is about."""
DUE = "market"
_FIELDS = ("text", "posted_at", "shop_name", "shop", "title", "price", "key")
LOOKS = frozenset({"market_look", "market_due", "market_import"})


def subject_of(source: str) -> str:
    """Return what a job of a source is about, as jobs are found by it."""
    return f"{DUE}/{source}"[:_LONGEST]


def looking(ask: Ask) -> Mapping[str, Job]:
    """Jobs that look, or wait to, by what they are about."""
    jobs = ask.site.jobs.list(states=sorted(WAITING), limit=200)
    return {one.subject: one for one in jobs if one.kind in LOOKS}


@OTHERS.post("/market/sources/{source}/look", CASE_ROLES)
def look_at_source(ask: Ask) -> Response:
    """Asks for a look at a source (rule 1)."""
    source = named(ask, "source")
    if ask.site.market is None or not _NAME.fullmatch(source):
        return ask.refuse(404)
    return _begin(ask, "market_look", {"source": source}, subject_of(source))


@OTHERS.post("/market/look", CASE_ROLES)
def look_at_due(ask: Ask) -> Response:
    """Asks for a look at all that is due (rule 1)."""
    if ask.site.market is None:
        return ask.refuse(404)
    return _begin(ask, "market_due", {}, DUE)


@OTHERS.get("/market/import", CASE_ROLES)
def show_import(ask: Ask, error: AccessError | None = None) -> Response:
    """Return what can be brought in."""
    if ask.site.market is None:
        return ask.page("market_none", told=NOT_SET, watched=False)
    return ask.page(
        "market_import",
        error=error,
        typed={
            "form": ask.field("form"),
            "pasted": ask.field("pasted"),
            "name": ask.line("name") or ask.query.get("name", "")[:_LONGEST],
        },
        forms=[form.value for form in ImportForm if form is not ImportForm.TELEGRAM],
        most=ask.site.upload_most,
        most_files=FILES,
        installed=is_market_installed(),
        **frame(ask, "sources"),
    )


@OTHERS.post("/market/import", CASE_ROLES, again=show_import, upload=_MOST_UPLOAD)
def bring_in(ask: Ask) -> Response:
    """Keeps what was sent, and asks for it to be brought in (rule 2)."""
    if ask.site.market is None:
        return ask.refuse(404)
    form, name = ask.choice("form", ImportForm), ask.line("name")
    if not _NAME.fullmatch(name):
        raise AccessError("needs small letters, digits and hyphens, at most 64", key="name")
    pasted = ask.field("pasted").strip()
    if bool(ask.files) == bool(pasted) or (pasted and form != ImportForm.CHAT):
        raise AccessError("choose a file, or paste a chat", key="file")
    _refuse_waiting(ask, name)
    sent = ask.files or (PastedText(pasted.replace("\r\n", "\n").encode()),)
    values = {"form": form, "source": name, **keep_sent(ask.site.jobs.folder, sent)}
    return _look_first(ask, values)


def _refuse_waiting(ask: Ask, source: str) -> None:
    """AccessError: a job looks at this source."""
    waiting = looking(ask).get(subject_of(source))
    if waiting is not None:
        raise AccessError("{job} looks at this source: wait until it is done", key="name", job=waiting.id)


def _look_first(ask: Ask, values: Mapping[str, str]) -> Response:
    return ask.go(f"/market/import/{ask.site.jobs.start('market_preview', values, me(ask))}")


@OTHERS.get("/market/import/{job}", CASE_ROLES)
def show_preview(ask: Ask, error: AccessError | JobError | None = None) -> Response:
    """Show what an import would become, or how far the look at it is."""
    job = _preview(ask)
    files: tuple[ImportSeen, ...] = ()
    try:
        files = IMPORT.load(ask.site.jobs.folder_of(job.id), job.result) if job.state is JobState.DONE else ()
    except JobError as gone:
        error = error or gone
    return ask.page(
        "market_preview",
        status=409 if error else 200,
        error=error,
        job=job,
        row=job_row(ask, job),
        live=job.state in WAITING,
        lines=ask.site.jobs.lines(job.id),
        files=files,
        fields=_FIELDS,
        **frame(ask, "sources"),
    )


@OTHERS.post("/market/import/{job}", CASE_ROLES, again=show_preview, refusals=(JobError, AccessError))
def bring_in_seen(ask: Ask) -> Response:
    """Brings in what was looked at, looks at it by other columns, or removes it."""
    job, act = _preview(ask), ask.field("act")
    if act == "remove":
        drop_upload(ask.site.jobs.folder, job.values.get("upload", ""))
        return ask.go("/market/import")
    if job.state is not JobState.DONE:
        raise JobError("nothing of it can be read like that: look at it in another way first")
    if act == "again":
        (first, *_) = IMPORT.load(ask.site.jobs.folder_of(job.id), job.result)
        chosen = {name: ask.field(f"field.{name}") for name in _FIELDS}
        said = {name: first.columns[int(place)] for name, place in chosen.items() if _is_place(place, first.columns)}
        if "text" not in said:
            raise AccessError("say which column holds the text", key="field.text")
        return _look_first(ask, {**job.values, "fields": json.dumps(said, ensure_ascii=False)})
    _refuse_waiting(ask, job.values["source"])
    values, subject = {**job.values, "look": job.id}, subject_of(job.values["source"])
    return ask.go(f"/jobs/{ask.site.jobs.start('market_import', values, me(ask), subject=subject)}")


def _is_place(text: str, columns: Sequence[str]) -> bool:
    return text.isascii() and text.isdigit() and int(text) < len(columns)


def _preview(ask: Ask) -> Job:
    """The look of the path. StatusError: that job is none."""
    job = there(ask.site.jobs.find(ask.names["job"]))
    return there(job if job.kind == "market_preview" else None)


def _begin(ask: Ask, kind: str, values: Mapping[str, str], subject: str) -> Response:
    waiting = looking(ask).get(subject)
    id_ = ask.site.jobs.start(kind, values, me(ask), subject=subject) if waiting is None else waiting.id
    return ask.go(f"/jobs/{id_}")


WORD_KINDS = ("waybill", "personal", "insider", "empty_parcels", "trade", "logistics")
"""What a word may speak for, as the reading knows it."""
_KIND = "market_words"
_STATES = {"accept": "accepted", "refuse": "refused", "undo": "new", "take_back": "new"}
_WORD = re.compile(r"[^\W_]{2,12}")
_LONGEST_WORD, _MOST_MEANING, _TAKEN_BACK = 40, 100, "taken back"


@PAGES.get("/market/words", CASE_ROLES)
def show_words(ask: Ask, market: Market, error: CasebookUsageError | AccessError | None = None) -> Response:
    """Return what is proposed, what was decided, and the word that is looked at."""
    decided = words(market)
    found, made, gone = _proposed(ask)
    taken = {one.word for one in decided}
    proposed = [one for one in found if one.word not in taken]
    at = _folded(ask.field("word") or ask.query.get("word", ""))[:_LONGEST_WORD] or (
        proposed[0].word if proposed else ""
    )
    return ask.page(
        "market_words",
        error=error,
        proposed=proposed,
        decided=decided,
        at=at,
        seen=next((one for one in proposed if one.word == at), None),
        stands=next((one for one in decided if one.word == at), None),
        made=made,
        gone=gone,
        job=asked_job(ask),
        kinds=WORD_KINDS,
        done=_done(ask, decided),
        **frame(ask, "words"),
    )


def _proposed(ask: Ask) -> tuple[Sequence[WordSeen], Job | None, JobError | None]:
    """Return what was proposed last, by which job, and why that can't be shown (rule 5)."""
    made = next(iter(ask.site.jobs.list(kind=_KIND, states=[JobState.DONE], limit=1)), None)
    if made is None:
        return (), None, None
    try:
        return WORDS.load(ask.site.jobs.folder_of(made.id), made.result), made, None
    except JobError as error:
        return (), made, error


@PAGES.post("/market/words", CASE_ROLES, again=show_words)
def decide_word(ask: Ask, market: Market) -> Response:
    """Takes a word for one of the trade, refuses it, or takes that back (rules 3 and 4)."""
    word, act = _folded(ask.field("word")), ask.field("act")
    standing = next((one for one in words(market) if one.word == word), None)
    market.append([_line(ask, word, standing)])
    return ask.go(with_query("/market/words", {} if act in ("accept", "refuse") else {"word": word}, done=word))


def _line(ask: Ask, word: str, standing: WordRow | None) -> Line:
    act = ask.choice("act", _STATES, TO_DO)
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
    """Return what a word speaks for, and means; one that is refused means nothing."""
    if act == "refuse":
        return {"kind": "", "meaning": ""}
    meaning, kind = one_line(ask.line("meaning"), "meaning"), ask.choice("kind", WORD_KINDS)
    if len(meaning) > _MOST_MEANING:
        raise AccessError("is longer than {most} characters", key="meaning", most=_MOST_MEANING)
    return {"kind": kind, "meaning": meaning}


@PAGES.post("/market/words/look", CASE_ROLES)
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
    """For which a decision can be taken back by one press yet (rule 4)."""
    return 0 if row.who != me(ask) else max(0, (row.at + UNDO_US - ask.access.now()) // 1_000_000)


def _done(ask: Ask, decided: Sequence[WordRow]) -> Mapping[str, Any] | None:
    """Return what was just decided, as long as one press takes it back."""
    row = next((one for one in decided if one.word == ask.query.get("done", "")), None)
    seconds = 0 if row is None else _seconds(ask, row)
    return {"row": row, "seconds": seconds} if seconds else None


_SEEN = "market.seen"
_WEEKS, _UNITS, _FEW, _ROUTES = 12, 4, 6, 8
_MANY = 50
_STARTING = "-"


@PAGES.get("/market", LEDGER_ROLES)
def show_market(ask: Ask, market: Market) -> Response:
    """How the market stands."""
    reads, now = Reads(market), ask.access.now()
    totals, sources = reads.totals(), reads.sources()
    weeks = reads.weeks(last_moment(sources, now), _WEEKS)
    mine = works(ask)
    return ask.page(
        "market",
        totals=totals,
        changes=_changes(ask, totals),
        unseen=[one for one in sources if one.unseen_since is not None],
        stale=_stale(sources, now),
        long_unseen=long_unseen(ask, sources),
        backs=reads.backs(limit=_FEW) if mine else (),
        numbers=reads.numbers(limit=_FEW) if mine else (),
        **_weeks(ask, weeks),
        **frame(ask, "overview"),
    )


@PAGES.get("/market/sources", LEDGER_ROLES)
def show_sources(ask: Ask, market: Market) -> Response:
    """Return what is looked at, how it is seen, and what is to be done where it isn't."""
    sources, now = Reads(market).sources(), ask.access.now()
    rows = sorted(sources, key=lambda one: (one.unseen_since is None, one.unseen_since or 0, one.source))
    return ask.page(
        "market_sources",
        rows=rows,
        late=overdue(sources, now),
        long_unseen=long_unseen(ask, sources),
        intervals=ask.site.settings.market_unseen_intervals,
        looking=looking(ask),
        installed=is_market_installed(),
        **frame(ask, "sources"),
    )


@PAGES.get("/market/acts", LEDGER_ROLES)
def show_acts(ask: Ask, market: Market) -> Response:
    """Return what was done by hand (rule 6)."""
    after = ask.query.get("after", "") or None
    found = acts(market, after=after, limit=_MANY)
    return ask.page("market_acts", rows=found.rows, after=found.after, first=after is None, **frame(ask, "acts"))


@PAGES.get("/market/captures/{capture}", CASE_ROLES)
def show_capture(ask: Ask, market: Market) -> Response:
    """Return what was kept of one answer, and how it is checked without us."""
    seq, capture = Reads(market).capture(named(ask, "capture"))
    return ask.page("market_capture", capture=capture, seq=seq, size=market.size(), **frame(ask, "offers"))


@PAGES.get("/market/captures/{capture}/proof", CASE_ROLES, recorded=True)
def take_proof(ask: Ask, market: Market) -> Response:
    """The proof that a capture's line stands in the record (rule 8)."""
    seq, capture = Reads(market).capture(named(ask, "capture"))
    proof = market.prove(seq)
    body = {
        "format": "wayseal-market-inclusion-1",
        "origin": ORIGIN,
        "capture": capture.id,
        "seq": proof.seq,
        "line": proof.text,
        "tree_size": proof.size,
        "root": proof.root.hex(),
        "path": [one.hex() for one in proof.path],
        "check": "RFC 9162, 2.1.3.2: the leaf is SHA-256 of a zero byte and the line in UTF-8",
    }
    text = json.dumps(body, ensure_ascii=False, indent=1)
    head = {"Content-Disposition": f'attachment; filename="capture-{capture.id[:12]}.proof.json"'}
    return Response(text, media_type="application/json", headers=head)


def _changes(ask: Ask, totals: Totals) -> Mapping[str, Any]:
    """By how much counts differ from those of the last visit (rule 7). since: when that was, 0 for never."""
    now, person = ask.access.now(), ask.whose.person.id
    counts = asdict(totals)
    kept = ask.access.marks.of(person, _SEEN).get((person, _SEEN), "")
    seen: dict[str, Any] = (
        json.loads(kept) if kept else {"session": _STARTING, "before": None, "last": {"at": now, "counts": counts}}
    )
    other = seen["session"] != ask.whose.id
    before = seen["last"] if other and kept else seen["before"]
    if other or seen["last"]["counts"] != counts:
        made = {"session": ask.whose.id, "before": before, "last": {"at": now, "counts": counts}}
        ask.access.marks.put(person, _SEEN, json.dumps(made))
    if before is None:
        return {"since": 0, "by": {}}
    differ = {name: counts[name] - before["counts"].get(name, 0) for name in counts}
    return {"since": before["at"], "by": {name: by for name, by in differ.items() if by}}


def _stale(sources: Sequence[SourceRow], now: int) -> int | None:
    """When anything was looked at last, where that is longer ago than a look of any source should be."""
    all_ = watched(sources)
    looked = [one.looked_at for one in all_ if one.looked_at is not None]
    return max(looked) if looked and len(overdue(all_, now)) == len(all_) else None


def _weeks(ask: Ask, weeks: Sequence[Week]) -> Mapping[str, Any]:
    """The line of the market's weeks, drawn and as a table."""
    clock, say = Clock(clock_hours()), translator_of(ask.lang, html=False).say
    units = units_of(weeks)[:_UNITS]

    def day(us: int) -> str:
        return clock.words(us, "%m-%d")

    there = any(week.offers or week.prices or week.backs for week in weeks)
    return {
        "weeks": [_week(week, units) for week in reversed(weeks)],
        "drawn": draw_weeks(weeks, day, say) if there else None,
        "units": units,
        "prices": [(unit, draw_prices(weeks, unit, day, say)) for unit in units],
        "fresh_drawn": draw_fresh(weeks, day, say),
        "kinds": FLAGS,
        "fresh": FRESH,
        "routes": routes_of(weeks[-4:])[:_ROUTES],
        "clock": clock,
    }


def _week(week: Week, units: Sequence[str]) -> Mapping[str, Any]:
    said = sum(week.freshness.values())
    return {
        "at": week.at,
        "offers": {kind: week.offers.get(kind, 0) for kind in FLAGS},
        "total": sum(week.offers.get(kind, 0) for kind in FLAGS),
        "prices": [price_text(spread(week.prices.get(unit, ()))) for unit in units],
        "fresh": {name: week.freshness.get(name, 0) / said for name in FRESH} if said else None,
        "backs": week.backs,
    }


PAGES += OTHERS
