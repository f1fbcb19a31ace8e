"""The kind `notices`, and what detection tells: cases to the addresses of the settings' file, as `wayseal detect` does.

1. Who was told stands in the casebook's outbox, and nowhere else: a job that is tried again tells nobody twice.
2. Of an address its place and its service are said, and nothing more.
3. That somebody couldn't be told ends no detection: it is said by the job, and the next one, or one of this kind, sends
   what waits.
"""

from collections.abc import Mapping, Sequence

from wayseal.cases import has_casebook
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.notices import DAYS, find_unknown, read_address_file, send_waiting, service_of
from wayseal.console.errors import JobError
from wayseal.console.jobs.work import Work
from wayseal.console.settings import ConsoleSettings
from wayseal.model.messages import N_


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Sends what waits."""
    del values
    to = read_addresses(work.settings)
    if not to:
        raise JobError("no addresses are set: an administrator names a file of them where the console is started")
    if not has_casebook(work.ledger / FOLDER):
        return {"notices": "0"}
    return tell(to, work)


def read_addresses(settings: ConsoleSettings) -> Sequence[str]:
    """The addresses of the settings' file; none without one. JobError: it can't be read, or one of them can't be."""
    if settings.notices is None:
        return ()
    try:
        to = read_address_file(settings.notices)
    except (OSError, UnicodeDecodeError):
        raise JobError("the file of addresses can't be read", file=settings.notices) from None
    unknown = find_unknown(to)
    if unknown is not None:
        raise JobError("address {number} is none that Apprise knows", file=settings.notices, number=unknown)
    return to


def tell(to: Sequence[str], work: Work) -> Mapping[str, str]:
    """Sends what waits to each address, and says what became of it."""
    work.step("tell", 0, 0)
    found = send_waiting(work.ledger, work.ledger / FOLDER, to, work.settings.notices_lang, work.now)
    for number, (address, sent) in enumerate(zip(to, found.sent, strict=True), 1):
        said = {"number": number, "service": service_of(address)}
        if sent:
            work.say(N_("{n:,} {n:notice|notices} to address {number} ({service})"), n=sent, **said)
        if number in found.failed:
            work.say(N_("address {number} ({service}) couldn't be told: the next run tries again"), **said)
    if found.left.let_go:
        work.say(
            N_(
                "{n} {n:notice|notices} waited {days} days for addresses that are given no more, and {n:was|were} let "
                "go; `wayseal case list` has the cases"
            ),
            n=found.left.let_go,
            days=DAYS,
        )
    untold = {"notices_failed": str(len(found.failed))} if found.failed else {}
    return {"notices": str(sum(found.sent)), **untold}
