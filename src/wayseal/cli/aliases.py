"""`wayseal aliases`: the pool of virtual numbers, and to whom one was given that a stranger calls."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, OutputFormat, OutputFormatOption
from wayseal.cli._output import print_result
from wayseal.cli._texts import _, echo
from wayseal.cli._vault_session import VaultOption, open_vault
from wayseal.model.times import iso
from wayseal.page.visible import visible
from wayseal.server.serve import open_aliases, open_numbers_of
from wayseal.store import write_table
from wayseal.store.mapping import Format
from wayseal.vault.aliases import Aliases, leaks_table
from wayseal.vault.aliases.pool import add_aliases, pool_size
from wayseal.vault.errors import VaultError


@contextmanager
def _open(folder: Path) -> Iterator[tuple[Aliases, int]]:
    with open_vault(folder) as session, open_numbers_of(session.settings) as numbers:
        opened = open_aliases(session.settings, session.vault, numbers)
        if opened is None:
            raise VaultError("the settings name no virtual numbers: they need aliases, numbers and numbers_key")
        with opened as aliases:
            yield aliases, session.now


def aliases_pool(
    vault: VaultOption = VAULT,
    add: Annotated[list[str] | None, typer.Option(help="A virtual number to add; may be given several times.")] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Say how many virtual numbers are free, bound or cooling, and how many pairs of parcel and viewer have one.

    \b
    wayseal aliases pool --add 17000000001 --add 17000000002
    """
    if not all(re.fullmatch("[0-9]{5,20}", one) for one in add or ()):
        raise VaultError("needs numbers of 5 to 20 digits, and nothing else", key="add")
    with _open(vault) as (aliases, _now):
        if add:
            aliases.database.write(add_aliases, add)
        size = aliases.database.read(pool_size)
    said = _("{free:,} free, {bound:,} bound, {cooling:,} cooling; {pairs:,} {pairs:pair has|pairs have} one", **size)
    print_result(format, size, [said])


def aliases_sweep(vault: VaultOption = VAULT) -> None:
    """Extend, end and free virtual numbers, and tell the numbers' watch of strangers' calls.

    Run it hourly, by cron.

    \b
    wayseal aliases sweep
    """
    with _open(vault) as (aliases, now):
        echo("{count:,} {count:pair|pairs} ended", count=aliases.sweep(now=now))


def aliases_leaks(
    vault: VaultOption = VAULT,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder that gets the files.", file_okay=False)] = Path(),
) -> None:
    """Write strangers' calls to virtual numbers as `leaks.csv`, ready for a trace, and `viewers.csv` beside it.

    In `viewers.csv` stands to whom the number was given: a lead, as long as the account was not heard.

    \b
    wayseal aliases leaks --out found
    """
    with _open(vault) as (aliases, _now):
        found = aliases.leaks()
    path = write_table(out, "leaks", [leaks_table(found)], form=Format.CSV)
    rows = [(one.waybill, one.alias, one.kind.value, iso(one.at), one.calls, " ".join(one.viewers)) for one in found]
    with (out / "viewers.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("waybill", "alias", "kind", "first_at", "calls", "viewers"), *rows])
    echo("{count:,} {count:leak|leaks}: {path}", count=len(found), path=visible(str(path)))
