"""Pages that stand on the market's record: what they say where there is none, or where something is wrong with it.

1. Where no record is set, or none lies yet, each page says so, and what to do; nothing can be sent there.
2. What keeps a record from being read is said with what to do about it; a form that couldn't be kept is in the answer,
   to be sent again.
"""

from collections.abc import Callable, Mapping

from starlette.responses import Response

from wayseal.console.web._ask import Ask
from wayseal.console.web._kept import resend_page, what_came
from wayseal.market.errors import (
    MarketError,
    NoSuchThingError,
    RecordBusyError,
    RecordChangedError,
    RecordDiskError,
    RecordError,
)
from wayseal.market.log import Market

MarketAct = Callable[[Ask, Market], Response]
_HINTS: Mapping[type[Exception], str] = {
    RecordChangedError: "market.record_changed",
    RecordBusyError: "market.record_busy",
    RecordDiskError: "market.record_away",
    MarketError: "market.record_wrong",
}


def on_record(act: MarketAct) -> Callable[[Ask], Response]:
    """A page that stands on the record, and says what is wrong with it where something is (rule 3)."""

    def answer(ask: Ask) -> Response:
        try:
            market = None if ask.site.market is None else ask.site.market.look()
            if market is not None:
                return act(ask, market)
        except MarketError as error:
            return _say_what_broke(ask, error)
        if ask.form:
            return ask.page("error", status=404, status_shown=404)
        return ask.page("market_none", told="market.nothing_yet" if ask.site.market else "market.not_set")

    return answer


def _say_what_broke(ask: Ask, error: MarketError) -> Response:
    if isinstance(error, NoSuchThingError):
        return ask.page("error", status=404, status_shown=404)
    if isinstance(error, RecordError) and error.key is not None:
        return ask.page("error", status=400, status_shown=400, error=error)
    if ask.form and isinstance(error, RecordBusyError | RecordDiskError):
        return resend_page(ask, what_came(ask), status=503, away=True)
    hint = next(hint for kind, hint in _HINTS.items() if isinstance(error, kind))
    return ask.page("error", status=503, status_shown=503, error=error, hint=hint)
