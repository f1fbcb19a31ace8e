"""The kinds of the market's watch: a look at a source, at all that is due, and files brought in.

1. One process looks from a folder at a time. A job that meets another one of this console is tried again after a while;
   one that meets a process beside it, such as `wayseal market watch`, says so and ends.
2. A job can be ended between looks and while a site is given its pause: a look in the middle leaves nothing on record.
3. What is said of a look is counts and names of sources: no offer, no shop, no number.
"""

import fcntl
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from wayseal.cases.ledger.market import queue_found, watching_for
from wayseal.console.errors import JobError, JobTurnError
from wayseal.console.jobs._kinds import market_folder
from wayseal.console.jobs.imports import find_sent, lay_out
from wayseal.console.jobs.logs import drop_upload
from wayseal.console.jobs.results import IMPORT, ImportSeen
from wayseal.console.jobs.types import JobContext, SourceInput
from wayseal.console.texts import TEXTS
from wayseal.market.crawling import Planned, Report, Watch, holding
from wayseal.market.crawling.imports import ImportForm, Named, bring_in, brought_source, check_files
from wayseal.market.errors import RecordBusyError
from wayseal.market.masks import mask_text
from wayseal.market.sources import parse_source, table_columns
from wayseal.market.types import Listing
from wayseal.model.messages import N_, Message

TURN = "market.turn"
"""In the folder of jobs: held by the one that looks."""
_SLICE = 0.5
_COUNTED = ("looks", "unseen", "seen", "new", "changed", "backs", "ours", "queued")


def look_at_source(given: SourceInput, work: JobContext) -> Mapping[str, str]:
    """One look at a source, now."""
    looks = _Looks(work)
    with _watching(work, looks) as watch:
        looks.make(watch, Planned(source=given.source, at=work.now()))
    return looks.result()


def look_at_due(_given: object, work: JobContext) -> Mapping[str, str]:
    """A look at each source, and at each shop that went, whose time has come (rule 2)."""
    looks = _Looks(work)
    with _watching(work, looks) as watch:
        due = watch.due()
        for done, planned in enumerate(due):
            looks.at(done, len(due))
            looks.make(watch, planned)
    if not due:
        work.say(N_("nothing was due"))
    return looks.result()


def preview_files(given: SourceInput, work: JobContext) -> Mapping[str, str]:
    """Look at files that were sent, as they would come in: nothing but what was sent is kept (rule 4)."""
    seen: dict[str, list[Listing]] = {}
    counts, spans = Counter[str](), dict[str, tuple[int, int]]()

    def look(name: str, offer: Listing) -> None:
        counts[name] += 1
        if len(found := seen.setdefault(name, [])) < _SHOWN:
            found.append(offer)
        if (at := offer.posted_at) is not None:
            low, high = spans.get(name, (at, at))
            spans[name] = min(low, at), max(high, at)

    with _checked(given, work, look) as (form, good, result):
        where = parse_source(brought_source("check", form, _fields(given)))
        tables = {name: table_columns(where, file) for name, file in good if form is ImportForm.CSV}
        plain: tuple[Sequence[str], Mapping[str, int]] = (), {}
        made = tuple(
            ImportSeen(
                name=name,
                offers=counts[name],
                first=spans.get(name, (None, None))[0],
                last=spans.get(name, (None, None))[1],
                rows=tuple((one.posted_at, one.shop_name or one.shop, _short(one)) for one in seen.get(name, ())),
                columns=tuple(mask_text(one[:_LONGEST]) for one in tables.get(name, plain)[0][:_COLUMNS]),
                fields=tables.get(name, plain)[1],
            )
            for name, _ in good[:_FILES]
        )
    return {**result, **IMPORT.keep(work.folder, made)}


_SHOWN, _FILES, _LONGEST, _COLUMNS = 6, 40, 120, 60


def _short(one: Listing) -> str:
    """The beginning of a text, personal data masked."""
    text = " ".join(part for part in (one.title, one.text, one.price) if part)
    return mask_text(text[:_LONGEST]) + ("…" if len(text) > _LONGEST else "")


def _fields(given: SourceInput) -> Mapping[str, str] | None:
    return json.loads(given.fields) if given.fields else None


def bring_in_files(given: SourceInput, work: JobContext) -> Mapping[str, str]:
    """Files that were sent become a source, or come to one, and are looked at (rule 4)."""
    with _checked(given, work) as (form, good, result):
        looked = _bring_in(form, given, good, work)
    drop_upload(work.folder.parent, given.upload)
    return {**result, **looked}


