"""Runs over baskets: progress, verdict and what it rests on, leaving numbers out, two runs compared, into the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.responses import Response

from wayseal.cases import load_pseudonyms
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import Observable, ObservableKind, Source
from wayseal.console.errors import TraceWorkError
from wayseal.console.roles import CASE_ROLES
from wayseal.console.tracing import MOST
from wayseal.console.tracing.types import Run, RunKind
from wayseal.console.tracing.work import LeftOut, load_left_out, load_names, load_result, read_leaks_file
from wayseal.console.web._ask import Ask, Pages, there
from wayseal.console.web._trace_view import (
    Candidate,
    Evidence,
    RunNow,
    baskets_of,
    begin_again,
    can_run,
    candidates,
    columns_of,
    compare_rows,
    evidence,
    look,
    runs_of,
    shaken,
    shifts,
)
from wayseal.console.web.pages._baskets import attachment
from wayseal.console.web.pages._casework import lay_out, me
from wayseal.model.errors import WaysealError
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.model.times import clock_hours, offset_text
from wayseal.page.languages import Lang
from wayseal.trace import TraceResult, render
from wayseal.trace.report import ReportParts, render_parts

PAGES = Pages()
_RUN = "/trace/runs/{job}"
_ROWS, _OTHERS = 60, 12
_FORMS = {"html": "text/html; charset=utf-8", "json": "application/json"}
_THINGS = {
    SourceKind.ACTOR: ObservableKind.ACCOUNT,
    SourceKind.DEVICE: ObservableKind.DEVICE,
    SourceKind.OUTLET: ObservableKind.OUTLET,
}
_MOST_NUMBERS = 200
"""Numbers that go along into the queue."""


@PAGES.get(_RUN, CASE_ROLES)
def show_run(ask: Ask, error: WaysealError | None = None) -> Response:
    """A run: how far it is, or what came out."""
    now = look(ask, there(runs_of(ask).find(ask.names["job"][:64])))
    run = there(now.run if now.run.kind is RunKind.TRACE else None)
    if ask.partial and not _goes_on(ask, run):
        return ask.go(f"/trace/runs/{run.job}")
    status = 400 if error else 200
    basket = baskets_of(ask).find(run.basket)
    values = {"run": run, "job": now.job, "basket": basket, "error": error}
    if run.state != "done":
        return ask.page("trace_run", status=status, **values)
    try:
        shown = _shown(run.told.get("folder", ""), run.told.get("sha256", ""), ask.lang)
    except TraceWorkError as unreadable:
        return ask.page("trace_run", status=500, **values | {"error": unreadable})
    more = _verdict(ask, run, shown)
    return ask.page("trace_verdict", status=status, basket=basket, error=error, reason=ask.field("reason"), **more)


def _goes_on(ask: Ask, run: Run) -> bool:
    """Return whether a page that asks again and again still has something to wait for."""
    if run.open:
        return True
    found = runs_of(ask).left_out(run.job)
    return found is not None and look(ask, found).run.open


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A trace as a page shows it in a language."""

    result: TraceResult
    told: ReportParts
    listed: tuple[Candidate, ...]
    rows: tuple[Evidence, ...]


@lru_cache(maxsize=32)
def _shown(folder: str, digest: str, lang: Lang) -> _Shown:
    """The result of a run with that digest, which never changes. TraceWorkError."""
    result = load_result({"folder": folder, "sha256": digest})
    listed = candidates(result)
    return _Shown(result=result, told=render_parts(result, lang), listed=listed, rows=evidence(result, listed))


