"""`wayseal vault status`: how a vault stands."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._vault_session import Session, open_one_database, open_vault, round_to_second
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.model.messages import filled
from wayseal.store.database.migrations import pending, version
from wayseal.vault.errors import VaultError
from wayseal.vault.inspection import VaultCounts, counts
from wayseal.vault.key_rotation import versions_in_use
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.tables import CHAINS


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a vault stands.

    cosigned: entries of the log that a witness cosigned; bytes: of both databases; keys: versions of each purpose;
    data_keys: how many each version has wrapped; trouble: codes of `_find_trouble`.
    """

    origin: str
    tables: dict[str, str | None]
    policy: int
    policy_sha256: str
    counts: VaultCounts
    cosigned: int
    bytes: dict[str, int]
    keys: dict[str, dict[str, object]]
    data_keys: dict[int, int]
    trouble: list[str]


def status(
    vault: VaultOption = VAULT,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Say how much is sealed, how long the log is, which keys and policy are in use, and what to see to.

    It also says up to where the log is signed, and a [witness](disclosure-log.md#witness) has cosigned it, and the
    version of the tables.

    \b
    wayseal vault status
    wayseal vault status --format json | jq .trouble
    """
    waiting: list[str] = []
    tables: dict[str, str | None] = {}
    for name, chain in CHAINS.items():
        with open_one_database(vault, name) as database:
            waiting += [step.revision for step in pending(database, chain)]
            tables[name] = version(database, chain)
    if waiting:
        raise VaultError("these steps are pending: {waiting}: run `wayseal vault upgrade`", waiting=list(waiting))
    with open_vault(vault) as session:
        found = _read_status(session, tables)
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=1))
        return
    for line in status_lines(found, vault, lang):
        typer.echo(line)


def _read_status(session: Session, tables: dict[str, str | None]) -> Status:
    vault, keyring = session.vault, session.keyring
    held = vault.main.read(counts, session.now)
    in_use = versions_in_use(vault.keys)
    return Status(
        origin=vault.origin,
        tables=tables,
        policy=vault.policy.version,
        policy_sha256=vault.policy.sha256,
        counts=held,
        cosigned=vault.memory.seen.cosigned_size,
        bytes={"main": vault.main.size(), "keys": vault.keys.size()},
        keys={str(p): {"active": keyring.active(p), "versions": keyring.versions(p)} for p in KeyPurpose},
        data_keys=in_use,
        trouble=list(_find_trouble(session, held, in_use)),
    )


def _find_trouble(session: Session, held: VaultCounts, in_use: dict[int, int]) -> Iterator[str]:
    """Codes of what an operator should see to; each has its words in the catalogue."""
    active, versions = session.keyring.active(KeyPurpose.WRAP), session.keyring.versions(KeyPurpose.WRAP)
    if any(v not in versions for v in in_use):
        yield "keys_lost"
    elif any(v != active for v in in_use):
        yield "keys_old"
    if held.earliest_due is not None and held.earliest_due < session.now:
        yield "overdue"
    if session.settings.memory_file is None:
        yield "unseen"
    if held.log_size and not held.checkpoint_size:
        yield "no_checkpoint"
    if session.settings.witness is not None and session.vault.memory.seen.cosigned_size < held.checkpoint_size:
        yield "not_cosigned"


def status_lines(found: Status, folder: Path, lang: Lang) -> Iterator[str]:
    """How a vault stands, a line each thing."""
    words = VAULT_TEXTS[lang]
    held = asdict(found.counts)
    sizes = {f"{name}_mb": size / 1e6 for name, size in found.bytes.items()}
    yield filled(words["status_vault"], folder=folder, origin=found.origin)
    yield filled(words["status_records"], **held)
    yield filled(words["status_people"], **held)
    yield filled(words["status_log"], **held)
    if found.cosigned:
        yield filled(words["status_cosigned"], size=found.cosigned)
    yield filled(words["status_policy"], version=found.policy, sha256=found.policy_sha256[:20])
    yield filled(words["status_tables"], main=found.tables["main"], keys=found.tables["keys"], **sizes)
    active = ", ".join(f"{p} {k['active']}" for p, k in found.keys.items())
    yield filled(words["status_keys"], keys=active)
    if found.counts.earliest_due is not None:
        yield filled(words["status_due"], at=round_to_second(found.counts.earliest_due))
    for code in found.trouble:
        yield words["trouble"] + words[f"trouble_{code}"]
    if not found.trouble:
        yield words["no_trouble"]
