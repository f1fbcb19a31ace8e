"""Every page of the console: the one table of what there is, and who may call it."""

from wayseal.console.roles import Page
from wayseal.console.web.pages import (
    _account,
    _baskets,
    _case_acts,
    _case_files,
    _cases,
    _entry,
    _evidence,
    _jobs,
    _ledger,
    _overview,
    _people,
    _queue,
    _service,
    _traces,
    _views,
)

PAGES: tuple[Page, ...] = (
    *_service.PAGES,
    *_entry.PAGES,
    *_overview.PAGES,
    *_queue.PAGES,
    *_cases.PAGES,
    *_baskets.PAGES,
    *_traces.PAGES,
    *_evidence.PAGES,
    *_jobs.PAGES,
    *_case_acts.PAGES,
    *_case_files.PAGES,
    *_views.PAGES,
    *_ledger.PAGES,
    *_account.PAGES,
    *_people.PAGES,
)

__all__ = ["PAGES"]
