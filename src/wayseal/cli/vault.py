"""`wayseal vault`: a vault made and looked after."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._loading import require_extra
from wayseal.cli._options import VAULT, OutputFormat, OutputFormatOption
from wayseal.cli._output import print_result, write_private
from wayseal.cli._texts import _, echo
from wayseal.cli._vault_session import (
    CLIENT,
    PATIENCE,
    SETTINGS,
    ActorOption,
    Session,
    VaultOption,
    identify_caller,
    load_keyring,
    load_settings,
    open_one_database,
    open_vault,
    round_to_second,
)
from wayseal.database import open_database
from wayseal.database.migrations import pending, version
from wayseal.database.migrations import upgrade as upgrade_tables
from wayseal.model.fields import Field
from wayseal.model.kinds import ActorKind, ScanKind
from wayseal.model.messages import N_
from wayseal.model.records import Actor, Parcel, Scan, Ticket
from wayseal.model.rows import csv_writer
from wayseal.model.times import now_us, time_at
from wayseal.vault import Caller, Vault, new_vault
from wayseal.vault.data_keys import versions_in_use
from wayseal.vault.errors import VaultError
from wayseal.vault.inspection import VaultCounts, counts
from wayseal.vault.keyring import KeyPurpose, Keyring
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.policy import default_texts
from wayseal.vault.tables import CHAINS

_TROUBLES = {
    "unseen": N_(
        "what is seen of the log is kept nowhere, so that one that was cut goes unnoticed after a restart: set "
        "`log_memory`"
    ),
    "keys_lost": N_(
        "data keys are wrapped by a key that the keyring hasn't got; what they seal can't be opened until the "
        "right keyring is back"
    ),
    "keys_old": N_("data keys are still wrapped by older keys: `wayseal vault key rewrap`"),
    "overdue": N_("records are kept longer than they may be: `wayseal vault retain`"),
    "not_cosigned": N_(
        "the witness hasn't cosigned what was signed last: is the service running, and what does its log say?"
    ),
    "no_checkpoint": N_(
        "the log has no checkpoint yet: `wayseal vault checkpoint`, and give it to somebody else to keep"
    ),
}
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
NUMBERS = tuple(f"YT000000000000{n}" for n in range(1, 5))
"""What is sealed; the last one was delivered."""
MORE = tuple(f"YT000000000000{n}" for n in range(5, 8))
"""Those of `EXAMPLE`, which is to be sealed: their scans are there already."""
EXAMPLE = "parcels.csv"
"""The file of parcels that an example's folder has."""
_ORIGIN, _DESTINATION, _ELSEWHERE = "杭州西湖", "深圳南山", "成都武侯"
_PEOPLE = (
    ("courier-12", "courier", _DESTINATION),
    ("courier-31", "courier", _ELSEWHERE),
    ("clerk-3", "clerk", _ORIGIN),
    ("agent-7", "customer_service", None),
    ("analyst-1", "analyst", None),
    ("manager-2", "regional_manager", None),
)
_NAMES = ("王样本", "李示例", "张虚构", "陈假名", "赵样本", "钱示例", "孙虚构")


def fill_vault(vault: Vault, caller: Caller, now: int) -> dict[str, int]:
    """Puts people, parcels, scans and tickets into a new vault; how many of each."""
    trained = time_at(now + 365 * _DAY)
    people = [
        Actor(actor=name, kind=ActorKind.PERSON, role=role, outlet=outlet, trained_until=trained)
        for name, role, outlet in _PEOPLE
    ]
    people.append(Actor(actor="shop-a", kind=ActorKind.PARTNER, role="partner", trained_until=trained))
    vault.actors(caller, people, now=now)
    vault.seal(caller, [_make_parcel(n, number) for n, number in enumerate(NUMBERS)], now=now)
    scans = _make_scans(now)
    vault.scans(caller, scans, now=now)
    ticket = Ticket(ticket="T-1", waybill=NUMBERS[3], actor="agent-7", kind="complaint", opened_at=time_at(now - _HOUR))
    vault.tickets(caller, [ticket], now=now)
    return {"people": len(people), "parcels": len(NUMBERS), "scans": len(scans), "tickets": 1}


def _make_parcel(place: int, number: str) -> Parcel:
    return Parcel(
        waybill=number,
        values={
            Field.SENDER_NAME: "示例商店",
            Field.SENDER_PHONE: f"1380000000{place}",
            Field.SENDER_ADDRESS: "浙江省杭州市西湖区虚构路1号",
            Field.RECIPIENT_NAME: _NAMES[place],
            Field.RECIPIENT_PHONE: f"1390000000{place}",
            Field.RECIPIENT_ADDRESS: f"广东省深圳市南山区不存在街{place + 1}号2栋301室",
            Field.GOODS: "样品",
        },
        origin_outlet=_ORIGIN,
        destination_outlet=_DESTINATION,
    )