@contextmanager
def _checked(
    given: SourceInput, work: JobContext, seen: Callable[[str, Listing], None] = lambda _name, _offer: None
) -> Iterator[tuple[ImportForm, Sequence[Named], Mapping[str, str]]]:
    """Yield what was sent, laid out and read: its form, the files that can be read, and how many."""
    form, sent = ImportForm(given.form), find_sent(given, work)
    for called, _, size, sha256 in sent:
        work.say(N_("{name}: {size:,} bytes, SHA-256 {sha256}"), name=called, size=size, sha256=sha256)
    into, most = work.folder / "in", work.settings.upload_megabytes << 20
    try:
        files, other = lay_out(form, [(called, file) for called, file, _, _ in sent], into, most, work.step)
        for called in other:
            work.say(N_("{name} is no such export; left out"), name=called)
        step = partial(work.step, "market_check")
        good = check_files(form, files, work.say, step, fields=_fields(given), seen=seen)
        yield form, good, {"files": str(len(good)), "left_out": str(len(files) + len(other) - len(good))}
    finally:
        shutil.rmtree(into, ignore_errors=True)


def _bring_in(form: ImportForm, given: SourceInput, files: Sequence[Named], work: JobContext) -> Mapping[str, str]:
    folder = market_folder(work)
    with _turn(work), _alone():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with holding(folder):  # whoever watches knows its sources from its start, and would pass this one over
            bring_in(folder, given.source, form, files, _fields(given))
    return look_at_source(SourceInput(source=given.source), work)


class _Looks:
    """Looks one after the other: how far they are, what came of them, and waiting in between (rules 2 and 3)."""

    def __init__(self, work: JobContext) -> None:
        self._work, self._done, self._total = work, 0, 0
        self._counts = Counter(dict.fromkeys(_COUNTED, 0))
        self._numbers: set[str] = set()

    def at(self, done: int, total: int) -> None:
        """So many looks are made."""
        self._done, self._total = done, total
        self._work.step("market_look", done, total)

    def __call__(self, seconds: float) -> None:
        """Gives a site its pause."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._work.step("market_look", self._done, self._total)
            time.sleep(min(left, _SLICE))

    def make(self, watch: Watch, planned: Planned) -> None:
        """Makes a look; what it finds comes into the queue at once."""
        report, settings = watch.visit(planned), self._work.settings
        queued = queue_found(market_folder(self._work), settings.ledger, report, url=settings.market_database)
        self._counts.update(
            looks=1,
            unseen=report.hindrance is not None,
            seen=report.seen,
            new=report.new,
            changed=report.changed,
            backs=len(report.backs),
            queued=queued,
        )
        self._numbers |= report.numbers
        self._say(report)

    def result(self) -> Mapping[str, str]:
        """Return what came of them all."""
        return {name: str(count) for name, count in (self._counts | {"ours": len(self._numbers)}).items()}

    def _say(self, report: Report) -> None:
        source = report.planned.source
        if report.hindrance is not None:
            code = f"market_hindrance.{report.hindrance.value}"
            why = Message(TEXTS[code])
            self._work.say(N_("{source} can't be seen: {why}"), source=source, why=why)
        elif not report.planned.target:
            self._work.say(
                N_("{source}: {seen:,} {seen:offer|offers} there, {new:,} new, {changed:,} changed"),
                source=source,
                seen=report.seen,
                new=report.new,
                changed=report.changed,
            )


@contextmanager
def _watching(work: JobContext, looks: _Looks) -> Iterator[Watch]:
    """The watch of the settings' folder, with what the ledger and the register of canaries know (rule 1)."""
    settings = work.settings
    folder, ledger = market_folder(work), None if settings.ledger is None else work.ledger
    looks.at(0, 0)
    with _turn(work), ExitStack() as stack:
        opened = watching_for(folder, ledger, settings.canaries, url=settings.market_database, sleep=looks)
        with _alone():
            watch = stack.enter_context(opened)
        yield watch


@contextmanager
def _alone() -> Iterator[None]:
    """Around what takes a watch's folder (rule 1)."""
    try:
        yield
    except RecordBusyError:
        raise JobError(
            "another process looks at the market from this folder, so nothing was looked at here. Where the service "
            "`wayseal market watch` runs, it makes all looks that are due by itself; stop it to look from the console"
        ) from None


@contextmanager
def _turn(work: JobContext) -> Iterator[None]:
    """One job of this console at a time. JobTurnError: another one looks."""
    handle = os.open(work.folder.parent / TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JobTurnError("another job looks at the market: try again when it is done") from None
        yield
    finally:
        os.close(handle)
