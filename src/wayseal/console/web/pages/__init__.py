"""Every page of the console: the one table of what there is, and who may call it."""

from wayseal.console.roles import Page
from wayseal.console.web.pages import (
    _administration,
    _api,
    _baskets,
    _bulletins,
    _case_acts,
    _cases,
    _casework,
    _entry,
    _help,
    _hotline,
    _hotline_acts,
    _inbox,
    _jobs,
    _ledger_files,
    _live,
    _market,
    _market_offers,
    _market_removals,
    _market_sellers,
    _outlets,
    _overview,
    _parcels,
    _reads,
    _reviews,
    _rewards,
    _search,
    _subjects,
    _traces,
    _training,
    _waybills,
    _weeks,
)

_GROUPS = (
    _entry, _overview, _cases, _baskets, _traces, _reads, _waybills, _market, _market_offers, _market_sellers,
    _market_removals, _reviews, _parcels, _jobs, _case_acts, _casework, _api, _help, _search, _subjects, _outlets,
    _inbox, _weeks, _live, _hotline, _hotline_acts, _rewards, _bulletins, _training, _ledger_files, _administration,
)  # fmt: skip
_OTHERS: tuple[Page, ...] = tuple(page for group in _GROUPS for page in group.PAGES)
PAGES: tuple[Page, ...] = (*_OTHERS, *_administration.make_pages(_OTHERS))

__all__ = ["PAGES"]
