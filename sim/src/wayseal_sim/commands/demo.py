"""`wayseal demo`: tracing and detection on a simulated courier, with the truth beside what they say."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import load_pseudonyms, open_cases, read_known
from wayseal.cases.ledger.arrivals import WHO, parcel_leads
from wayseal.cases.ledger.casebook import FOLDER, Names
from wayseal.cases.ledger.detection import lay_out_cases, register_cases
from wayseal.cli.commands import (
    MARK,
    ProgressCallback,
    QuietOption,
    SeedOption,
    _,
    current_lang,
    echo,
    now_us,
    pgettext,
    print_lines,
    progress_bars,
    write_text,
)
from wayseal.detect import DetectResult, Options, detect
from wayseal.detect.report import brief, render_detect
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal.model import WaysealError
from wayseal.model.times import day_name, stamp
from wayseal.page.numbers import percent
from wayseal.parcels import ParcelsResult, find_parcels, keep_result, with_names
from wayseal.store import open_source, read_leaks
from wayseal.trace import render, trace
from wayseal_sim import preset, simulate
from wayseal_sim.commands._last_day import lay_out_last_day, watch_last_day
from wayseal_sim.commands._parts import begin_casework, how_to_open_console, watch_market
from wayseal_sim.parcels import plant_ghosts

_PLAIN = 10
"""Minutes before pickup that no clock explains."""


class DemoError(WaysealError):
    """The demo's folder holds something that isn't a demo's."""

    exit_code = 2


def demo(
    out: Annotated[
        Path,
        typer.Argument(
            help="Folder to work in; an earlier demo in it is replaced, anything else is left alone with an error."
        ),
    ] = Path("demo"),
    leaker: Annotated[
        str,
        typer.Option(
            help="Who sells, as in `wayseal simulate`: `clerk`, `wide`, `channel`, `colluders`, `outlet`, `nobody`, "
            "`lister`, `shared`, `framer`, `chooser`, `to-order`."
        ),
    ] = "clerk",
    seed: SeedOption = 7,
    quiet: QuietOption = False,
) -> None:
    """Simulate a courier with hidden leakers, trace what was bought, detect who pulls, show the truth beside both.

    It uses the scenario `watch`. The last day of it comes as a stream, through [the watch](watch.md), with a rule
    in force: notices and blocks are told as they happen. Then it shows the truth beside the verdict and beside each
    [case](detection.md), and leaves `report.html`, `report.json` and `cases.html`. Then it looks at a [simulated
    market](market.md#the-simulated-market) where the numbers are sold, and names [shipments without a parcel and a
    number that was in use before its pickup](parcels.md). It ends with the command that opens [the
    console](console.md) on its data. This is what `make demo` runs.

    \b
    wayseal demo
    wayseal demo elsewhere --leaker wide --lang zh --seed 3
    """
    _clear(out)
    with progress_bars(quiet) as progress:
        scenario = preset("watch", leaker=leaker)
        paths = simulate(out, scenario, seed=seed, progress=progress)
        plant_ghosts(paths, seed)
        day = lay_out_last_day(out, paths.dataset, scenario.days, seed)
        ingest(open_source(day.before), out / "ledger", progress=progress)
    watch_last_day(out, day)
    typer.echo("")
    with progress_bars(quiet) as progress, open_ledger(out / "ledger") as snapshot:
        bought = read_leaks(paths.leaks)
        result = trace(snapshot, bought, seed=seed, progress=progress)
        folder = out / "ledger" / FOLDER
        options = Options(folder=folder)
        found = detect(snapshot, options, progress=progress)
        shown, new = register_cases(found, folder, None, now_us())
        lay_out_cases(snapshot, new, options, folder, progress)
        parcels = _judge_parcels(snapshot, folder, paths.truth, progress)
        market = list(watch_market(out, snapshot, seed, progress))
    report = out / "report.html"
    write_text(report, render(result, "html", current_lang()))
    write_text(out / "report.json", render(result, "json", current_lang()))
    typer.echo(render(result, "text", current_lang()), nl=False)
    typer.echo("\n" + _describe_truth(paths.truth))
    begin_casework(folder, tuple(case.id for case in shown.worth if case.id), bought)
    cases = out / "cases.html"
    write_text(cases, render_detect(shown, "html", current_lang()))
    print_lines([*_describe_cases(paths.truth, found, shown), *parcels, "", *market])
    echo("Reports: {report}  {cases}", report=report.resolve(), cases=cases.resolve())
    typer.echo(how_to_open_console(out))


