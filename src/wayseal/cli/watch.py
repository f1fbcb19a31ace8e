"""`wayseal watch`: reads that no work explains, while they are read."""

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cases.ledger.casebook import load_known, masking, writable_casebook
from wayseal.cases.ledger.watching import case_of, limits_of, register_notice
from wayseal.cases.notices import name_of, send_text, service_of
from wayseal.cli._options import LedgerArgument, OutputFormat, OutputFormatOption, QuietOption, TemplatesOption
from wayseal.cli._output import clock_time, now_us
from wayseal.cli._texts import _, current_lang, echo, pgettext, warn
from wayseal.cli.blocked import MEASURES
from wayseal.cli.detect import FalseAlarmOption, NotifyOption, OffsetOption, read_addresses
from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.policy import FALSE_ALARM
from wayseal.detect.report.texts import TEXTS
from wayseal.detect.window import parse_offset
from wayseal.ledger import open_ledger
from wayseal.live.blocks import Added, Blocks, blocks_folder, lifted_by
from wayseal.live.notices import Send
from wayseal.live.sources import Reading, Start, open_source_of
from wayseal.live.types import Notice, NoticeKind, Reason
from wayseal.live.watch import Watch, WatchOptions
from wayseal.model.messages import Message
from wayseal.model.times import iso
from wayseal.page.languages import ByLanguage
from wayseal.page.numbers import percent

_WORDS = ByLanguage(TEXTS)
_SECONDS = 10.0
"""How long whoever is told may take."""

SourceOption = Annotated[
    str,
    typer.Option(
        help="Where events come from: `jsonl:-` for standard input, `file:PATH`, `nats://HOST:PORT/STREAM`, "
        "`kafka://HOST:PORT/TOPIC`. Each line is a row of a table of the [data contract](data-contract.md), its "
        "table's name under `table` (a read where it has none).",
    ),
]


