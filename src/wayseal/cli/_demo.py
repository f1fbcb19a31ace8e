"""`wayseal demo`: the main job on a simulated courier, with the truth beside the verdict."""

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, Quiet, Seed
from wayseal.cli._progress import progress_bars
from wayseal.cli._simulate import LEAKERS
from wayseal.cli._write import write_text
from wayseal.ledger import ingest, open_ledger
from wayseal.model import WaysealError
from wayseal.store import open_source, read_leaks
from wayseal.trace import render, trace

_MARK = ".wayseal-demo"


class DemoError(WaysealError):
    """The demo's folder holds something that isn't a demo's."""

    exit_code = 2


def demo(
    out: Annotated[Path, typer.Argument(help="Folder to work in; an earlier demo in it is replaced.")] = Path("demo"),
    leaker: Annotated[str, typer.Option(help=LEAKERS)] = "clerk",
    lang: LangOption = Lang.EN,
    seed: Seed = 7,
    quiet: Quiet = False,
) -> None:
    """Simulate a courier with a hidden leaker, ingest its log, trace what was bought, show the truth beside it.

    \b
    wayseal demo
    wayseal demo elsewhere --leaker wide --lang zh --seed 3
    """
    from wayseal.simulate import preset, simulate  # noqa: PLC0415 (kept out of the start of other commands)

    _clear(out)
    with progress_bars(quiet) as progress:
        paths = simulate(out, preset("demo", leaker=leaker), seed=seed, progress=progress)
        ingest(open_source(paths.dataset), out / "ledger", progress=progress)
        with open_ledger(out / "ledger") as snapshot:
            result = trace(snapshot, read_leaks(paths.leaks), seed=seed, progress=progress)
    report = out / "report.html"
    write_text(report, render(result, "html", lang))
    write_text(out / "report.json", render(result, "json", lang))
    typer.echo(render(result, "text", lang), nl=False)
    typer.echo("")
    typer.echo(_truth(paths.truth, lang))
    typer.echo(("报告：" if lang is Lang.ZH else "Report: ") + str(report.resolve()))


def _clear(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        if not (out / _MARK).exists():
            raise DemoError(f"{out} isn't empty and isn't a demo's folder; name another one")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / _MARK).touch()


def _truth(path: Path, lang: Lang) -> str:
    truth = json.loads(path.read_text(encoding="utf-8"))
    sold = [f"{row['kind']} {row['id']} ({row['sold']})" for row in truth["leakers"]]
    if lang is Lang.ZH:
        who = "、".join(sold) or "无人"
        return f"真相（模拟数据，溯源时不可见）：售出者 {who}；来自别处 {truth['unknown']}"
    who = ", ".join(sold) or "nobody"
    return f"Truth (simulated, hidden from the trace): sold by {who}; from elsewhere {truth['unknown']}"
