"""What remains of the vault's answers when its service is killed, its disk is full, its database goes away.

    python -m benchmarks run vault_faults --work FOLDER [--postgresql URL] [--kills 100] [--load 0.8] [--flips 300]
        [--processes 1]

The real service runs under load from several clients, who note every answer. It is killed (SIGKILL) and started again
on the same databases, again and again, of a service in several processes one of them after the other; on PostgreSQL all
connections to its databases are ended, too, and nobody is let in for three seconds; on SQLite its files can't grow for
a while. Then every answer is looked for in the log: at its place, with its leaf, once. The log verifies under
checkpoints that were taken before, every record opens, and all that was sealed can be shown. At the end bytes are
changed in the databases, one at a time, and each change must be found.

Ends with 1 where anything was lost, doubled, found or, of the changed bytes, not found.
"""

import re
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from benchmarks.shared.forked import until
from benchmarks.vault._faults_check import Checker
from benchmarks.vault._faults_load import Load, disclosed_all
from benchmarks.vault._faults_service import Server, Service
from benchmarks.vault._faults_tamper import tampered
from benchmarks.vault._world import OPERATOR, Seeded, now, seed
from benchmarks.vault.vault_http import databases, files
from wayseal.database import open_database
from wayseal.vault import Vault
from wayseal.vault.keyring import Keyring
from wayseal.vault.policy import default_texts

PARCELS = 400
THREADS = 6
HEAD = ("database", "what", "times", "answers", "told 503", "no answer", "lost", "doubled", "findings", "odd")


