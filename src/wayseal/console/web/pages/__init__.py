"""Every page of the console: the one table of what there is, and who may call it."""

from wayseal.console.roles import Page
from wayseal.console.web.pages import (
    _account,
    _baskets,
    _case_acts,
    _case_files,
    _cases,
    _company,
    _entry,
    _evidence,
    _jobs,
    _ledger,
    _logs,
    _outlet,
    _overview,
    _partners,
    _people,
    _queue,
    _reads,
    _rights,
    _rules,
    _service,
    _traces,
    _views,
    _waybills,
)

_OTHERS: tuple[Page, ...] = (
    *_service.PAGES,
    *_entry.PAGES,
    *_company.PAGES,
    *_overview.PAGES,
    *_queue.PAGES,
    *_cases.PAGES,
    *_baskets.PAGES,
    *_traces.PAGES,
    *_reads.PAGES,
    *_waybills.PAGES,
    *_rights.PAGES,
    *_partners.PAGES,
    *_evidence.PAGES,
    *_logs.PAGES,
    *_jobs.PAGES,
    *_case_acts.PAGES,
    *_case_files.PAGES,
    *_views.PAGES,
    *_ledger.PAGES,
    *_outlet.PAGES,
    *_account.PAGES,
    *_people.PAGES,
)
PAGES: tuple[Page, ...] = (*_OTHERS, *_rules.make_pages(_OTHERS))

__all__ = ["PAGES"]
