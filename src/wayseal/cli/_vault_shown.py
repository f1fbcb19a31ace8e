"""`wayseal vault disclose`, `find`, `ask`, `approve`, `erase`, `retain`.

1. Personal data is printed by `disclose` alone, and only to standard output.
2. A phone that is looked up comes by standard input: arguments stay in histories and lists of processes.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import typer

from wayseal.cli._options import Lang
from wayseal.cli._vault_open import opened
from wayseal.cli._vault_says import refusal
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.model.times import iso
from wayseal.page.visible import visible
from wayseal.vault import Ask, Disclosed, Refused
from wayseal.vault.approvals import Approval
from wayseal.vault.erasure import Erasure
from wayseal.vault.errors import VaultError
from wayseal.vault.fields import Field

_LONGEST = 100


class RefusedError(VaultError):
    """A rule refused; the text is the rule's own."""

    exit_code: ClassVar[int] = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to see, and why."""

    numbers: Sequence[str]
    purpose: str
    reason: str
    fields: Sequence[str]
    approval: str | None = None
    key: str | None = None


def disclose(folder: Path, wanted: Wanted, actor: str | None, lang: Lang, *, as_json: bool) -> None:
    """Shows what the policy allows; RefusedError with the first refusal once everything was said."""
    fields = frozenset(_field(name) for name in wanted.fields) or None
    asks = [Ask(waybill=n, purpose=wanted.purpose, reason=wanted.reason, fields=fields) for n in wanted.numbers]
    with opened(folder, actor) as at:
        answers = at.vault.disclose(at.caller, asks, now=at.now, key=wanted.key, approval=wanted.approval)
    if as_json:
        typer.echo(json.dumps([_json(answer) for answer in answers], ensure_ascii=False, indent=1))
    refused: list[Refused] = []
    for answer in answers:
        if isinstance(answer, Refused):
            refused.append(answer)
        elif not as_json:
            _say(answer, lang)
    for one in refused[:-1]:
        typer.echo(f"wayseal: {refusal(one, lang)}", err=True)
    if refused:
        raise RefusedError(refusal(refused[-1], lang))


def _field(name: str) -> Field:
    if name not in tuple(Field):
        raise VaultError(f"there is no field {name}; there are {', '.join(Field)}")
    return Field(name)


def _say(shown: Disclosed, lang: Lang) -> None:
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["disclosed"], waybill=shown.waybill, seq=shown.seq, until=_second(shown.until)))
    width = max(map(len, shown.values))
    for field, value in shown.values.items():
        typer.echo(f"  {field:<{width}}  {visible(value)}  ({words[f'form_{shown.forms[field]}']})")


def _json(answer: Disclosed | Refused) -> dict[str, object]:
    if isinstance(answer, Refused):
        told = {"waybill": answer.waybill, "status": "refused", "rule": answer.rule}
        return {**told, "detail_zh": answer.zh, "detail_en": answer.en, "seq": answer.seq}
    return {
        "waybill": answer.waybill,
        "status": "disclosed",
        "values": dict(answer.values),
        "forms": dict(answer.forms),
        "until": iso(answer.until),
        "seq": answer.seq,
        "leaf": answer.leaf.hex(),
    }


def find(folder: Path, purpose: str, reason: str, actor: str | None, lang: Lang, *, as_json: bool) -> None:
    """Numbers with the phone that standard input has (rule 2)."""
    if sys.stdin.isatty():
        typer.echo(VAULT_TEXTS[lang]["phone"], nl=False, err=True)
    phone = sys.stdin.readline(_LONGEST).strip()
    with opened(folder, actor) as at:
        found = at.vault.find(at.caller, phone, purpose, reason, now=at.now)
    if isinstance(found, Refused):
        raise RefusedError(refusal(found, lang))
    if as_json:
        typer.echo(json.dumps({"waybills": found}))
        return
    for number in found:
        typer.echo(number)
    if not found:
        typer.echo(VAULT_TEXTS[lang]["found_none"], err=True)


def ask(folder: Path, purpose: str, most: int, actor: str | None, lang: Lang) -> None:
    """Asks a second person for bulk."""
    with opened(folder, actor) as at:
        made = at.vault.ask_approval(at.caller, purpose, most, now=at.now)
    typer.echo(_approval(made, "asked", lang))


def approve(folder: Path, approval: str, actor: str | None, lang: Lang) -> None:
    """Agrees to bulk that another asked for."""
    with opened(folder, actor) as at:
        done = at.vault.approve(at.caller, approval, now=at.now)
    typer.echo(_approval(done, "approved", lang))


def _approval(made: Approval, what: str, lang: Lang) -> str:
    return filled(
        VAULT_TEXTS[lang][what],
        approval=made.approval,
        actor=made.actor,
        purpose=made.purpose,
        most=made.most,
        until=_second(made.expires_at),
    )


def erase(folder: Path, numbers: Sequence[str], why: str, actor: str | None, lang: Lang, *, as_json: bool) -> None:
    """Erases the keys of numbers."""
    with opened(folder, actor) as at:
        done = at.vault.erase(at.caller, numbers, why=why, now=at.now)
    _erased(done, lang, as_json=as_json)


def retain(folder: Path, actor: str | None, lang: Lang, *, as_json: bool) -> None:
    """Erases all whose time to be kept is over, and takes the bytes of erased keys out of the database's files."""
    done: list[Erasure] = []
    with opened(folder, actor) as at:
        while some := at.vault.retain(at.caller, now=at.now):
            done += some
        at.vault.tidy(now=at.now)
        at.vault.keys.shred(["data_keys"])
    if not done and not as_json:
        typer.echo(VAULT_TEXTS[lang]["none_due"])
    _erased(done, lang, as_json=as_json)


def _erased(done: Sequence[Erasure], lang: Lang, *, as_json: bool) -> None:
    if as_json:
        rows = [{"waybill": e.waybill, "erased_at": iso(e.erased_at), "gone_at": iso(e.gone_at)} for e in done]
        typer.echo(json.dumps(rows, indent=1))
        return
    for one in done:
        typer.echo(filled(VAULT_TEXTS[lang]["erased"], waybill=one.waybill, gone=_second(one.gone_at)))


def _second(at: int) -> str:
    return iso(at // 1_000_000 * 1_000_000)
