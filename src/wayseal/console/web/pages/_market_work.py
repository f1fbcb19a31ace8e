"""Looks and imports that are asked for by browser: the forms, and the jobs that they begin.

1. Of one source one job waits or runs at a time: whoever asks again is led to it.
2. Files that are sent are kept, with their SHA-256 of when they came, for the job that brings them in; nothing of them
   is read by a page.
"""

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from wayseal.console.errors import AccessError
from wayseal.console.jobs import Job
from wayseal.console.jobs.imports import is_market_installed, keep_sent
from wayseal.console.jobs.types import WAITING
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._market_view import frame, named
from wayseal.console.web._uploads import FILES
from wayseal.console.web.pages._desk import me
from wayseal.market.crawling import ImportForm

_MOST_UPLOAD = 1 << 42
"""The setting bounds it."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LONGEST = 64
"""Of what a job is about."""
DUE = "market"
LOOKS = frozenset({"market_look", "market_due", "market_import"})


def subject_of(source: str) -> str:
    """What a job of a source is about, as jobs are found by it."""
    return f"{DUE}/{source}"[:_LONGEST]


def looking(ask: Ask) -> Mapping[str, Job]:
    """Jobs that look, or wait to, by what they are about."""
    jobs = ask.site.jobs.list(states=sorted(WAITING), limit=200)
    return {one.subject: one for one in jobs if one.kind in LOOKS}


def look_at_source(ask: Ask) -> Response:
    """Asks for a look at a source (rule 1)."""
    source = named(ask, "source")
    if ask.site.market is None or not _NAME.fullmatch(source):
        return ask.page("error", status=404, status_shown=404)
    return _begin(ask, "market_look", {"source": source}, subject_of(source))


def look_at_due(ask: Ask) -> Response:
    """Asks for a look at all that is due (rule 1)."""
    if ask.site.market is None:
        return ask.page("error", status=404, status_shown=404)
    return _begin(ask, "market_due", {}, DUE)


def show_import(ask: Ask) -> Response:
    """What can be brought in."""
    if ask.site.market is None:
        return ask.page("market_none", told="market.not_set")
    return _import_page(ask, {"form": "", "name": ask.query.get("name", "")[:_LONGEST]})


def bring_in(ask: Ask) -> Response:
    """Keeps what was sent, and asks for it to be brought in (rule 2)."""
    if ask.site.market is None:
        return ask.page("error", status=404, status_shown=404)
    typed = {"form": ask.field("form"), "name": ask.line("name")}
    try:
        if typed["form"] not in list(ImportForm):
            raise AccessError("choose one of the list", key="form")
        if not _NAME.fullmatch(typed["name"]):
            raise AccessError("needs small letters, digits and hyphens, at most 64", key="name")
        if not ask.files:
            raise AccessError("choose a file", key="file")
        waiting = looking(ask).get(subject_of(typed["name"]))
        if waiting is not None:
            raise AccessError("{job} looks at this source: wait until it is done", key="name", job=waiting.id)
        kept = keep_sent(ask.site.jobs.folder, ask.files)
    except AccessError as error:
        return _import_page(ask, typed, error)
    values = {"form": typed["form"], "source": typed["name"], **kept}
    return ask.go(f"/jobs/{ask.site.jobs.start('market_import', values, me(ask), subject=subject_of(typed['name']))}")


def _begin(ask: Ask, kind: str, values: Mapping[str, str], subject: str) -> Response:
    waiting = looking(ask).get(subject)
    id_ = ask.site.jobs.start(kind, values, me(ask), subject=subject) if waiting is None else waiting.id
    return ask.go(f"/jobs/{id_}")


def _import_page(ask: Ask, typed: Mapping[str, str], error: Any = None) -> Response:
    return ask.page(
        "market_import",
        status=200 if error is None else 400,
        error=error,
        typed=typed,
        forms=[form.value for form in ImportForm],
        most=ask.site.upload_most,
        most_files=FILES,
        installed=is_market_installed(),
        **frame(ask, "sources"),
    )


PAGES = (
    Page(method="POST", path="/market/look", act=look_at_due, roles=CASE_ROLES),
    Page(method="POST", path="/market/sources/{source}/look", act=look_at_source, roles=CASE_ROLES),
    Page(method="GET", path="/market/import", act=show_import, roles=CASE_ROLES),
    Page(method="POST", path="/market/import", act=bring_in, roles=CASE_ROLES, upload=_MOST_UPLOAD),
)
