"""`wayseal labels`: labels printed of what a purpose discloses, keys for delivery devices, and labels read back.

1. What is printed was disclosed for a purpose, in the log before it was shown, and is masked whatever form it came in.
2. What a recipient has printed instead of the own is printed; where that can't be asked, nothing is.
3. A day key leaves into a file that its owner alone can read, once that stands in the log.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import VAULT, Lang, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import output_file, print_json, progress_bars, write_private
from wayseal.cli._texts import echo, warn
from wayseal.cli._vault_session import ActorOption, ReasonOption, Session, VaultOption, open_vault
from wayseal.cli._vault_view import BadRow, RefusedError, describe_refusal, read_rows
from wayseal.database import open_database
from wayseal.model.records import Ask, Refused
from wayseal.model.times import time_at
from wayseal.page.visible import visible
from wayseal.vault import check
from wayseal.vault.aliases import StandIns, stand_ins_of
from wayseal.vault.errors import LabelError, VaultError
from wayseal.vault.labels import DayKey, Format, LabelData, Size, day_key, label_of, write_labels
from wayseal.vault.labels.payload import read_day_key
from wayseal.vault.labels.reading import read_picture

COLUMNS = ("waybill", "route", "alias")
"""Columns of a file of numbers to be printed."""
_AT_ONCE = 100
_Rows = dict[str, dict[str, str]]
OutletOption = Annotated[
    str, typer.Option(help="Outlet that delivers: its devices open the sealed part, and its name is printed.")
]


def labels_print(
    outlet: OutletOption,
    reason: ReasonOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="Write here; of PNG, a folder with a file for each label.")],
    numbers: Annotated[
        list[str] | None, typer.Argument(help="Waybill numbers; or `--file`.", metavar="WAYBILL")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="CSV or JSON Lines with `waybill`, and `route` and `alias` if you like.", dir_okay=False),
    ] = None,
    format: Annotated[Format, typer.Option(help="What to write; the last three go to the printer as they are.")] = (
        Format.PDF
    ),
    size: Annotated[Size, typer.Option(help="Width and height in millimetres.")] = Size.SMALL,
    language: Annotated[Lang, typer.Option(help="Language of the label's own words.")] = Lang.ZH,
    purpose: Annotated[
        str, typer.Option(help="What for: a [code of the policy](purposes.md) that shows what is to be printed.")
    ] = "label",
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    approval: Annotated[str | None, typer.Option(help="Id of an approval of bulk (`wayseal vault ask`).")] = None,
    quiet: QuietOption = False,
) -> None:
    """Print labels: names, phones and addresses masked, unit and room sealed for the outlet's delivery devices.

    Goods are never printed. Without a route the label says province, city and district. What is refused is told on
    standard error, the others are printed, and the exit code is 13. [Labels](labels.md) has a picture.

    \b
    wayseal labels print YT0000000000001 --outlet sz-nanshan --reason "evening run" --out labels.pdf
    wayseal labels print --file run.csv --outlet sz-nanshan --reason "evening run" --format zpl --out run.zpl
    """
    rows = _read_rows(numbers or [], file)
    refused: list[str] = []
    made: list[LabelData] = []
    with open_vault(vault, actor) as session, progress_bars(quiet) as progress:
        key = day_key(session.keyring, check.identifier("outlet", outlet), _local(session).date())
        for at in range(0, len(rows), _AT_ONCE):
            asked = list(rows)[at : at + _AT_ONCE]
            asks = [Ask(waybill=number, purpose=purpose, reason=reason) for number in asked]
            made += _labels(session, key, asks, rows, approval, refused)
            progress("label", at + len(asked), len(rows))
    if made:
        _write(made, format, size, language, out)
        echo("{count:,} {count:label|labels} written to {out}", count=len(made), out=out)
    for line in refused[:-1]:
        typer.echo(f"wayseal: {line}", err=True)
    if refused:
        raise RefusedError(refused[-1])


def _read_rows(numbers: list[str], file: Path | None) -> _Rows:
    """Route and alias by number. VaultError names line and column."""
    if bool(numbers) is (file is not None):
        raise WrongUsageError("give numbers or a file of them", param_hint="--file")
    rows: _Rows = {number: {} for number in map(check.waybill, numbers)}
    for row in () if file is None else read_rows(file, COLUMNS):
        if isinstance(row, BadRow):
            raise row.error.at(file=file, line=row.line)
        try:
            rows[check.waybill(row.values.get("waybill", ""))] = row.values
        except VaultError as error:
            raise error.at(file=file, line=row.line) from None
    return rows


def _labels(
    session: Session, key: DayKey, asks: list[Ask], rows: _Rows, approval: str | None, refused: list[str]
) -> Iterator[LabelData]:
    printed, instead = _local(session).strftime("%Y-%m-%d %H:%M"), _stand_ins(session, asks)
    for answer in session.vault.disclose(session.caller, asks, now=session.now, approval=approval):
        if isinstance(answer, Refused):
            refused.append(describe_refusal(answer))
            continue
        row = rows[answer.waybill]
        said = {name: row.get(name, "") for name in ("route", "alias")}
        own = instead.get(answer.waybill, StandIns())
        try:
            yield label_of(answer, key, printed=printed, **said, stand_ins=own.texts())
        except LabelError as error:
            refused.append(f"{answer.waybill}: {error}")


def _stand_ins(session: Session, asks: list[Ask]) -> dict[str, StandIns]:
    """What recipients have printed instead of their own; none where the settings name no such database."""
    if session.settings.aliases is None:
        return {}
    with open_database(session.settings.aliases) as database:
        if not database.has_table("stand_ins"):
            return {}
        return database.read(stand_ins_of, [ask.waybill for ask in asks])


def _local(session: Session) -> datetime:
    """Now by the courier's clock."""
    return time_at(session.now).astimezone(timezone(timedelta(microseconds=session.settings.utc_offset)))


