"""The market's watch with what a ledger knows: its numbers and canaries go in, what is found of them comes out.

1. What a look finds of ours, and who is back, comes into the queue in one way, whoever had the look made.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from wayseal.cases import open_cases
from wayseal.cases.ledger.arrivals import WHO, market_leads
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.ledger import open_ledger
from wayseal.market.crawling import Report, Watch, opened_watch
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.numbers import own_of_ledger
from wayseal.trace.canary import read_state


@contextmanager
def watching_for(
    folder: Path,
    ledger: Path | None,
    register: Path | None,
    *,
    url: str | None = None,
    sleep: Callable[[float], None],
) -> Iterator[Watch]:
    """A watch that knows a ledger's numbers and a register's canaries, while it looks.

    Args:
        folder: The watch's folder.
        ledger: The ledger; None: no number is known.
        register: The register of canaries; None: there are none.
        url: Address of a PostgreSQL database that holds the record instead of a file.
        sleep: Waits between requests; what it raises ends the look.

    Yields:
        It.

    Raises:
        SourceError: A source has a mistake.
        RecordBusyError: Another process looks.
        WaysealError: The record, the ledger or the register can't be opened.
    """
    with ExitStack() as stack:
        own = None if ledger is None else own_of_ledger(stack.enter_context(open_ledger(ledger)))
        watch = opened_watch(folder, url=url, own=own, canaries=_canaries(register), sleep=sleep)
        yield stack.enter_context(watch)


def _canaries(register: Path | None) -> Collection[str]:
    if register is None:
        return ()
    return frozenset(canary.waybill for canary in read_state(register).watch.canaries)


def queue_found(folder: Path, ledger: Path | None, report: Report, *, url: str | None = None) -> int:
    """Puts what a look found of ours, and who is back, into the queue of the ledger's casebook, once each (rule 1).

    Args:
        folder: The watch's folder.
        ledger: The ledger; None: nothing goes anywhere.
        report: What came of the look.
        url: Address of a PostgreSQL database that holds the record instead of a file.

    Returns:
        How many came in that never stood there.

    Raises:
        CasebookError: The casebook can't be written.
        MarketError: The record can't be read.
    """
    if ledger is None or not (report.ours or report.backs or report.reread):
        return 0
    with open_market(folder, url) as record:
        leads = market_leads(Reads(record), 0 if report.reread else report.at)
    with open_cases(writable_casebook(ledger)) as cases:
        return len(cases.enqueue_once(leads, WHO, report.at))
