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
from wayseal.model.messages import N_

NOT_SET = N_(
    "No market is watched here: start the console with `WAYSEAL_CONSOLE_MARKET`, the folder in which the watch "
    "keeps its record."
)
_NOTHING_YET = N_(
    "The watch has no record yet. It begins with the first source: `wayseal market add`, then `wayseal market "
    "watch`, or with what is brought in here. This page shows it as soon as it is there."
)
MarketAct = Callable[[Ask, Market], Response]
_HINTS: Mapping[type[Exception], str] = {
    RecordChangedError: N_(
        "The record isn't what was written. Stop the watch, keep the files as they are, and restore the record of"
        " the last backup beside them; other pages go on."
    ),
    RecordBusyError: N_("The watch is writing a lot just now. Nothing is lost: try again in a moment."),
    RecordDiskError: N_("The record's disk can't be read or written. Look at the disk and at rights; nothing is lost."),
    MarketError: N_("The record can't be read. Look at the folder that `WAYSEAL_CONSOLE_MARKET` names."),
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
        watched = ask.site.market is not None
        return ask.page("market_none", told=_NOTHING_YET if watched else NOT_SET, watched=watched)

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