def _write(labels: list[LabelData], format: Format, size: Size, language: Lang, out: Path) -> None:
    files = write_labels(labels, format, size, language)
    if format is not Format.PNG:
        with output_file(out) as opened:
            opened.writelines(files)
        return
    out.mkdir(parents=True, exist_ok=True)
    for label, raw in zip(labels, files, strict=True):
        with output_file(out / f"{label.waybill}.png") as opened:
            opened.write(raw)


def labels_keys(
    outlet: OutletOption,
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day on which the labels were printed.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A new file, for its owner alone.")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
) -> None:
    """Write the key of an outlet's labels of a day, for its delivery devices.

    It opens the labels of that day and that outlet, and no others: a device gets the keys of the days whose parcels it
    carries. The log keeps that it was taken.

    \b
    wayseal labels keys --outlet sz-nanshan --day 2026-03-02 --out sz-nanshan.key
    """
    with open_vault(vault, actor) as session:
        key = day_key(session.keyring, check.identifier("outlet", outlet), day.date())
        session.vault.record_act(
            session.caller, "label_key_taken", now=session.now, outlet=key.outlet, day=key.day.isoformat()
        )
        write_private(out, key.to_json())
    echo("the key of {outlet} for {day} stands in {out}", outlet=outlet, day=key.day.isoformat(), out=out)


def labels_open(
    picture: Annotated[Path, typer.Argument(help="Picture of one label: PNG or JPEG.", metavar="PICTURE")],
    key: Annotated[
        list[Path], typer.Option(help="File of a day's key; may be given several times.", dir_okay=False, exists=True)
    ],
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Read a label and open its sealed part, as a delivery device does.

    It says how many copies of the payload could be read: one of two is enough, but always the same one missing is a
    printer with dead dots.

    \b
    wayseal labels open photo.png --key sz-nanshan.key
    """
    found = read_picture(picture)
    number, content = found.open(*(read_day_key(file.read_bytes()) for file in key))
    said = {"waybill": number, "door": content.door, "alias": content.alias, "copies": len(found.payloads)}
    if format is OutputFormat.JSON:
        print_json(said)
        return
    if content.door:
        echo("{waybill}: {door}", waybill=number, door=visible(content.door))
    else:
        echo("{waybill}: the whole address stands on the label", waybill=number)
    if content.alias:
        echo("to be called {alias}", alias=visible(content.alias))
    if len(found.payloads) < 2:
        warn("only one of the two copies could be read")
