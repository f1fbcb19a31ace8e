"""The ledger: what is in it, how it grew, and whether it is what was signed and what was written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from wayseal.console.jobs.types import JobState
from wayseal.console.roles import LEDGER_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._ledger_view import LedgerView
from wayseal.console.web._waiting import asked_job
from wayseal.model.times import clock_hours, day_name
from wayseal.page.charts import columns_chart
from wayseal.page.words import Voice, catalogue

_DAY = 24
_MOST = 62
"""Days that are drawn."""
_VERIFY = "verify"


def show_ledger(ask: Ask) -> Response:
    """State of the ledger."""
    found = None if ask.site.ledger is None else ask.site.ledger.look()
    view = found if isinstance(found, LedgerView) else None
    trouble = None if view is not None or found is None else found
    days = [] if view is None else _days(view)
    return ask.page(
        "ledger",
        status=503 if trouble else 200,
        view=view,
        trouble=trouble,
        job=asked_job(ask),
        verified=_verified(ask),
        days=days,
        growth=_draw(ask, days),
    )


def ask_to_verify(ask: Ask) -> Response:
    """Has the whole ledger looked at."""
    return ask.go(f"/ledger?job={ask.site.jobs.start(_VERIFY, {}, ask.whose.person.login)}")


def _days(view: LedgerView) -> Sequence[tuple[str, int]]:
    """The last days of the log, each with its reads; a day between them without any, too."""
    count: Counter[int] = Counter()
    for hour, reads in view.hours:
        count[(hour + clock_hours()) // _DAY] += reads
    last = max(count, default=0)
    first = max(min(count, default=0), last - _MOST + 1)
    return [(day_name(day), count[day]) for day in range(first, last + 1)] if count else []


def _draw(ask: Ask, days: Sequence[tuple[str, int]]) -> Markup | None:
    say = Voice(ask.lang, more=catalogue(ask.lang, "wayseal.console")).say
    top = max((reads for _, reads in days), default=0)
    rows = [(day[5:], reads) for day, reads in days]
    return columns_chart("growth", say("ledger.growth"), say("ledger.growth_desc", n=top), rows)


def _verified(ask: Ask) -> Mapping[str, Any] | None:
    """When it was verified last, and what came of it; None: never."""
    last = ask.site.jobs.list(kind=_VERIFY, states=(JobState.DONE,), limit=1)
    if not last:
        return None
    findings = int(last[0].result.get("findings", "0") or 0)
    return {"id": last[0].id, "at": last[0].ended_at, "files": last[0].result.get("files", ""), "findings": findings}


PAGES = (
    Page(method="GET", path="/ledger", act=show_ledger, roles=LEDGER_ROLES),
    Page(method="POST", path="/ledger", act=ask_to_verify, roles=LEDGER_ROLES),
)