def write_example(file: Path) -> None:
    """Write parcels of nobody as a shop sends them, one a row."""
    parcels = [_make_parcel(place, number) for place, number in enumerate(MORE, len(NUMBERS))]
    write = csv_writer()
    head = write(["waybill", *(field.value for field in parcels[0].values), "origin_outlet", "destination_outlet"])
    rows = [write([one.waybill, *one.values.values(), one.origin_outlet, one.destination_outlet]) for one in parcels]
    write_private(file, "".join([head, *rows]))


def _make_scans(now: int) -> list[Scan]:
    steps = ((ScanKind.PICKUP, _ORIGIN, 20), (ScanKind.ARRIVE, _DESTINATION, 3))
    made = [
        Scan(waybill=number, at=time_at(now - hours * _HOUR), kind=kind, outlet=outlet)
        for number in (*NUMBERS, *MORE)
        for kind, outlet, hours in steps
    ]
    return [
        *made,
        Scan(waybill=NUMBERS[3], at=time_at(now - 2 * _HOUR), kind=ScanKind.DELIVERED, outlet=_DESTINATION),
    ]


KEYRING = "keyring.json"
_NAME_OF_LOG = re.compile("[!-*,-~]{1,128}")
_ODD = re.compile("[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVault:
    """The choices for a new vault; None: what is usual."""

    database: str | None = None
    key_database: str | None = None
    origin: str | None = None
    example: bool = False


def vault_init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new vault, new or empty.", metavar="FOLDER")] = VAULT,
    database: Annotated[
        str | None,
        typer.Option(
            help="Address of the main database: `sqlite:///FILE` or `postgresql://...`; files count from the folder.",
            show_default="a file in the folder",
        ),
    ] = None,
    key_database: Annotated[
        str | None,
        typer.Option(
            help="Address of the database of wrapped keys, with backups of its own; likewise.",
            show_default="a file in the folder",
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            help="Name of its log, which signs checkpoints: for good.", show_default="the folder's name and .local"
        ),
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Put a few people and parcels of nobody in.")] = False,
    actor: ActorOption = None,
) -> None:
    """Make a vault: settings, keyring, two databases with their tables, the built-in policy.

    The folder (mode 0700) holds settings, keyring (0600) and, unless addresses are given, two SQLite databases. The
    commands act as its client `cli`. The [quick start](vault.md) shows it from the beginning.

    Keep the folder for operators: whoever can read it is believed to be who `--actor` says, so the id of each request
    in the log carries the login (`cli-LOGIN-...`). All that the settings can say may stand in the environment instead
    ([settings](api.md#settings)); without a folder the environment suffices. `wayseal vault` needs packages of its own:
    `pip install 'WHEEL[vault]'`.

    \b
    wayseal vault init vault --example
    wayseal vault init vault --database postgresql://vault@db/vault --key-database postgresql://keys@kdb/keys
    """
    new = NewVault(database=database, key_database=key_database, origin=origin, example=example)
    make_vault(folder, new, actor)


def make_vault(folder: Path, new: NewVault, actor: str | None) -> None:
    """Makes folder, settings, keyring, tables and the first policy; what was begun is taken away if it fails."""
    if new.origin is not None and not _NAME_OF_LOG.fullmatch(new.origin):
        raise VaultError("origin: printable ASCII without spaces and plus signs, as it names the key of checkpoints")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise VaultError("not a new or empty folder", file=folder)
    caller = identify_caller(actor)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        _write_vault(folder, new, caller)
    except BaseException:
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        raise
    echo("made the vault {folder}: settings, keyring, two databases, the built-in policy", folder=folder)
    if new.example:
        with open_vault(folder, actor) as session:
            done = fill_vault(session.vault, session.caller, session.now)
        write_example(folder / EXAMPLE)
        echo(
            "put in for example: {people} people, {parcels} sealed parcels of nobody, {scans} scans, {tickets} "
            "{tickets:ticket|tickets}",
            **done,
        )
    echo("Keep a copy of keyring.json apart from the databases: without it nothing can be opened.")


def _write_vault(folder: Path, new: NewVault, caller: Caller) -> None:
    write_private(folder / SETTINGS, _settings_toml(new))
    settings = load_settings(folder)
    # What the environment names may be there already.
    if settings.keyring_file is not None and not settings.keyring_file.exists():
        Keyring.new(now_us()).save(settings.keyring_file)
    with (
        open_database(settings.database, patience=PATIENCE) as main,
        open_database(settings.key_database, patience=PATIENCE) as keys,
    ):
        upgrade_tables(main, CHAINS["main"])
        upgrade_tables(keys, CHAINS["keys"])
        source = load_keyring(settings)
        LogMemory(settings.memory_file).forget()
        new_vault(main, keys, source.current(), new.origin or _name_log(folder), *default_texts(), caller, now_us())
        vault = Vault(main, keys, source)
        # Nobody is told its secret, and it has no scope: it acts on this machine alone.
        vault.add_client(caller, CLIENT, scopes=frozenset(), acts_for=frozenset(vault.policy.roles), now=now_us())


def _name_log(folder: Path) -> str:
    """A name for the log after the vault's folder; it stands in key files, which are ASCII."""
    return (_ODD.sub("-", folder.resolve().name).strip("-") or "vault") + ".local"


def _settings_toml(new: NewVault) -> str:
    main, keys = new.database or "sqlite:///main.db", new.key_database or "sqlite:///keys.db"
    lines = [
        "# A vault. Files count from this folder; each setting can stand in the environment instead (WAYSEAL_PORT).",
        f"database = {json.dumps(main)}",
        f"key_database = {json.dumps(keys)}",
        f"keyring_file = {json.dumps(KEYRING)}",
        'host = "127.0.0.1"',
        "port = 8443",
    ]
    return "\n".join(lines) + "\n"


def vault_upgrade(vault: VaultOption = VAULT) -> None:
    """Bring the tables of both databases to the version of this Wayseal.

    Make a backup first ([migrations](operation.md#migrations)).

    \b
    wayseal vault upgrade
    """
    done = 0
    for name, chain in CHAINS.items():
        with open_one_database(vault, name) as database:
            for step in upgrade_tables(database, chain):
                echo("{revision}: {what}", revision=step.revision, what=step.what)
                done += 1
    typer.echo(
        _("{steps} {steps:step|steps} done", steps=done)
        if done
        else _("nothing to do: the tables are of the present version")
    )


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


def vault_status(vault: VaultOption = VAULT, format: OutputFormatOption = OutputFormat.TEXT) -> None:
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
    print_result(format, asdict(found), status_lines(found, vault))


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
        keys={
            str(p): {"active": keyring.active(p), "versions": keyring.versions(p)}
            for p in KeyPurpose
            if keyring.versions(p)
        },
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


def status_lines(found: Status, folder: Path) -> Iterator[str]:
    """How a vault stands, a line each thing."""
    held = asdict(found.counts)
    sizes = {f"{name}_mb": size / 1e6 for name, size in found.bytes.items()}
    yield _("Vault: {folder} ({origin})", folder=folder, origin=found.origin)
    yield _("Records: {sealed:,} sealed, {erased:,} erased", **held)
    yield _(
        "Directory: {actors:,} {actors:actor|actors}, {blocked:,} blocked; {clients:,} {clients:client|clients}; "
        "{approvals:,} {approvals:approval|approvals} waiting",
        **held,
    )
    yield _("Log: {log_size:,} {log_size:entry|entries}, {checkpoint_size:,} of them signed", **held)
    if found.cosigned:
        yield _("Cosigned by a witness up to {size:,}", size=found.cosigned)
    yield _("Policy: version {version} ({sha256})", version=found.policy, sha256=found.policy_sha256[:20])
    yield _(
        "Tables: {main}, {keys}; {main_mb:.1f} MB and {keys_mb:.1f} MB",
        main=found.tables["main"],
        keys=found.tables["keys"],
        **sizes,
    )
    active = ", ".join(f"{p} {k['active']}" for p, k in found.keys.items())
    yield _("Active keys: {keys}", keys=active)
    if found.counts.earliest_due is not None:
        yield _("Next to be erased: {at}", at=round_to_second(found.counts.earliest_due))
    for code in found.trouble:
        yield _("See to it: ") + _(_TROUBLES[code])
    if not found.trouble:
        yield _("Nothing here needs seeing to. Rows, records and the log were not looked at: `wayseal vault verify`")


def serve_vault(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of the vault; `WAYSEAL_VAULT` sets it. Without one the [settings](api.md#settings) of the "
            "environment suffice.",
            metavar="FOLDER",
            envvar="WAYSEAL_VAULT",
            file_okay=False,
        ),
    ] = VAULT,
) -> None:
    """Run the HTTP service of a vault until it is told to stop (Ctrl-C, SIGTERM).

    What was begun is finished then. Logs go to standard error as JSON. [The HTTP API](api.md) has its page. It needs
    packages of its own: `pip install 'WHEEL[vault]'`.

    Without a folder the [settings](api.md#settings) of the environment suffice.

    \b
    wayseal serve vault
    wayseal serve vault /etc/wayseal/vault
    """
    with require_extra("vault"):
        from wayseal.server.serve import run

    os.umask(0o077)
    run(load_settings(folder))
