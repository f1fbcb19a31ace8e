"""What the page of deployment says is done here: roles, the first keyring, the night's jobs, a restore."""

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from tests.cli.running import inside
from tests.conftest import need
from tests.database.places import ask, server_there
from tests.deploy.deployed import Deployed, deployed
from tests.server.starting import Started
from wayseal.ledger import open_ledger
from wayseal.server.settings import read_settings

REFUSED = [
    ("service", "main", "DROP TABLE tickets"),
    ("service", "main", "ALTER TABLE actors ADD note text"),
    ("service", "main", "TRUNCATE entries"),
    ("service", "main", "CREATE TABLE mine ()"),
    ("service", "keys", "SELECT 1"),
    ("keys_service", "main", "SELECT 1"),
    ("keys_service", "keys", "DROP TABLE erasures"),
    ("keys_service", "keys", "CREATE TABLE mine ()"),
    ("watch", "keys", "SELECT 1"),
    ("watch", "main", "DELETE FROM entries"),
    ("watch", "main", "LOCK TABLE wayseal_writers IN EXCLUSIVE MODE"),
    ("backup", "main", "UPDATE actors SET role = 'courier'"),
    ("backup", "main", "LOCK TABLE wayseal_writers IN EXCLUSIVE MODE"),
    ("backup", "keys", "DELETE FROM data_keys"),
    ("owner", "main", "SELECT 1"),
]
SHOWN, ERASED = "YT0000000000001", "YT0000000000002"
"""Of the example that `wayseal vault init` puts in."""
JOBS = ("retain", "backup", "prune", "project", "ingest", "detect", "ledger", "verify", "verify-ledger", "rehearse")


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.needs("psql")
def test_the_page_is_followed(tmp_path: Path, subtests: pytest.Subtests) -> None:
    need(server_there(), "no PostgreSQL server answers at WAYSEAL_TEST_POSTGRESQL")
    with deployed(tmp_path) as machine:
        with subtests.test("whoever has no business there is refused"):
            refused(machine)
        with subtests.test("the service runs as the role that owns no table"):
            served(machine)
        with subtests.test("the night"):
            night(machine)
        with subtests.test("both databases are lost"):
            restored(machine)


@pytest.mark.slow
def test_ledger_and_detection_alone_go_through_nights_without_a_vault(tmp_path: Path) -> None:
    """Two systems deliver; on the second night one breaks, and the other comes in all the same."""
    machine = Deployed(tmp_path, {})
    watch, inbox = (Path(machine.moved(place)) for place in ("/etc/wayseal/watch", "/var/lib/wayseal_watch/inbox"))
    machine.install("sources.toml", "/etc/wayseal/watch/sources.toml")
    machine.install("notices", "/etc/wayseal/watch/notices")
    assert inside("ledger", "key", "new", "--out", watch / "keeper.key").code == 0
    Path(machine.moved("/var/backups/wayseal/ledger")).mkdir(parents=True)
    gateway, counter = tmp_path / "srv/gateway", tmp_path / "srv/counter"
    with (watch / "sources.toml").open("a", encoding="utf-8") as file:
        file.write(f'[gateway]\nfiles = "{gateway}/*.csv"\nmap = "gateway.toml"\noffset = "+08:00"\n')
        file.write(f'[counter]\nfiles = "{counter}/*.jsonl"\ntable = "scans"\n')
    (watch / "gateway.toml").write_text('[columns]\nat = "时间"\nactor = "工号"\nwaybill = "单号"\n', encoding="utf-8")
    reads = [f"2026-03-0{1 + n % 7} 08:{n % 60:02d},c-{n % 5},YT{n:013d},李样本\n" for n in range(300)]
    deliver(gateway / "monday.csv", "时间,工号,单号,姓名\n" + "".join(reads))
    deliver(
        counter / "monday.jsonl",
        '{"at": "2026-03-01T00:00:00Z", "waybill": "YT1", "kind": "pickup", "outlet": "o-7"}\n',
    )
    deliver(inbox / "outlets.csv", "outlet,kind,city,region\no-7,outlet,深圳,华南\n")
    for job in ("ingest", "detect", "ledger", "verify-ledger"):
        ran = machine.run(job, "watch")
        assert ran.code in ({0, 15} if job == "detect" else {0}), (job, ran.out, ran.err)
        assert "李样本" not in ran.out + ran.err
    assert Path(machine.moved("/var/backups/wayseal/ledger/ledger")).is_dir()
    deliver(gateway / "tuesday.csv", "other,columns\n1,2\n")
    deliver(
        counter / "tuesday.jsonl",
        '{"at": "2026-03-02T00:00:00Z", "waybill": "YT2", "kind": "pickup", "outlet": "o-7"}\n',
    )
    second = machine.run("ingest", "watch")
    assert second.code == 3, second.err
    assert second.err.splitlines()[-1] == "1 of 3 sources failed: gateway"
    with open_ledger(Path(machine.moved("/var/lib/wayseal_watch/ledger"))) as snapshot:
        rows = snapshot.summary().rows
    assert {name: rows[name] for name in ("accesses", "scans", "outlets")} == {
        "accesses": 300,
        "scans": 2,
        "outlets": 1,
    }
    assert machine.run("purge", "watch").code == 0