def watch(
    ledger: LedgerArgument,
    source: SourceOption,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="End where the source ends as it is now; else go on until stopped.")
    ] = False,
    start: Annotated[
        Start, typer.Option(help="Where to begin in a source of which nothing was taken yet.")
    ] = Start.BEGINNING,
    false_alarm: FalseAlarmOption = FALSE_ALARM,
    templates: TemplatesOption = None,
    offset: OffsetOption = None,
    segment: Annotated[
        int, typer.Option(min=1, max=3600, help="Seconds after which what arrived is brought into the ledger.")
    ] = 300,
    notify: NotifyOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Watch a stream of reads: say within a moment who reads what no work explains, and block whom rules say.

    What arrives is written to `LEDGER/live/arrivals` first and brought into the ledger every few minutes; after a crash
    it goes on where it was, and tells nobody twice. Limits, peers and explanations are those of the newest run of
    `wayseal detect`. A notice makes a case, as detection does: accounts stand under their pseudonyms until somebody
    opens it. [Rules](blocks.md) that two people switched on block by themselves. [The watch](watch.md) has its page.

    \b
    wayseal watch ledger --source nats://127.0.0.1:4222/READS
    tail -F reads.jsonl | wayseal watch ledger --source jsonl:- --format json
    wayseal watch ledger --source file:reads.jsonl --until-end
    """
    folder = writable_casebook(ledger)
    told = read_addresses(notify or [])
    options = Options(
        folder=folder, offset=parse_offset(offset), templates=load_templates(templates), false_alarm=false_alarm
    )
    say = (lambda _message: None) if quiet else _say
    opened = open_source_of(source, Reading(until_end=until_end, start=start, say=say))
    blocks = Blocks(blocks_folder(ledger))
    printer = NoticePrinter(folder, blocks, format)
    made = WatchOptions(
        detect=folder,
        arm=limits_of(ledger, options),
        offset=options.offset,
        receivers={"acts": partial(follow_notice, folder, blocks), "print": printer.print, **_receivers(ledger, told)},
        say=say,
        segment_seconds=float(segment),
        who="wayseal watch",
    )
    work = Watch(ledger, opened, made)
    with _stopping(work.stop):
        found = work.run()
    if not quiet:
        warn(
            "{events:,} {events:event|events}, {notices} new {notices:notice|notices}",
            events=found.events,
            notices=found.notices,
        )


def _say(message: Message) -> None:
    warn(message.text, **message.values)


@contextmanager
def _stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM end it in order."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class NoticePrinter:
    """Prints notices and what they did to the list, accounts under the names that may be shown."""

    def __init__(self, folder: Path, blocks: Blocks, format: OutputFormat) -> None:
        """folder: of the casebook; blocks: the record of blocks; format: how they are printed."""
        self._folder, self._blocks, self._format = folder, blocks, format

    def print(self, notice: Notice) -> bool:
        """Prints a notice.

        Args:
            notice: It, after what follows from it was done.

        Returns:
            True: it is printed.
        """
        state = self._blocks.state()
        made = next((one for one in state.added.values() if one.notice == notice.id), None)
        case = case_of(self._folder, notice)
        name = masking(self._folder, load_known(self._folder, writable=True))(notice.actor)
        if self._format is OutputFormat.JSON:
            print(json.dumps(_document(notice, name, case, made), ensure_ascii=False), flush=True)
            return True
        words = _WORDS[current_lang()]
        counts = pgettext("list_comma", ", ").join(
            _("{what} {n:,} (usual up to {usual:,} a day)", **_count(one, words)) for one in notice.reasons[:2]
        )
        head = {"at": clock_time(notice.at), "account": name, "score": percent(notice.probability), "case": case}
        match notice.kind:
            case NoticeKind.RAISED:
                echo("{at}  {account} reads what no work explains: {score}, {counts} ({case})", **head, counts=counts)
            case NoticeKind.CHANGED:
                echo("{at}  {account} goes on: {score}, {counts}", **head, counts=counts)
            case NoticeKind.WITHDRAWN:
                echo("{at}  {account}: withdrawn, work explains it now", **head)
        if made is not None:
            until, measure = clock_time(made.entry.until), _(MEASURES[made.entry.measure])
            echo("  {entry}: {measure} until {until}, by rule {rule}", entry=made.entry.id, measure=measure,
                 until=until, rule=made.rule)  # fmt: skip
        for entry, act in state.lifted.items():
            if act.why == lifted_by(notice):
                echo("  {entry}: lifted", entry=entry)
        return True


def _count(reason: Reason, words: Mapping[str, str]) -> dict[str, object]:
    return {"what": words[f"detector.{reason.detector}"], "n": reason.value, "usual": reason.usual}


def _document(notice: Notice, name: str, case: str, made: Added | None) -> dict[str, Any]:
    tipped = {"waybill": notice.tipped_by.waybill, "at": iso(notice.tipped_by.at), "number": notice.tipped_by.number}
    return {
        "notice": notice.id,
        "kind": notice.kind,
        "at": iso(notice.at),
        "actors": [name],
        "probability": notice.probability,
        "reasons": [{"detector": one.detector, "value": one.value, "usual": one.usual} for one in notice.reasons],
        "tipped_by": tipped,
        "ledger_version": notice.limits,
        "raised": notice.raised or None,
        "case": case or None,
        "entry": None if made is None else made.entry.id,
    }


def follow_notice(folder: Path, blocks: Blocks, notice: Notice) -> bool:
    """Does what follows from a notice: a case, and what rules in force say.

    Args:
        folder: Of the casebook.
        blocks: The record of blocks.
        notice: It.

    Returns:
        True: it is done.
    """
    register_notice(folder, notice, now_us())
    blocks.act_on(notice, case=case_of(folder, notice))
    return True


def _receivers(ledger: Path, addresses: list[str]) -> dict[str, Send]:
    """Whom notices go to, by a name that is no secret."""
    with open_ledger(ledger) as snapshot:
        salt = snapshot.manifest.id

    def sender(address: str) -> Send:
        def send(notice: Notice) -> bool:
            title = _("Wayseal: {kind} notice", kind=notice.kind)
            body = _(
                "{at}: {score}, notice {id}", at=clock_time(notice.at), score=percent(notice.probability), id=notice.id
            )
            return send_text(address, None, title, body, _SECONDS)

        return send

    return {f"{service_of(address)}-{name_of(address, salt)[:12]}": sender(address) for address in addresses}