@dataclass(slots=True)
class Scene:
    """A vault under load. notes: checkpoints that its service gave."""

    name: str
    urls: tuple[str, str]
    seeded: Seeded
    service: Service
    load: Load
    checker: Checker
    auditor: str
    notes: list[str] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    _before: tuple[int, ...] = (0, 0, 0, 0, 0, 0, 0)

    @property
    def flawless(self) -> bool:
        """Whether nothing was lost, doubled, found or odd so far."""
        return not (self.checker.flaws.any or self.load.books.odd)

    @property
    def answers(self) -> int:
        """Answers that told of a disclosure, a refusal or a sealed parcel."""
        return len(self.load.books.told) + len(self.load.books.sealed)

    def flaws(self) -> list[str]:
        """All that is wrong, said."""
        flaws = self.checker.flaws
        return [*flaws.lost, *flaws.doubled, *flaws.findings, *self.load.books.odd]

    def work(self, more: int, seconds: float = 60) -> float:
        """Waits until `more` answers have come; how long that took."""
        start = self.answers
        return until(lambda: self.answers >= start + more, seconds, f"{self.name}: no answers come any more")

    def trouble(self, otherwise: str) -> None:
        """Waits until some more were told 503."""
        start = self.load.books.statuses[503]
        until(lambda: self.load.books.statuses[503] >= start + 5, 60, otherwise)

    def checkpoint(self) -> None:
        """Has the service sign its log as it is, in the midst of its work; without an answer there is none."""
        auth = ("auditor", self.auditor)
        with suppress(httpx.TransportError, httpx.HTTPStatusError), httpx.Client(base_url=self.service.address) as http:
            form = {"grant_type": "client_credentials"}
            token = http.post("/oauth/token", data=form, auth=auth).raise_for_status().json()["access_token"]
            note = http.get("/v1/log/checkpoint", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
            self.notes.append(note.text)

    def row(self, what: str, times: int) -> None:
        """A row of the table: what happened since the last one."""
        books, flaws = self.load.books, self.checker.flaws
        after = (
            self.answers,
            books.statuses[503],
            books.unanswered,
            len(flaws.lost),
            len(flaws.doubled),
            len(flaws.findings),
            len(books.odd),
        )
        self.rows.append((self.name, what, str(times), *(str(a - b) for a, b in zip(after, self._before, strict=True))))
        self._before = after


@contextmanager
def scene(
    name: str,
    urls: tuple[str, str],
    folder: Path,
    *,
    threads: int = THREADS,
    count: int = PARCELS,
    processes: int = 1,
    pause: float = 0,
) -> Iterator[Scene]:
    """A new vault in empty databases, its service, and clients that have begun. pause: theirs after each answer."""
    service = Service(*urls, folder / "keyring.json", processes)
    with ExitStack() as stack:
        # It loads its modules meanwhile.
        stack.callback(service.close)
        seeded = seed(*urls, folder, count)
        keyring = Keyring.load(seeded.keyring)
        main, keys = (open_database(url) for url in urls)
        vault = Vault(main, keys, keyring)
        stack.callback(vault.close)
        made = Scene(
            name=name,
            urls=urls,
            seeded=seeded,
            service=service,
            load=Load(service.address, seeded, threads, now() % 1_000_000, pause),
            checker=Checker(main, keys, keyring),
            auditor=_without_budgets(vault),
        )
        service.start()
        stack.callback(made.load.end)
        made.load.start()
        made.work(20)
        yield made


def _without_budgets(vault: Vault) -> str:
    """Has budgets that don't run dry in a thousand answers a second; the secret of a client that may read the log."""
    purposes, rules = default_texts()
    wide = re.sub(r"\b(base|cap|outlet_base) = \d+", r"\1 = 1000000", purposes)
    vault.activate_policy(OPERATOR, wide, rules, now=now())
    scopes = frozenset({"log"})
    return vault.add_client(
        OPERATOR, "auditor", scopes=scopes, actor="platform", acts_for=frozenset({"partner"}), now=now()
    )


def kills(at: Scene, count: int, seconds: float, server: Server | None = None) -> None:
    """Kills the service `count` times under load; with a server, ends its connections beforehand every third time."""
    for n in range(count):
        at.work(10)
        time.sleep(seconds * (0.5 + n % 7 / 7))
        at.checkpoint()
        if server is not None and n % 3 == 2:
            server.cut()
        at.service.kill()
        at.service.start()
        at.checker.look(at.load.books)
    at.work(20)
    at.row("kill -9", count)


def disk_full(at: Scene, seconds: float, times: int) -> None:
    """The service's files can't grow any more; later they can again, and it goes on by itself."""
    for _ in range(times):
        at.service.room(65_536)
        at.trouble("a full disk isn't told")
        time.sleep(seconds)
        at.checker.look(at.load.books)
        at.service.room(-1)
        at.work(50)
        at.checker.look(at.load.books)
    at.row("disk full", times)


def connections_cut(at: Scene, server: Server, times: int, every: float) -> None:
    """All connections to the databases end, again and again."""
    for _ in range(times):
        server.cut()
        time.sleep(every)
    at.work(50)
    at.checker.look(at.load.books)
    at.row("connections ended", times)


def database_gone(at: Scene, server: Server, seconds: float, times: int) -> None:
    """Nobody is let into the databases; later everybody is again, and the service goes on by itself."""
    for _ in range(times):
        server.close()
        try:
            until(lambda: not at.service.ready(), 20, "it says that it is ready without a database")
            at.trouble("a lost database isn't told")
            time.sleep(seconds)
        finally:
            server.open()
        until(at.service.ready, 30, "it isn't ready again")
        at.work(50)
        at.checker.look(at.load.books)
    at.row("database gone", times)


def finish(at: Scene) -> None:
    """Ends the load, has all that was sealed shown, and verifies everything."""
    at.load.stop()
    numbers = at.load.books.sealed
    shown = disclosed_all(at.service.address, at.seeded, numbers)
    if shown < len(numbers):
        at.checker.flaws.lost.append(f"{len(numbers) - shown} of {len(numbers)} that were sealed aren't shown")
    at.service.kill()
    at.checker.look(at.load.books)
    at.checker.finish(at.notes)
    at.row(f"all of it: {at.checker.entries} entries, {len(numbers)} sealed, {len(at.notes)} checkpoints", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The databases, and what is done to the service."""

    work: Path = option(text="folder for databases")
    postgresql: str | None = option(None, "a server, as postgresql://USER@HOST:PORT")
    kills: int = option(100)
    load: float = option(0.8, "seconds of load before a kill, about")
    flips: int = option(300, "bytes that are changed")
    processes: int = option(1, "of the service")


KILLED, CHANGED = "kill -9", "bytes changed, found"


@benchmark(
    minutes=30,
    kept=[
        kept
        for name in ("SQLite", "PostgreSQL")
        for kept in (
            Kept(f"answers held against the log after kills: {name}", f"{name} · {KILLED}", "answers"),
            Kept(f"answers lost: {name}", f"{name} · {KILLED}", "lost", most=0),
            Kept(f"answers doubled: {name}", f"{name} · {KILLED}", "doubled", most=0),
            Kept(f"changed bytes found, of 300: {name}", f"{name} · {CHANGED}", "findings", least=300),
        )
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Do all of it on each database; what is wrong ends it badly."""
    options.work.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, ...]] = []
    wrong: list[str] = []
    for act in (on, changed):
        with files(options.work) as urls:
            wrong += act(options, "SQLite", urls, rows)
        if options.postgresql:
            with databases(options.postgresql) as urls:
                wrong += act(options, "PostgreSQL", urls, rows)
    yield Table(HEAD, rows)
    if wrong:
        raise UnsoundError("\n".join(wrong[:50]))


def on(given: Options, name: str, urls: tuple[str, str], rows: list[tuple[str, ...]]) -> Sequence[str]:
    """All of it on one kind of database; what is wrong."""
    server = Server(urls) if name == "PostgreSQL" else None
    with new_folder(given.work) as folder, scene(name, urls, folder, processes=given.processes) as at:
        kills(at, given.kills, given.load, server)
        if server is None:
            disk_full(at, 2.0, 5)
        else:
            connections_cut(at, server, 30, 0.3)
            database_gone(at, server, 3.0, 3)
        finish(at)
        rows += at.rows
        return at.flaws()


def changed(given: Options, name: str, urls: tuple[str, str], rows: list[tuple[str, ...]]) -> Sequence[str]:
    """Bytes of a vault that are changed, one at a time; those that nobody finds."""
    with new_folder(given.work) as folder, scene(name, urls, folder) as at:
        at.work(500)
        at.checkpoint()
        at.work(200)
        at.checkpoint()
        finish(at)
        flips = tampered(urls, at.seeded.keyring, at.notes, given.flips)
        rows.append((name, CHANGED, str(len(flips)), *("",) * 5, str(sum(f.found for f in flips)), ""))
        return [*at.flaws(), *(f"not found: {flip.where}" for flip in flips if not flip.found)]


@contextmanager
def new_folder(work: Path) -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = work / secrets.token_hex(4)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
