"""`wayseal detect`: reads that no work explains, as cases."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wayseal.cli._case import FOLDER
from wayseal.cli._options import Lang, LangOption, LedgerArgument, Out, Quiet
from wayseal.cli._progress import progress_bars
from wayseal.cli._write import say_report, write_text
from wayseal.detect import DetectResult, Given, Options, Verdict, detect
from wayseal.detect.casebook import Alert, Casebook, read_casebook, writing
from wayseal.detect.casebook.types import FILE
from wayseal.ledger import Snapshot, open_ledger
from wayseal.ledger.upkeep import refuse_backup
from wayseal.model.times import micros


class DetectFormat(StrEnum):
    """What the cases are written as; ocsf: a Detection Finding a line."""

    TEXT = "text"
    JSON = "json"
    OCSF = "ocsf"
    HTML = "html"


Templates = Annotated[
    Path | None, typer.Option(help="File of explanation templates, beside the built-in ones.", dir_okay=False)
]


def run(
    ledger: LedgerArgument,
    from_: Annotated[str | None, typer.Option("--from", help="First day, such as 2026-03-02.")] = None,
    to: Annotated[str | None, typer.Option(help="Last day, included (default: that of the log).")] = None,
    budget: Annotated[int, typer.Option(min=1, help="Cases a day at most.")] = 20,
    templates: Templates = None,
    canaries: Annotated[Path | None, typer.Option(help="Register of canaries.", dir_okay=False)] = None,
    offset: Annotated[str, typer.Option(help="Local time of the courier.")] = "+08:00",
    unmask: Annotated[bool, typer.Option("--unmask", help="Open all cases that are printed; recorded.")] = False,
    who: Annotated[str | None, typer.Option(help="With --unmask: who sees the names.")] = None,
    why: Annotated[str | None, typer.Option(help="With --unmask: why.")] = None,
    notify: Annotated[
        list[str] | None,
        typer.Option(envvar="WAYSEAL_NOTIFY", help="Tell of new cases: an Apprise address, or @FILE with some."),
    ] = None,
    metrics: Annotated[Path | None, typer.Option(help="Write counts as a Prometheus textfile.")] = None,
    format: Annotated[DetectFormat, typer.Option(help="What to write.")] = DetectFormat.TEXT,  # noqa: A002
    out: Out = None,
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Find the accounts whose reads no work explains. Accounts are pseudonyms until a case is opened.

    \b
    wayseal detect ledger
    wayseal detect ledger --from 2026-03-02 --to 2026-03-15 --format html --out cases.html
    wayseal detect ledger --unmask --who "Li, audit" --why "complaint 2026-041"
    """
    from wayseal.cli._notify import addresses  # noqa: PLC0415 (read before the work, so that a wrong file is said at once)
    from wayseal.cli._notify import notify as tell  # noqa: PLC0415
    from wayseal.detect.explain import load_templates  # noqa: PLC0415
    from wayseal.detect.report import metrics as as_metrics  # noqa: PLC0415
    from wayseal.detect.report import render_detect  # noqa: PLC0415
    from wayseal.detect.window import parse_day, parse_offset  # noqa: PLC0415

    if unmask and not (who and why):
        raise typer.BadParameter("--unmask needs --who and --why", param_hint="--unmask")
    told = addresses(notify or [])
    refuse_backup(ledger)
    folder = ledger / FOLDER
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        options = Options(
            since=parse_day(from_, "--from"),
            until=parse_day(to, "--to"),
            budget=budget,
            offset=parse_offset(offset),
            templates=load_templates(templates),
            folder=folder,
        )
        given = _given(snapshot, folder, canaries)
        result = detect(snapshot, options, given, progress)
    result, new = registered(result, folder, (who, why) if unmask and who and why else None)
    if metrics is not None:
        write_text(metrics, as_metrics(result))
    say_report(partial(render_detect, result), format, lang, out, quiet=quiet)
    tell([c for c in result.cases if c.id in new], told, lang)


def registered(
    result: DetectResult, folder: Path, opened: tuple[str, str] | None
) -> tuple[DetectResult, frozenset[str]]:
    """The result with the ids of its cases and the names that may be shown, and which cases are new.

    opened: who opens all of them, and why.
    """
    from wayseal.detect.report import shown  # noqa: PLC0415

    if not result.cases:
        return result, frozenset()
    now = micros(datetime.now(UTC).replace(microsecond=0).isoformat())
    order = sorted(range(len(result.cases)), key=lambda k: (result.cases[k].alerted_at, k))
    alerts = [_alert(result, k) for k in order]
    with writing(folder) as writer:
        before = {case.id for case in writer.book.cases}
        ids = dict(zip(order, writer.register(alerts, now), strict=True))
        if opened is not None:
            writer.unmask(tuple(dict.fromkeys(ids.values())), *opened, now)
        names, pseudonyms = writer.book.opened_actors, writer.pseudonyms
    told = shown(result, [ids[k] for k in range(len(ids))], lambda a: a if a in names else pseudonyms.of(a))
    return told, frozenset(ids.values()) - before


def _alert(result: DetectResult, at: int) -> Alert:
    case = result.cases[at]
    names = tuple(dict.fromkeys(r.detector for p in case.people for r in p.reasons))
    return Alert(actors=case.actors, alerted_at=case.alerted_at, score=round(case.score, 6), detectors=names)


def _given(snapshot: Snapshot, folder: Path, canaries: Path | None) -> Given:
    book = read_casebook(folder) if (folder / FILE).exists() else Casebook()
    verdicts = [Verdict(actors=v.actors, true=v.true, until=v.last_alerted_at) for v in book.verdicts]
    counted: Mapping[str, Sequence[tuple[str, int, int]]] = {}
    if canaries is not None:
        counted = {"canary_touch": touches(snapshot, canaries)}
    return replace(Given(), counted=counted, verdicts=verdicts)


def touches(snapshot: Snapshot, register: Path) -> list[tuple[str, int, int]]:
    """Reads of canaries by accounts that they were not made for: (account, µs, 1). CanaryError, OSError."""
    from wayseal.trace.canary import state_of  # noqa: PLC0415

    made = {c.row.waybill: set(c.pool) for c in state_of(register).watch.canaries}
    numbers = sorted(made)
    reads = snapshot.reads(np.unique(snapshot.keys(numbers)), ("waybill", "at", "actor"))
    waybills = snapshot.names("waybill", reads["waybill"].to_numpy())
    actors = snapshot.names("actor", reads["actor"].to_numpy())
    at = reads["at"].cast("int64").to_pylist()
    return [(a, t, 1) for w, a, t in zip(waybills, actors, at, strict=True) if a not in made.get(w, {a})]
