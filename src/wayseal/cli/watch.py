"""`wayseal watch` and `wayseal serve watch`: reads that no work explains, while they are read."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cases.ledger.casebook import load_known, masking, writable_casebook
from wayseal.cases.ledger.watching import case_of, limits_of, pseudonym_of, register_notices
from wayseal.cases.notices import name_of, send_text, service_of
from wayseal.cli._loading import require_extra
from wayseal.cli._options import LedgerArgument, OutputFormat, OutputFormatOption, QuietOption, TemplatesOption
from wayseal.cli._output import clock_time, now_us
from wayseal.cli._texts import _, current_lang, echo, pgettext, warn
from wayseal.cli.blocked import MEASURES
from wayseal.cli.detect import FalseAlarmOption, NotifyOption, OffsetOption, read_addresses
from wayseal.database.errors import DatabaseError
from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.policy import FALSE_ALARM
from wayseal.detect.report.texts import TEXTS
from wayseal.detect.window import parse_offset
from wayseal.ledger import open_ledger
from wayseal.live.blocks import Added, Blocks, blocks_folder, lifted_by
from wayseal.live.mutes import Mutes
from wayseal.live.notices import Muted, Send, SendAll, each
from wayseal.live.receivers import About, document, make_receivers, read_receivers
from wayseal.live.sources import Reading, Start, open_source_of
from wayseal.live.types import Notice, NoticeKind, Reason, Source
from wayseal.live.watch import FOLDER, Watch, WatchOptions
from wayseal.model.messages import Message
from wayseal.model.schema import plain
from wayseal.model.times import iso
from wayseal.page.languages import ByLanguage
from wayseal.page.numbers import percent
from wayseal.page.visible import visible
from wayseal.service.process import handle_signals
from wayseal.store.errors import JournalBusyError

_WORDS = ByLanguage(TEXTS)
_SECONDS = 10.0
"""How long whoever is told may take."""

SourceOption = Annotated[
    str,
    typer.Option(
        help="Where events come from: `jsonl:-` for standard input, `file:PATH`, `nats://HOST:PORT/STREAM`, "
        "`kafka://HOST:PORT/TOPIC`, `vault:FOLDER` for the disclosures of a vault. Each line is a row of a table of "
        "the [data contract](data-contract.md), its table's name under `table` (a read where it has none).",
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
    receivers: Annotated[
        Path | None,
        typer.Option(
            help="A file of [receivers](watch-notices.md): webhooks, OCSF, Kafka, NATS.", exists=True, dir_okay=False
        ),
    ] = None,
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
    options = Options(offset=parse_offset(offset), templates=load_templates(templates), false_alarm=false_alarm)
    say = (lambda _message: None) if quiet else _say
    made = _options(ledger, options, read_addresses(notify or []), receivers, format)
    made = replace(made, say=say, segment_seconds=float(segment))
    with _source_maker(source) as make:
        work = Watch(ledger, make(Reading(until_end=until_end, start=start, say=say)), made)
        with handle_signals(work.stop):
            found = work.run()
    if not quiet:
        warn(
            "{events:,} {events:event|events}, {notices} new {notices:notice|notices}",
            events=found.events,
            notices=found.notices,
        )


def serve_watch(
    ledger: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of the ledger; `WAYSEAL_WATCH_LEDGER` sets it.",
            metavar="LEDGER",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Where events come from, as of `wayseal watch`; `WAYSEAL_WATCH_SOURCE` sets it."),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port, on this machine's own address.", show_default="8446")] = None,
) -> None:
    """Run the watch as a service, with the list of blocked accounts and metrics, until it is told to stop.

    It does what `wayseal watch` does, and answers beside it: the [list](blocks.md) for gateways, `/metrics` for
    Prometheus, `/healthz` and `/readyz`. Other [settings](watch-notices.md#settings) come by the environment. Logs go
    to standard error as JSON. It needs packages of its own: `pip install 'WHEEL[live]'`.

    \b
    wayseal serve watch ledger --source nats://127.0.0.1:4222/READS
    """
    with require_extra("live"):
        from wayseal.live.serve import run_service
        from wayseal.live.settings import read_watch_settings
        from wayseal.service import make_log

    os.umask(0o077)
    given = {"ledger": None if ledger is None else str(ledger), "port": None if port is None else str(port)}
    found = read_watch_settings(os.environ, source=source, **given)
    told = read_addresses([] if found.notices is None else [f"@{found.notices}"])
    templates, offset = load_templates(found.templates), parse_offset(found.offset)
    options = Options(offset=offset, templates=templates, false_alarm=found.false_alarm)
    made = _options(found.ledger, options, told, found.receivers, None)
    made = replace(made, segment_seconds=float(found.segment_seconds), who="wayseal serve watch")

    with _source_maker(found.source) as make:
        run_service(found, lambda say: make(Reading(start=found.start, say=say)), made, make_log())


@contextmanager
def _source_maker(address: str) -> Iterator[Callable[[Reading], Source]]:
    """What makes the source of an address; a vault is open meanwhile."""
    scheme, _sep, folder = address.partition(":")
    if scheme != "vault" or not folder:
        yield partial(open_source_of, address)
        return
    with require_extra("vault"):
        from wayseal.cli._vault_session import open_vault
        from wayseal.live.sources.vault import VaultSource
    with open_vault(Path(folder)) as session:
        yield partial(VaultSource, session.vault.main, session.vault.marks)


def _options(
    ledger: Path, options: Options, addresses: Sequence[str], receivers: Path | None, format: OutputFormat | None
) -> WatchOptions:
    """What a watch does. format: notices are printed so; None: they aren't."""
    folder = writable_casebook(ledger)
    options = replace(options, folder=folder)
    acts, muting = NoticeActs(folder, Blocks(blocks_folder(ledger))), _Muting(Mutes(ledger / FOLDER), options.offset)
    described = make_receivers({} if receivers is None else read_receivers(receivers), acts.describe)
    first: dict[str, SendAll] = {"acts": acts.register, "blocks": each(acts.block)}
    if format is not None:
        first["print"] = NoticePrinter(folder, acts, format, muting.muted).print
    return WatchOptions(
        detect=folder,
        arm=limits_of(ledger, options),
        offset=options.offset,
        receivers=first,
        beside={**_receivers(ledger, addresses), **described},
        mute=muting,
        who="wayseal watch",
    )


def _say(message: Message) -> None:
    warn(message.text, **message.values)


class NoticeActs:
    """What follows from a notice: its case, and what rules in force say. What is busy is tried again."""

    def __init__(self, folder: Path, blocks: Blocks) -> None:
        self._folder, self.blocks = folder, blocks
        self._cases: dict[str, str] = {}

    def register(self, notices: Sequence[Notice]) -> int:
        """Makes their cases; the casebook is opened once."""
        done = 0
        with suppress(DatabaseError, JournalBusyError):
            for notice, case in register_notices(self._folder, notices, now_us):
                done += 1
                if case:
                    self._cases[notice.actor] = case
        return done

    def block(self, notice: Notice) -> bool:
        """Puts its account on the list, or lifts what it had put there."""
        try:
            self.blocks.act_on(notice, case=self.case(notice))
        except (DatabaseError, JournalBusyError):
            return False
        return True

    def case(self, notice: Notice) -> str:
        """The newest case of its account; "" where there is none."""
        if notice.actor not in self._cases:
            self._cases[notice.actor] = case_of(self._folder, notice)
        return self._cases[notice.actor]

    def entry(self, notice: Notice) -> Added | None:
        """What it put on the list."""
        return next((one for one in self.blocks.state().added.values() if one.notice == notice.id), None)

    def lifted(self, notice: Notice) -> tuple[str, ...]:
        """What it took off the list."""
        return tuple(entry for entry, act in self.blocks.state().lifted.items() if act.why == lifted_by(notice))

    def describe(self, notice: Notice) -> About:
        """What isn't in it, for receivers."""
        return About(account=pseudonym_of(self._folder, notice), case=self.case(notice))


class _Muting:
    """What mutes notices, and what it muted."""

    def __init__(self, mutes: Mutes, offset: int) -> None:
        self._mutes, self._offset = mutes, offset
        self.muted: dict[str, Muted] = {}

    def __call__(self, notice: Notice) -> Muted | None:
        found = self._mutes.muted(notice, self._offset)
        if found is not None:
            self.muted[notice.id] = found
        return found


class NoticePrinter:
    """Prints notices and what they did to the list, accounts under the names that may be shown."""

    def __init__(self, folder: Path, acts: NoticeActs, format: OutputFormat, muted: Mapping[str, Muted]) -> None:
        self._folder, self._acts, self._format, self._muted = folder, acts, format, muted

    def print(self, notices: Sequence[Notice]) -> int:
        """Prints notices."""
        names = masking(self._folder, load_known(self._folder, writable=True))
        for notice in notices:
            self._print(notice, names(notice.actor))
        return len(notices)

    def _print(self, notice: Notice, name: str) -> None:
        made, muted, case = self._acts.entry(notice), self._muted.get(notice.id), self._acts.case(notice)
        if self._format is OutputFormat.JSON:
            print(json.dumps(_document(notice, About(account=name, case=case), made, muted), ensure_ascii=False),
                  flush=True)  # fmt: skip
            return
        words = _WORDS[current_lang()]
        counts = pgettext("list_comma", ", ").join(
            _("{what} {n:,} (usual up to {usual:,} a day)", **_count(one, words)) for one in notice.reasons[:2]
        )
        head = {
            "at": clock_time(notice.at),
            "account": visible(name),
            "score": percent(notice.probability),
            "case": case,
        }
        match notice.kind:
            case NoticeKind.RAISED:
                echo("{at}  {account} reads what no work explains: {score}, {counts} ({case})", **head, counts=counts)
            case NoticeKind.CHANGED:
                echo("{at}  {account} goes on: {score}, {counts}", **head, counts=counts)
            case NoticeKind.WITHDRAWN:
                echo("{at}  {account}: withdrawn, work explains it now", **head)
        if muted is not None:
            echo("  muted by {mute}, nobody is told: {why}", mute=muted.mute, why=muted.why)
        if made is not None:
            until, measure = clock_time(made.entry.until), _(MEASURES[made.entry.measure])
            echo("  {entry}: {measure} until {until}, by rule {rule}", entry=made.entry.id, measure=measure,
                 until=until, rule=made.rule)  # fmt: skip
        for entry in self._acts.lifted(notice):
            echo("  {entry}: lifted", entry=entry)


def _count(reason: Reason, words: Mapping[str, str]) -> dict[str, object]:
    return {"what": words[f"detector.{reason.detector}"], "n": reason.value, "usual": reason.usual}


def _document(notice: Notice, about: About, made: Added | None, muted: Muted | None) -> dict[str, Any]:
    tipped = {"waybill": notice.tipped_by.waybill, "at": iso(notice.tipped_by.at), "number": notice.tipped_by.number}
    return document(notice, about) | {
        "tipped_by": tipped,
        "entry": None if made is None else made.entry.id,
        "muted": None if muted is None else plain(muted),
    }


def _receivers(ledger: Path, addresses: Sequence[str]) -> dict[str, Send]:
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
