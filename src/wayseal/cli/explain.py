"""`wayseal explain`: why a read was or was not work, and which templates would explain more."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wayseal.cases import has_casebook, load_pseudonyms, read_known
from wayseal.cases.ledger.casebook import FOLDER, Names
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import (
    Lang,
    LangOption,
    LedgerArgument,
    OutputFormat,
    OutputFormatOption,
    QuietOption,
    TemplatesOption,
)
from wayseal.cli._output import write_report
from wayseal.cli._progress import progress_bars
from wayseal.detect.explain import Template, load_templates
from wayseal.detect.facts import build_context, update_facts
from wayseal.detect.reasons import MineResult, explain_pair, mine_templates, render_mine, render_pair
from wayseal.detect.window import parse_offset
from wayseal.ledger import Snapshot, open_ledger
from wayseal.ledger.upkeep import refuse_backup
from wayseal.model import clean_waybill

_PSEUDONYM = re.compile("p(-[2-9b-z]{4}){3}")


def explain(
    ledger: LedgerArgument,
    actor: Annotated[
        str | None, typer.Option(help="The account: its id, or its pseudonym in a case. Goes with `--waybill`.")
    ] = None,
    waybill: Annotated[str | None, typer.Option(help="Number of the waybill.")] = None,
    mine: Annotated[
        bool,
        typer.Option(
            "--mine",
            help="Instead: propose templates that would explain most of what no work explains, [against "
            "chance](explanations.md#mining).",
        ),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="With `--mine`: proposals at most.")] = 10,
    templates: TemplatesOption = None,
    offset: Annotated[
        str,
        typer.Option(help="With `--mine`: local time of the courier, as with `wayseal detect`, whose counts it uses."),
    ] = "+08:00",
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Say why an account's reads of a waybill were work or were not; or which templates would explain more.

    It says which [templates](explanations.md) were tried, what fits, and what comes nearest where nothing does. With
    `--mine` it proposes templates that would explain more. The [keys of the JSON](explanations.md#keys-of-the-json)
    have their place there, too.

    Where there is a casebook, accounts are pseudonyms until their case is open, but for the one whose id was given. The
    exit code is 0 whatever the answer is; an account, a waybill or a read that the ledger doesn't know ends with exit
    code 3, and the error doesn't repeat what was asked.

    \b
    wayseal explain ledger --actor u-1042 --waybill YT9876543210123
    wayseal explain ledger --mine
    """
    if mine == (actor is not None or waybill is not None) or (not mine and None in {actor, waybill}):
        raise WrongUsageError("give either --actor and --waybill, or --mine")
    chosen = load_templates(templates)
    if actor is None or waybill is None:
        mined = _mine_templates(ledger, chosen, offset, limit, quiet)
        write_report(partial(render_mine, mined), format, lang, None, quiet=quiet)
        return
    with open_ledger(ledger) as snapshot:
        account, name = _find_account(snapshot, ledger / FOLDER, actor)
        result = explain_pair(snapshot, account, clean_waybill(waybill), chosen, name)
    write_report(partial(render_pair, result), format, lang, None, quiet=quiet)


def _mine_templates(ledger: Path, templates: Sequence[Template], offset: str, limit: int, quiet: bool) -> MineResult:
    """Mines a ledger. Its facts are those of `wayseal detect`, and kept like them."""
    refuse_backup(ledger)
    folder = ledger / FOLDER
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        local = parse_offset(offset)
        facts = update_facts(snapshot, folder, templates, local, progress)
        ground = build_context(snapshot, templates, local)
        name = _name_by_case(folder) if has_casebook(folder) else _name_nobody
        return mine_templates(snapshot, facts, ground, templates, limit, name, progress)


def _name_nobody(_actor: str) -> str:
    """No name: without a casebook there are no pseudonyms."""
    return ""


def _name_by_case(folder: Path) -> Callable[[str], str]:
    """What each account may be called: by its name where its case is open, else by its pseudonym."""
    return Names(read_known(folder).opened, load_pseudonyms(folder).of).of


def _find_account(snapshot: Snapshot, folder: Path, given: str) -> tuple[str, Callable[[str], str]]:
    """The id of an account that was given by id or pseudonym, and what each account may be called.

    Where there is a casebook, only accounts of opened cases are named, and the one whose id was given.
    """
    if not has_casebook(folder):
        return given, str
    pseudonyms, names = load_pseudonyms(folder), _name_by_case(folder)
    if not _PSEUDONYM.fullmatch(given) or snapshot.knows("actor", int(snapshot.keys([given])[0])):
        return given, lambda actor: actor if actor == given else names(actor)
    known = snapshot.names("actor", np.asarray(snapshot.ids("actor")))
    meant = [actor for actor in known if pseudonyms.of(actor) == given]
    return meant[0] if len(meant) == 1 else "", names