def _verdict(ask: Ask, run: Run, shown: _Shown) -> dict[str, Any]:
    result, told, listed, rows = shown.result, shown.told, shown.listed, shown.rows
    others = runs_of(ask).page((RunKind.TRACE,), basket=run.basket, limit=_OTHERS)
    left, left_run, left_error = _left_out(ask, run)
    return {
        "run": run,
        "result": result,
        "told": told,
        "lead": listed[0] if listed else None,
        "second": _second(result, listed),
        "listed": listed,
        "columns": columns_of(listed),
        "rows": rows if ask.query.get("all") == "1" else rows[:_ROWS],
        "unshown": 0 if ask.query.get("all") == "1" else max(len(rows) - _ROWS, 0),
        "others": [one for one in others if one.job != run.job and one.state == "done"],
        "left_out": left,
        "left_run": left_run,
        "left_error": left_error,
        "shaken": shaken(result, left),
        "followed": [one for one in listed if left and one.name in left[0].chances],
        "runnable": can_run(ask),
        "reason_given": _reason(told, result),
        "item": ask.cases.item(run.item) if ask.cases is not None and run.item else None,
        "command": _command(ask, run),
    }


def _second(result: TraceResult, listed: Sequence[Candidate]) -> Any:
    """The source that saw most, beside the leading one and those it can't be told from."""
    out = {listed[0].name, *listed[0].alike} if listed else set()
    rows = [row for row in result.saw if row.source not in out and row.saw > 0]
    return min(rows, key=lambda r: (-r.saw, r.expected, r.source), default=None)


def _left_out(ask: Ask, run: Run) -> tuple[tuple[LeftOut, ...], RunNow | None, TraceWorkError | None]:
    found = runs_of(ask).left_out(run.job)
    now = None if found is None else look(ask, found)
    if now is None or now.run.state != "done":
        return (), now, None
    try:
        return load_left_out(now.run.told), now, None
    except TraceWorkError as error:
        return (), now, error


def _reason(told: ReportParts, result: TraceResult) -> str:
    """A line for the queue, in the reader's words, without what names anybody."""
    said = told.plain[0] if told.plain and result.verdict is not VerdictKind.INSUFFICIENT else told.headline
    plain = said.striptags() if hasattr(said, "striptags") else said
    return plain[:500]


def _command(ask: Ask, run: Run) -> str:
    """The command that gives the same report, with the names in clear."""
    offset = offset_text(clock_hours())
    return f"wayseal trace LEDGER --leaks {run.job}.jsonl --offset {offset} --seed {run.seed} --format json"


@PAGES.post(_RUN + "/leave-out", CASE_ROLES, again=show_run)
def leave_out(ask: Ask) -> Response:
    """Begins a run that leaves each number out in turn."""
    run = _done(ask)
    begin_again(ask, run, RunKind.LEFT_OUT)
    return ask.go(f"/trace/runs/{run.job}#left-out")


@PAGES.post(_RUN + "/again", CASE_ROLES, again=show_run)
def run_again(ask: Ask) -> Response:
    """Traces the same numbers as they were, on the ledger as it is now."""
    return ask.go(f"/trace/runs/{begin_again(ask, _find(ask, ask.names['job']), RunKind.TRACE)}")


@PAGES.post(_RUN + "/queue", CASE_ROLES, again=show_run, refusals=(TraceWorkError, CasebookError))
def queue_run(ask: Ask) -> Response:
    """Puts what a run points at into the queue: names are seen once the case is opened, and nowhere before."""
    run, site = _done(ask), there(ask.site.cases)
    if not run.item:
        things = _things(ask, run, load_result(run.told))
        score, (since, until) = float(run.told.get("probability", "0")), _on_sale(ask, run)
        reason, now, who = ask.line("reason"), ask.access.now(), me(ask)
        item = site.need().enqueue(Source.TRACE, things, reason, who, now, score=score, since=since, until=until)
        runs_of(ask).queue(run.job, item)
        if ask.field("act") == "case":
            case = site.need().promote(item, who, reason, now)
            lay_out(ask, case)
            return ask.go(f"/cases/{case}")
    return ask.go(f"/trace/runs/{run.job}?said=queued")


