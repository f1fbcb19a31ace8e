"""`wayseal case verify`: whether every line of the casebook is what was written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import verify as verify_casebook
from wayseal.cases.findings import Verification
from wayseal.cases.ledger.casebook import casebook_folder
from wayseal.cases.ledger.told import forgotten_json
from wayseal.cases.types import FILE
from wayseal.cli._case_view import Words, clock_time, forgotten_line
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.journal import Head
from wayseal.model.messages import filled
from wayseal.page.visible import visible

CHANGED = 7


def verify(
    ledger: LedgerArgument,
    head: Annotated[
        str | None, typer.Option(help="A head that was printed before: the casebook must go on from there.")
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Look at every line of the casebook, and say which was changed, taken out, moved or put in.

    It ends with 0 only if there is none. It prints the head, to be [written down
    elsewhere](cases.md#what-verification-finds).

    \b
    wayseal case verify ledger
    """
    folder = casebook_folder(ledger)
    try:
        earlier = None if head is None else Head.parse(head)
    except ValueError:
        raise WrongUsageError(
            "is no head such as 17:3f…, as `wayseal case verify` prints it", param_hint="--head"
        ) from None
    with progress_bars(quiet) as progress:
        found = verify_casebook(folder, head=earlier, progress=progress)
    if format is OutputFormat.JSON:
        typer.echo(verification_json(found))
    else:
        for line in verification_lines(found, folder / FILE, CASE_TEXTS[lang]):
            typer.echo(line)
    if not found.sound:
        raise typer.Exit(CHANGED)


def verification_lines(found: Verification, path: Path, words: Words) -> Iterator[str]:
    """What looking at a casebook found, a line each thing."""
    yield filled(words["looked"], path=path, lines=found.head.lines, acts=found.acts)
    yield from (filled(words["fault"], line=fault.line, what=words[fault.code]) for fault in found.faults)
    yield from (forgotten_line(done, words) for done in found.forgotten)
    if not found.faults:
        yield words["fine"]
    if found.restarted is not None:
        yield filled(words["restarted"], at=clock_time(found.restarted.at), who=visible(found.restarted.who))
    elif found.earlier is not None:
        yield words["goes_on" if found.earlier else "goes_not_on"]
    yield filled(words["head"], head=str(found.head))


def verification_json(found: Verification) -> str:
    """The same for programs."""
    content = {
        "head": str(found.head),
        "acts": found.acts,
        "faults": [{"line": fault.line, "code": fault.code} for fault in found.faults],
        "forgotten": [forgotten_json(done) for done in found.forgotten],
        "goes_on_from_head": found.earlier,
        "restarted": None if found.restarted is None else forgotten_json(found.restarted),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
