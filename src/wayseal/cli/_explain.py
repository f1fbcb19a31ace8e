"""`wayseal explain`: why a read was or was not work, and which templates would explain more."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wayseal.cli._case import FOLDER
from wayseal.cli._case_says import Names
from wayseal.cli._ledger_says import LedgerFormat, LedgerFormatOption
from wayseal.cli._options import Lang, LangOption, LedgerArgument, Quiet
from wayseal.cli._write import say_report
from wayseal.detect.casebook import load_pseudonyms, read_casebook
from wayseal.detect.casebook.types import FILE
from wayseal.ledger import Snapshot, open_ledger
from wayseal.model import clean_waybill

_PSEUDONYM = re.compile("p(-[2-9b-z]{4}){3}")


def explain(
    ledger: LedgerArgument,
    actor: Annotated[str | None, typer.Option(help="The account: its id, or its pseudonym in a case.")] = None,
    waybill: Annotated[str | None, typer.Option(help="Number of the waybill.")] = None,
    templates: Annotated[
        Path | None, typer.Option(help="File of explanation templates, beside the built-in ones.", dir_okay=False)
    ] = None,
    format: LedgerFormatOption = LedgerFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Say why an account's reads of a waybill were work or were not.

    \b
    wayseal explain ledger --actor u-1042 --waybill YT9876543210123
    """
    from wayseal.detect.explain import load_templates  # noqa: PLC0415 (only where it is asked for)
    from wayseal.detect.reasons import explain_pair, render_pair  # noqa: PLC0415

    if actor is None or waybill is None:
        raise typer.BadParameter("give --actor and --waybill")
    chosen = load_templates(templates)
    with open_ledger(ledger) as snapshot:
        account, name = _account(snapshot, ledger / FOLDER, actor)
        result = explain_pair(snapshot, account, clean_waybill(waybill), chosen, name)
    say_report(partial(render_pair, result), format, lang, None, quiet=quiet)


def _account(snapshot: Snapshot, folder: Path, given: str) -> tuple[str, Callable[[str], str]]:
    """The id of an account that was given by id or pseudonym, and what each account may be called.

    Where there is a casebook, only accounts of opened cases are named, and the one whose id was given.
    """
    if not (folder / FILE).exists():
        return given, str
    pseudonyms = load_pseudonyms(folder)
    names = Names(read_casebook(folder), pseudonyms.of)
    if not _PSEUDONYM.fullmatch(given) or snapshot.knows("actor", int(snapshot.keys([given])[0])):
        return given, lambda actor: actor if actor == given else names.of(actor)
    known = snapshot.names("actor", np.asarray(snapshot.ids("actor")))
    meant = [actor for actor in known if pseudonyms.of(actor) == given]
    return meant[0] if len(meant) == 1 else "", names.of
