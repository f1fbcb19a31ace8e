"""`wayseal explain`: why a read was or was not work."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wayseal.cases import has_casebook, load_pseudonyms, read_known
from wayseal.cases.ledger.casebook import FOLDER, Names
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
from wayseal.detect.explain import load_templates
from wayseal.detect.reasons import explain_pair, render_pair
from wayseal.ledger import Snapshot, open_ledger
from wayseal.model import clean_waybill

_PSEUDONYM = re.compile("p(-[2-9b-z]{4}){3}")


def explain(
    ledger: LedgerArgument,
    actor: Annotated[str, typer.Option(help="The account: its id, or its pseudonym in a case.")],
    waybill: Annotated[str, typer.Option(help="Number of the waybill.")],
    templates: TemplatesOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Say why an account's reads of a waybill were work or were not.

    It says which [templates](explanations.md) were tried, what fits, and what comes nearest where nothing does. The
    [keys of the JSON](explanations.md#keys-of-the-json) have their place there, too.

    Where there is a casebook, accounts are pseudonyms until their case is open, but for the one whose id was given. The
    exit code is 0 whatever the answer is; an account, a waybill or a read that the ledger doesn't know ends with exit
    code 3, and the error doesn't repeat what was asked.

    \b
    wayseal explain ledger --actor u-1042 --waybill YT9876543210123
    """
    chosen = load_templates(templates)
    with open_ledger(ledger) as snapshot:
        account, name = _find_account(snapshot, ledger / FOLDER, actor)
        result = explain_pair(snapshot, account, clean_waybill(waybill), chosen, name)
    write_report(partial(render_pair, result), format, lang, None, quiet=quiet)


def _find_account(snapshot: Snapshot, folder: Path, given: str) -> tuple[str, Callable[[str], str]]:
    """The id of an account that was given by id or pseudonym, and what each account may be called.

    Where there is a casebook, only accounts of opened cases are named, and the one whose id was given.
    """
    if not has_casebook(folder):
        return given, str
    pseudonyms = load_pseudonyms(folder)
    names = Names(read_known(folder).opened, pseudonyms.of).of
    if not _PSEUDONYM.fullmatch(given) or snapshot.knows("actor", int(snapshot.keys([given])[0])):
        return given, lambda actor: actor if actor == given else names(actor)
    known = snapshot.names("actor", np.asarray(snapshot.ids("actor")))
    meant = [actor for actor in known if pseudonyms.of(actor) == given]
    return meant[0] if len(meant) == 1 else "", names
