"""`wayseal vault log`: who was shown what, when and for what."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._proof_view import describe_entry
from wayseal.cli._vault_session import open_vault, round_to_second
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault._view import format_table
from wayseal.model import clean_waybill
from wayseal.model.messages import filled
from wayseal.model.times import micros
from wayseal.vault.errors import VaultError
from wayseal.vault.inspection import EntryFilter, entries
from wayseal.vault.inspection import reasons as open_reasons
from wayseal.vault.log import Entry, EntryKind

MOST = 100


def log(
    vault: VaultOption = VAULT,
    waybill: Annotated[str | None, typer.Option(help="Only entries about this waybill.", show_default="all")] = None,
    by: Annotated[str | None, typer.Option(help="Only entries of this actor, or about it.", show_default="all")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only entries for this purpose.", show_default="all")] = None,
    kind: Annotated[
        EntryKind | None,
        typer.Option(
            help="Only entries of a kind: `disclosed`, `refused`, `sealed`, `revised`, `found`, `admin`.",
            show_default="all",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only since then: a date (UTC), or a time with an offset.", show_default="all")
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="Only before then: a date (UTC), or a time with an offset.", show_default="all")
    ] = None,
    below: Annotated[
        int | None, typer.Option(help="Only entries whose number in the log is smaller.", show_default="all", min=0)
    ] = None,
    most: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = MOST,
    reasons: Annotated[
        bool,
        typer.Option(
            "--reasons",
            help="Open the sealed reasons. That is an entry of the log itself, written before the first is opened.",
        ),
    ] = False,
    actor: ActorOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """List who was shown what, when and for what.

    Which rule refused what stands there, too. Personal data is never in it, and reasons stay sealed. Where older
    entries fit as well, standard error says so, and which `--below` goes on from there.

    \b
    wayseal vault log --waybill YT0000000000001
    wayseal vault log --by courier-12 --since 2026-03-01 --reasons
    """
    which = EntryFilter(
        waybill=None if waybill is None else clean_waybill(waybill), actor=by, purpose=purpose, kind=kind,
        since=_parse_time("--since", since), before=_parse_time("--before", before), below=below,
    )  # fmt: skip
    with open_vault(vault, actor) as session:
        found, more = entries(session.vault.main, which, most)
        why: dict[int, str] = {}
        if reasons:
            version = session.vault.policy.version
            why = open_reasons(session.vault.record_act, session.keyring, session.caller, version, found, session.now)
    if format is OutputFormat.JSON:
        typer.echo(json.dumps([_entry_json(*one, why) for one in found], ensure_ascii=False, indent=1))
    else:
        _print_entries(found, why, lang, with_reasons=reasons)
    _tell_the_rest(found, lang, most=most if more else None)


def _tell_the_rest(found: Sequence[tuple[int, Entry]], lang: Lang, *, most: int | None) -> None:
    """Says on standard error that nothing was found, or that these are the newest `most` of more."""
    if not found:
        typer.echo(VAULT_TEXTS[lang]["log_none"], err=True)
    elif most is not None:
        typer.echo(filled(VAULT_TEXTS[lang]["log_more"], most=most, below=found[0][0]), err=True)


def _parse_time(name: str, text: str | None) -> int | None:
    try:
        return None if text is None else micros(text if "T" in text else f"{text}T00:00:00+00:00")
    except ValueError:
        raise VaultError("{name}: neither a date such as 2026-03-02 nor a time with an offset", name=name) from None


def _print_entries(found: Sequence[tuple[int, Entry]], why: dict[int, str], lang: Lang, *, with_reasons: bool) -> None:
    words = VAULT_TEXTS[lang]
    names = ["seq", "at", "actor", "kind", "waybill", "purpose", "what", *(["reason"] if with_reasons else [])]
    rows = [
        [
            str(seq),
            round_to_second(entry.at),
            entry.actor,
            str(entry.kind),
            entry.waybill,
            entry.purpose,
            _describe_act(entry),
            *([why.get(seq)] if with_reasons else []),
        ]
        for seq, entry in found
    ]
    for line in format_table([words[f"column_{name}"] for name in names], rows):
        typer.echo(line)


def _describe_act(entry: Entry) -> str:
    """What was shown, or done, or which rule refused."""
    if entry.rule is not None:
        return entry.rule
    if entry.fields:
        return ", ".join(f"{name} {form}" for name, form in entry.fields.items())
    if entry.kind is EntryKind.REVISED:
        return f"{', '.join(str(entry.more['fields']).split())} (revision {entry.more['revision']})"
    parts = [str(value) if name == "act" else f"{name} {value}" for name, value in entry.more.items()]
    return ", ".join(part for part in parts if len(part) < 60) or "-"


def _entry_json(seq: int, entry: Entry, why: dict[int, str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "seq": seq,
        **describe_entry(asdict(entry)),
        "fields": dict(entry.fields),
        "more": dict(entry.more),
    }
    return described | ({"reason": why[seq]} if seq in why else {})
