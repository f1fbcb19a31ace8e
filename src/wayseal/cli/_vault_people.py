"""Clients and actors of a vault."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from wayseal.cli._options import Lang
from wayseal.cli._vault_open import opened
from wayseal.cli._vault_rows import Bad, Row, rows_of
from wayseal.cli._vault_says import day, say_bad, table
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.model.kinds import ActorKind
from wayseal.model.times import iso, micros
from wayseal.server.scopes import SCOPES
from wayseal.vault import check
from wayseal.vault.directory import ActorRecord, actors, clients
from wayseal.vault.errors import VaultError

COLUMNS = ("actor", "kind", "role", "outlet", "region", "valid_from", "valid_to", "trained_until")
"""Columns of a file of actors, as in the data contract."""
_AT_ONCE = 1000


def add_client(folder: Path, name: str, given: dict[str, Any], actor: str | None, lang: Lang) -> None:
    """Adds a client, and prints its secret: once, and alone on standard output."""
    scopes = frozenset(given.pop("scopes"))
    if unknown := sorted(scopes - SCOPES.keys()):
        raise VaultError(f"there is no scope {unknown[0]}; there are {', '.join(SCOPES)}")
    with opened(folder, actor) as at:
        secret = at.vault.add_client(at.caller, name, scopes=scopes, now=at.now, **given)
    typer.echo(filled(VAULT_TEXTS[lang]["client_added"], client=name), err=True)
    typer.echo(secret)


def new_secret(folder: Path, name: str, actor: str | None, lang: Lang) -> None:
    """Another secret, printed once and alone on standard output."""
    with opened(folder, actor) as at:
        secret = at.vault.new_client_secret(at.caller, name, now=at.now)
    typer.echo(filled(VAULT_TEXTS[lang]["client_secret"], client=name), err=True)
    typer.echo(secret)


def disable(folder: Path, name: str, actor: str | None, lang: Lang) -> None:
    """Ends a client's rights."""
    with opened(folder, actor) as at:
        at.vault.disable_client(at.caller, name, now=at.now)
    typer.echo(filled(VAULT_TEXTS[lang]["client_disabled"], client=name))


def list_clients(folder: Path, lang: Lang, *, as_json: bool) -> None:
    """Every client, never with its secret."""
    with opened(folder) as at:
        found = at.vault.main.read(clients)
    rows = [
        {
            "client": c.client,
            "scopes": sorted(c.scopes),
            "actor": c.actor,
            "acts_for": sorted(c.acts_for),
            "per_second": c.per_second,
            "certificate_sha256": c.certificate_sha256,
            "disabled_at": None if c.disabled_at is None else iso(c.disabled_at),
        }
        for c in found
    ]
    _say(rows, ("client", "scopes", "actor", "acts_for", "disabled_at"), lang, as_json=as_json)


def put_actor(folder: Path, record: dict[str, str | None], actor: str | None, lang: Lang) -> None:
    """Adds one actor, or replaces what is known of it."""
    made = _record(Row(line=0, values={name: value for name, value in record.items() if value}))
    if isinstance(made, Bad):
        raise VaultError(made.told)
    with opened(folder, actor) as at:
        at.vault.actors(at.caller, [made], now=at.now)
    typer.echo(filled(VAULT_TEXTS[lang]["actors_put"], count=1))


def put_actors(folder: Path, file: Path, actor: str | None, lang: Lang) -> int:
    """Adds the actors of a file; how many rows were refused."""
    good: list[ActorRecord] = []
    bad: list[Bad] = []
    for row in rows_of(file, COLUMNS):
        made = row if isinstance(row, Bad) else _record(row)
        if isinstance(made, Bad):
            bad.append(made)
        else:
            good.append(made)
    with opened(folder, actor) as at:
        for start in range(0, len(good), _AT_ONCE):
            at.vault.actors(at.caller, good[start : start + _AT_ONCE], now=at.now)
    typer.echo(filled(VAULT_TEXTS[lang]["actors_put"], count=len(good)))
    say_bad(bad, file, lang)
    return len(bad)


def _record(row: Row) -> ActorRecord | Bad:
    values = row.values
    for name in ("actor", "kind", "role"):
        if name not in values:
            return Bad(line=row.line, column=name, reason="is missing")
    times: dict[str, int | None] = {}
    for name in ("valid_from", "valid_to", "trained_until"):
        try:
            times[name] = micros(values[name]) if name in values else None
        except ValueError:
            return Bad(line=row.line, column=name, reason="needs a time with an offset, such as 2026-03-02T08:00+08:00")
    if values["kind"] not in tuple(ActorKind):
        return Bad(line=row.line, column="kind", reason=f"must be one of {', '.join(ActorKind)}")
    texts = {name: values.get(name) for name in ("actor", "role", "outlet", "region")}
    for name, text in texts.items():
        try:
            check.optional(name, text)
        except VaultError as error:
            return Bad.of(row.line, error)
    return ActorRecord(kind=ActorKind(values["kind"]), **texts, **times)  # type: ignore[arg-type]


def block(folder: Path, who: str, actor: str | None, lang: Lang, *, on: bool) -> None:
    """Puts an actor on the blocked list, or takes it off."""
    with opened(folder, actor) as at:
        act = at.vault.block if on else at.vault.unblock
        act(at.caller, who, now=at.now)
    typer.echo(filled(VAULT_TEXTS[lang]["blocked" if on else "unblocked"], actor=who))


def list_actors(folder: Path, lang: Lang, *, as_json: bool) -> None:
    """Every actor of the directory."""
    with opened(folder) as at:
        found = at.vault.main.read(actors)
    rows = []
    for record in found:
        row = asdict(record) | {"kind": record.kind.value}
        for name in ("valid_from", "valid_to", "trained_until", "blocked_at"):
            row[name] = None if row[name] is None else iso(row[name])
        rows.append(row)
    shown = [row | {"trained_until": day(row["trained_until"]), "blocked_at": day(row["blocked_at"])} for row in rows]
    names = ("actor", "kind", "role", "outlet", "trained_until", "blocked_at")
    _say(rows if as_json else shown, names, lang, as_json=as_json)


def _say(rows: Sequence[dict[str, Any]], names: Sequence[str], lang: Lang, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for line in table(
        [VAULT_TEXTS[lang][f"column_{name}"] for name in names], [[row[n] for n in names] for row in rows]
    ):
        typer.echo(line)
