"""`wayseal vault log`, `project` and `policy`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from wayseal.cli._options import Lang
from wayseal.cli._policy_says import policy_json, policy_lines
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_checked import said
from wayseal.cli._vault_open import CLIENT, Opened, opened
from wayseal.cli._vault_says import table
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.model.times import iso, micros
from wayseal.vault.directory import change_client
from wayseal.vault.errors import PolicyError, VaultError
from wayseal.vault.inspection import Which, entries, reasons
from wayseal.vault.log import Entry, EntryKind
from wayseal.vault.log.projection import project as project_log
from wayseal.vault.policies import texts_in_force

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which entries are to be listed, as options say it."""

    waybill: str | None
    actor: str | None
    purpose: str | None
    kind: str | None
    since: str | None
    before: str | None
    most: int

    def which(self) -> Which:
        """The same for the vault; VaultError where an option can't be."""
        if self.kind is not None and self.kind not in tuple(EntryKind):
            raise VaultError(f"there is no kind {self.kind}; there are {', '.join(EntryKind)}")
        return Which(
            waybill=self.waybill, actor=self.actor, purpose=self.purpose, kind=self.kind,
            since=_time("--since", self.since), before=_time("--before", self.before),
        )  # fmt: skip


def _time(name: str, text: str | None) -> int | None:
    try:
        return None if text is None else micros(text if "T" in text else f"{text}T00:00:00+00:00")
    except ValueError:
        raise VaultError(f"{name}: neither a date such as 2026-03-02 nor a time with an offset") from None


def log(folder: Path, asked: Asked, actor: str | None, lang: Lang, *, with_reasons: bool, as_json: bool) -> None:
    """Lists entries; `with_reasons` opens why, which is an entry itself."""
    which = asked.which()
    with opened(folder, actor) as at:
        found = entries(at.vault.main, which, asked.most)
        why: dict[int, str] = {}
        if with_reasons:
            why = reasons(at.vault.main, at.keyring, at.caller, at.vault.policy.version, found, at.now)
    if as_json:
        rows = [_json(seq, entry, why) for seq, entry in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    _say(found, why, lang, with_reasons=with_reasons)


def _say(found: Sequence[tuple[int, Entry]], why: dict[int, str], lang: Lang, *, with_reasons: bool) -> None:
    words = VAULT_TEXTS[lang]
    names = ["seq", "at", "actor", "kind", "waybill", "purpose", "what", *(["reason"] if with_reasons else [])]
    rows = [
        [
            str(seq),
            iso(entry.at // _SECOND * _SECOND),
            entry.actor,
            str(entry.kind),
            entry.waybill,
            entry.purpose,
            _what(entry),
            *([why.get(seq)] if with_reasons else []),
        ]
        for seq, entry in found
    ]
    for line in table([words[f"column_{name}"] for name in names], rows):
        typer.echo(line)


def _what(entry: Entry) -> str:
    """What was shown, or done, or which rule refused."""
    if entry.rule is not None:
        return entry.rule
    if entry.fields:
        return ", ".join(f"{name} {form}" for name, form in entry.fields.items())
    if entry.kind is EntryKind.REVISED:
        return f"{', '.join(str(entry.more['fields']).split())} (revision {entry.more['revision']})"
    parts = [str(value) if name == "act" else f"{name} {value}" for name, value in entry.more.items()]
    return ", ".join(part for part in parts if len(part) < 60) or "-"


def _json(seq: int, entry: Entry, why: dict[int, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"seq": seq, **said(entry), "fields": dict(entry.fields), "more": dict(entry.more)}
    return told | ({"reason": why[seq]} if seq in why else {})


def project(folder: Path, ledger: Path, lang: Lang, *, quiet: bool) -> None:
    """Takes what the log disclosed since the last time into a ledger."""
    with opened(folder) as at, progress_bars(quiet) as progress:
        done = project_log(at.vault.main, folder, ledger, progress=progress)
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["projected" if done.rows else "projected_none"], rows=done.rows, ledger=ledger))


def show_policy(folder: Path, lang: Lang, *, as_json: bool) -> None:
    """The policy in force."""
    with opened(folder) as at:
        policy = at.vault.policy
    if not as_json:
        typer.echo(filled(VAULT_TEXTS[lang]["policy_version"], version=policy.version))
    for line in policy_json(policy) if as_json else policy_lines(policy, lang):
        typer.echo(line)


def activate_policy(folder: Path, files: Sequence[Path], actor: str | None, lang: Lang) -> None:
    """Puts files in force; what no file is given of stays as it is."""
    given: dict[str, str] = {}
    for file in files:
        if file.suffix not in (".toml", ".cedar") or file.suffix in given:
            raise typer.BadParameter("give one file of purposes (.toml), one of rules (.cedar), or one of each")
        try:
            given[file.suffix] = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise PolicyError(f"{file}: the file isn't UTF-8") from None
    with opened(folder, actor) as at:
        old = at.vault.main.read(texts_in_force)
        purposes, rules = given.get(".toml", old.purposes), given.get(".cedar", old.rules)
        made = at.vault.activate_policy(at.caller, purposes, rules, now=at.now)
        _widen(at, frozenset(made.roles))
    typer.echo(filled(VAULT_TEXTS[lang]["policy_activated"], version=made.version, sha256=made.sha256))


def _widen(at: Opened, roles: frozenset[str]) -> None:
    """The command line may act for roles that the new policy brings."""
    client = at.vault.client(CLIENT)
    if client is not None and not roles <= client.acts_for:
        both = " ".join(sorted(roles | client.acts_for))
        version = at.vault.policy.version
        at.vault.main.write(change_client, at.caller, CLIENT, "client_roles", version, at.now, acts_for=both)