def _clear(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        if not (out / MARK).exists():
            raise DemoError("{out} isn't empty and isn't a demo's folder; name another one", out=out)
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()


def _describe_cases(truth: Path, found: DetectResult, shown: DetectResult) -> Iterator[str]:
    """The cases that are worth acting on, a line each, with what is behind them in truth."""
    who = _planted(truth)
    yield ""
    yield _("Detection: reads that no work explains")
    for true, line in zip(found.worth, brief(shown, current_lang()), strict=True):
        kinds = sorted({who[a] for a in true.actors if a in who})
        yield f"  - {line}"
        yield _("    (truth: {kinds} a day)", kinds=_("; ").join(kinds)) if kinds else _("    (truth: innocent)")
    hit = {a for c in found.worth for a in c.actors}
    missed = sorted({who[a] for a in who if a not in hit})
    if missed:
        yield _("  Not found: {kinds}", kinds=_("; ").join(missed))


def _planted(truth: Path) -> Mapping[str, str]:
    """Who pulls in truth, by account."""
    planted = json.loads(truth.read_text(encoding="utf-8")).get("insiders", [])
    return {account: f"{i['kind']}, {i['a_day']}" for i in planted for account in i["accounts"]}


def _judge_parcels(snapshot: Snapshot, folder: Path, truth: Path, progress: ProgressCallback) -> Sequence[str]:
    """Looks for shipments without a parcel, puts them into the queue, and says what was found."""
    found = find_parcels(snapshot, progress=progress)
    keep_result(found, folder, now_us())
    with open_cases(folder) as book:
        book.enqueue_once(parcel_leads(found.groups), WHO, now_us())
    named = with_names(found, Names(read_known(folder).opened, load_pseudonyms(folder).of).of)
    return tuple(_describe_parcels(truth, found, named))


def _describe_parcels(truth: Path, found: ParcelsResult, named: ParcelsResult) -> Iterator[str]:
    """A number that was asked for before its pickup, and the groups without a parcel, with the truth beside each."""
    who, ghosts = _planted(truth), json.loads(truth.read_text(encoding="utf-8")).get("ghosts", {"waybills": []})
    yield ""
    yield _("Parcels: numbers in use before pickup, and shipments without a parcel")
    for asker, called in zip(found.askers[:1], named.askers, strict=False):
        reads = [one for one in found.reads_before_pickup if one.asker == asker.asker]
        one = min((r for r in reads if r.minutes >= _PLAIN), key=lambda r: r.minutes, default=reads[0])
        collected = stamp(one.at + round(one.minutes * 60e6))
        yield _(
            "  - {waybill}: asked for by {account} at {at}, collected at {collected}, {minutes:.0f} minutes later; so "
            "were {early:,} of the {parcels:,} parcels that it asked for, where {usual:.0f} would be usual",
            waybill=one.waybill, account=called.asker, at=stamp(one.at)[11:16], collected=collected[11:16],
            minutes=one.minutes, early=asker.early, parcels=asker.parcels, usual=asker.usual * asker.parcels,
        )  # fmt: skip
        kind = who.get(asker.asker)
        yield _("    (truth: {kinds} a day)", kinds=kind) if kind else _("    (truth: innocent)")
    for group in named.groups:
        yield _(
            "  - {expected:.0f} of {size} shipments of {sender} at {outlet} on {day}, collected by {operator}, have a "
            "history and probably no parcel ({probability})",
            expected=group.expected, size=group.size, sender=group.sender, outlet=group.outlet,
            day=day_name(group.day), operator=group.operator, probability=percent(group.probability),
        )  # fmt: skip
        same = len(set(group.parcels) & set(ghosts["waybills"]))
        yield _("    (truth: {same} of {ghosts} ghosts are among them)", same=same, ghosts=len(ghosts["waybills"]))


def _describe_truth(path: Path) -> str:
    truth = json.loads(path.read_text(encoding="utf-8"))
    sold = [f"{row['kind']} {row['id']} ({row['sold']})" for row in truth["leakers"]]
    who = pgettext("list_comma", ", ").join(sold) or _("nobody")
    return _(
        "Truth (simulated, hidden from the trace): sold by {who}; from elsewhere {unknown}",
        who=who,
        unknown=truth["unknown"],
    )