def _things(ask: Ask, run: Run, result: TraceResult) -> list[Observable]:
    """The leading source and those it can't be told from, the numbers that it had, and who sold them."""
    if ask.site.casebook is None or not result.sources or result.verdict is VerdictKind.INSUFFICIENT:
        raise TraceWorkError("this run points at nobody: there is nothing to decide")
    of = load_pseudonyms(ask.site.casebook).of
    lead = result.lead or result.sources[0]
    wanted = {lead.source, *lead.set}
    kinds = {SourceKind.ACTOR: "actor", SourceKind.DEVICE: "device"}
    found = []
    for name, kind in load_names(run.told):
        if (of(name, kinds[kind]) if kind in kinds else name) in wanted and kind in _THINGS:
            found.append(Observable(kind=_THINGS[kind], value=name))
    rows = {row.number.waybill: row.number for row in _rows(ask, run)}
    found += [Observable(kind=ObservableKind.NUMBER, value=waybill) for waybill in lead.leaks[:_MOST_NUMBERS]]
    sellers = {rows[waybill].seller for waybill in lead.leaks if waybill in rows} - {None}
    return found + [Observable(kind=ObservableKind.SELLER, value=str(seller)) for seller in sorted(map(str, sellers))]


def _on_sale(ask: Ask, run: Run) -> tuple[int, int]:
    """When the first and the last of the numbers was seen: a case is about reads until then, whenever it was traced."""
    numbers = [row.number for row in _rows(ask, run)]
    since = min(run.at, *(one.seen_at for one in numbers))
    return since, max(since, *(one.sold_at for one in numbers))


def _rows(ask: Ask, run: Run) -> Sequence[Any]:
    basket = baskets_of(ask).find(run.basket)
    return () if basket is None else baskets_of(ask).rows(basket, limit=MOST, version=run.version)


@PAGES.get("/trace/compare", CASE_ROLES)
def compare_runs(ask: Ask) -> Response:
    """Two runs side by side."""
    left, right = (_done(ask, ask.query.get(name, "")) for name in ("a", "b"))
    try:
        before, after = load_result(left.told), load_result(right.told)
    except TraceWorkError as error:
        return ask.refuse(500, error=error)
    return ask.page(
        "trace_compare",
        left=left,
        right=right,
        before=before,
        after=after,
        told=(render_parts(before, ask.lang), render_parts(after, ask.lang)),
        shifts=shifts(before, after),
        numbers=compare_rows(_rows(ask, left), _rows(ask, right)),
    )


@PAGES.get(_RUN + "/report.{form}", CASE_ROLES, recorded=True)
def download_report(ask: Ask) -> Response:
    """The report on a run, accounts under pseudonyms, as a file."""
    run, form = _done(ask), ask.names["form"]
    kind = there(_FORMS.get(form))
    try:
        content = render(load_result(run.told), form, ask.lang)
    except TraceWorkError as error:
        return ask.refuse(500, error=error)
    return attachment(content.encode(), f"trace-{run.job}.{form}", kind)


@PAGES.get(_RUN + "/leaks.jsonl", CASE_ROLES, recorded=True)
def download_leaks(ask: Ask) -> Response:
    """The numbers of a run, byte for byte as they were traced."""
    run = _done(ask)
    try:
        return attachment(read_leaks_file(run.told), f"{run.job}.jsonl", "application/x-ndjson")
    except TraceWorkError as error:
        return ask.refuse(500, error=error)


def _find(ask: Ask, job: str) -> Run:
    """A trace as it stands now. StatusError: there is none of that job."""
    run = there(runs_of(ask).find(job[:64]))
    return look(ask, there(run if run.kind is RunKind.TRACE else None)).run


def _done(ask: Ask, job: str | None = None) -> Run:
    """The same, of the path or another; StatusError, too, while it isn't done."""
    run = _find(ask, ask.names["job"] if job is None else job)
    return there(run if run.state == "done" else None)
