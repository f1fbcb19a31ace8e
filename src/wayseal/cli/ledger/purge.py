"""`wayseal ledger purge`: removing what is older than a day, with a proof of it."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import output_file
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.retention import RETENTION_TEXTS
from wayseal.ledger import retention
from wayseal.ledger.integrity import present_checkpoint
from wayseal.merkle import SigningKey
from wayseal.model.times import day_name

_MOST_TEXT = 500


WhoOption = Annotated[
    str, typer.Option(help="Who purges: a line of up to 500 characters that stays in the ledger and in the proof.")
]
BeforeOption = Annotated[
    str | None,
    typer.Option(
        help="Everything about waybills first seen before this day goes, such as `2026-01-01` (UTC). Give this or "
        "`--keep-days`."
    ),
]
KeepDaysOption = Annotated[
    int | None, typer.Option(min=1, help="Instead of `--before`: so many days up to the newest read stay.")
]
CheckpointOption = Annotated[
    Path | None, typer.Option(help="For the proof: a signed checkpoint from before the purge.", dir_okay=False)
]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        help="For the proof: the private key, to sign the checkpoint after it at once; else `wayseal ledger "
        "checkpoint` makes it.",
        dir_okay=False,
    ),
]


def purge(
    ledger: LedgerArgument,
    who: WhoOption,
    why: Annotated[str, typer.Option(help="Why: the rule or the request, no personal data; up to 500 characters.")],
    before: BeforeOption = None,
    keep_days: KeepDaysOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the proof of the purge here.")] = None,
    checkpoint: CheckpointOption = None,
    key: KeyOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go (days, reads, waybills, bytes) and change nothing.")
    ] = False,
    below_legal_minimum: Annotated[
        bool,
        typer.Option("--below-legal-minimum", help="Remove what is younger than six months, too; the ledger notes it."),
    ] = False,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Remove everything about waybills first seen before a day, so that what is left still verifies and is provable.

    [Retention](ledger.md#retention) says what goes, what stays, and what no proof can show.

    \b
    wayseal ledger purge ledger --keep-days 365 --who "Wang, IT" --why "retention rule 4" --dry-run
    wayseal ledger purge ledger --before 2026-01-01 --who "Wang, IT" --why "retention rule 4" \\
        --checkpoint today.checkpoint --out purge.proof
    """
    order = _build_order(who, why, before, keep_days, below_legal_minimum)
    if (out is None) != (checkpoint is None) or (key is not None and out is None):
        raise WrongUsageError("a proof needs a signed checkpoint from before the purge", param_hint="--checkpoint")
    words = RETENTION_TEXTS[lang]
    if dry_run:
        with progress_bars(quiet) as progress:
            would = retention.plan_purge(ledger, order, hooks=retention.Hooks(progress=progress))
        _print_purge(would, words, format, dry=True)
        return
    note = b"" if checkpoint is None else checkpoint.read_bytes()
    signing = None if key is None else parse_key_file(key, SigningKey.parse)
    if note:
        retention.check_checkpoint(ledger, note)
    with contextlib.ExitStack() as stack:
        file = None if out is None else stack.enter_context(output_file(out))  # what can't be written is said before
        with progress_bars(quiet) as progress:
            done = retention.purge(ledger, order, hooks=retention.Hooks(progress=progress))
        if done.manifests is None:
            _print_purge(done, words, format, dry=False)
            raise typer.Exit  # from within, so that no proof is written
        if file is not None:
            notes = _sign_checkpoints(ledger, note, signing)
            file.write(retention.prove_purge(ledger, done.manifests, notes).to_json().encode())
    _print_purge(done, words, format, dry=False)
    if out is not None and format is OutputFormat.TEXT:
        typer.echo(words["proof" if signing is None else "proof_signed"].format(out=out))


def _sign_checkpoints(ledger: Path, before: bytes, signing: SigningKey | None) -> list[str]:
    """The signed checkpoint from before a purge, and where there is a key one from after it."""
    notes = [before.decode()]
    if signing is not None:
        notes.append(signing.sign(present_checkpoint(ledger).to_text()))
    return notes


def _build_order(
    who: str, why: str, before: str | None, keep_days: int | None, below_minimum: bool
) -> retention.PurgeOrder:  # fmt: skip
    """What was asked for; typer.BadParameter where it can't be."""
    if (before is None) == (keep_days is None):
        raise WrongUsageError("give --before or --keep-days", param_hint="--before")
    if before is not None:
        try:
            before = date.fromisoformat(before).isoformat()
        except ValueError:
            raise WrongUsageError("this is no day such as 2026-01-01", param_hint="--before") from None
    for name, text in (("--who", who), ("--why", why)):
        if not text.strip() or len(text) > _MOST_TEXT or not text.isprintable():
            raise WrongUsageError("one line of up to {most} characters", param_hint=name, most=_MOST_TEXT)
    return retention.PurgeOrder(
        who=who, why=why, before=before, keep_days=keep_days, at=datetime.now(UTC), below_minimum=below_minimum
    )


def _print_purge(done: retention.PurgeReport, words: Mapping[str, str], format: OutputFormat, *, dry: bool) -> None:
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(_purge_json(done, dry=dry), ensure_ascii=False, indent=1))
        return
    for line in _purge_lines(done, words, dry=dry):
        typer.echo(line)


def _purge_json(done: retention.PurgeReport, *, dry: bool) -> dict[str, object]:
    """A purge for programs."""
    plan = done.plan
    return {
        "dry_run": dry,
        "before": done.before,
        "reads": plan.reads,
        "waybills": plan.waybills,
        "held": plan.held,
        "queries": plan.queries,
        "segment_bytes": plan.bytes,
        "days": {day_name(day): reads for day, reads in sorted(plan.days.items())},
        "bytes_before": done.bytes_before,
        "bytes": done.bytes,
        "left": done.left,
    }


def _purge_lines(done: retention.PurgeReport, words: Mapping[str, str], *, dry: bool) -> Iterator[str]:
    """A purge in words."""
    plan = done.plan
    if plan.nothing:
        yield words["nothing"].format(before=done.before)
    else:
        yield words["would" if dry else "went"].format(before=done.before)
        yield words["what"].format(
            reads=plan.reads, days=len(plan.days), waybills=plan.waybills, queries=plan.queries
        )  # fmt: skip
        yield words["segments"].format(bytes=plan.bytes)
        for day, reads in sorted(plan.days.items()) if dry else ():
            yield words["day"].format(day=day_name(day), reads=reads)
    if plan.held:
        yield words["held"].format(held=plan.held)
    if dry or plan.nothing:
        return
    yield words["size"].format(before=done.bytes_before, now=done.bytes)
    if done.left:
        yield words["left"].format(bytes=done.left)
    yield words["elsewhere"]