def deliver(file: Path, text: str) -> None:
    """A file that was whole some time ago."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    os.utime(file, (0, 0))


def refused(machine: Deployed) -> None:
    let = [(role, database, said) for role, database, said in REFUSED if try_it(machine.address(role, database), said)]
    assert let == []


def try_it(address: str, statement: str) -> bool:
    """Whether the server lets it through; nothing of it is kept."""

    async def run() -> None:
        connection = await asyncpg.connect(address, timeout=5)
        try:
            async with connection.transaction():
                await connection.execute(statement)
        finally:
            await connection.close()

    try:
        with ThreadPoolExecutor(1) as beside:
            beside.submit(lambda: asyncio.run(run())).result()
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidAuthorizationSpecificationError):
        return False
    return True


def served(machine: Deployed) -> None:
    """It starts with the page's settings, and what it saw of its log stands where the page says."""
    folder = Path(machine.moved("/etc/wayseal/vault"))
    settings = read_settings({}, folder / "wayseal.toml")
    assert settings.memory_file == Path(machine.moved("/var/lib/wayseal/log.seen"))
    names = ("database", "key_database", "keyring_file", "log_memory", "checkpoint_folder", "issuer", "proxies")
    values = {name: getattr(settings, name) for name in names}
    # Files count from the settings' folder.
    environment = {
        f"WAYSEAL_{name.upper()}": str(folder / value if isinstance(value, Path) else value)
        for name, value in values.items()
    }
    log = machine.folder / "service.log"
    log.touch()
    service = Started(environment | {"WAYSEAL_PORT": "0"}, log)
    try:
        while '"serving"' not in log.read_text():
            assert service.poll() is None, log.read_text()
            time.sleep(0.02)
        service.send_signal(15)
        assert service.wait() == 0, log.read_text()
    finally:
        if service.poll() is None:
            service.kill()
    assert json.loads(Path(machine.moved("/var/lib/wayseal/log.seen")).read_text())["signed_size"] > 0
    assert list(Path(machine.moved("/var/lib/wayseal/checkpoints")).glob("*.checkpoint"))


def night(machine: Deployed) -> None:
    """Something is shown and something erased; then all jobs run, in the order of their times."""
    who = ("--actor", "courier-12", "--purpose", "deliver", "--reason", "route 12")
    assert machine.vault("disclose", SHOWN, *who).code == 0
    assert machine.vault("erase", ERASED, "--actor", "operator").code == 0
    key = machine.moved("/etc/wayseal/watch/keeper.key")
    assert inside("ledger", "key", "new", "--out", key).code == 0
    said = {}
    for job in JOBS:
        if job == "ingest":
            inbox = Path(machine.moved("/var/lib/wayseal_watch/inbox"))
            deliver(inbox / "outlets.csv", "outlet,kind,city,region\no-7,outlet,深圳,华南\n")
        ran = machine.run(job)
        assert ran.code == 0, (job, ran.out, ran.err)
        said[job] = ran.out
    assert "1 disclosure taken into" in said["project"]
    assert "holds." in said["verify"]
    assert "Projection: 1 row as the log has them" in said["verify-ledger"]
    assert "1 erased" in said["rehearse"]
    assert Path(machine.moved("/var/lib/wayseal_watch/detect.prom")).exists()
    assert not Path(machine.moved("/var/lib/wayseal_backup/rehearsal")).exists()


def restored(machine: Deployed) -> None:
    """As the page says, into databases made anew."""
    for name in ("main", "keys"):
        ask(f"DROP DATABASE {machine.names[name]} WITH (FORCE)")
    machine.psql("databases.sql")
    places = {name: Path(machine.moved(f"/var/backups/wayseal/{name}")) for name in ("main", "keys", "erased")}
    newest = {name: max(place.iterdir()) for name, place in places.items()}
    for name in ("main", "keys"):
        ran = machine.vault("restore", name, newest[name], "--erased", newest["erased"], owner=True)
        assert ran.code == 0, ran.err
    machine.psql("owner.sql", "keys")
    assert machine.vault("retain").code == 0
    found = machine.vault("verify")
    assert (found.code, "1 erased" in found.out) == (0, True), found.out
