"""Runs the service: opens what it needs, answers until it is told to stop, and closes everything.

1. Told to stop (SIGTERM, SIGINT), it says that it isn't ready, takes nothing new, finishes what it began, and closes
   its databases then.
2. Secrets that came by the environment are gone from it before anything else is done.
3. Logs go to standard error as JSON, those of libraries too, without what was put into their texts.

In several processes some answer, one commits for all of them, and this one watches:

4. One process commits: groups are as large as one service makes them, whichever process a request came to.
5. Whoever stops the service stops this process. The others don't listen to signals, which a terminal or a supervisor
   sends to all: they end when their line to this process says so, or is cut because this one is gone.
6. Those that answer finish what they began; then the one that commits does.
7. If one ends by itself, the service ends with an error, and what it answered stands in the log: a supervisor starts
   it anew.
"""

import asyncio
import gc
import os
import signal
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext, suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Self

import uvicorn
import uvloop

from wayseal import __version__
from wayseal.database import open_database
from wayseal.database.migrations import check, upgrade
from wayseal.merkle.bulk import WORTH, Messages
from wayseal.merkle.hashing import SIZE
from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.times import now_us
from wayseal.numbers.codes import open_keys
from wayseal.numbers.moves import Numbers, mark_of
from wayseal.numbers.reads import ReadWatch
from wayseal.numbers.tables import open_numbers
from wayseal.server._async_vault import Discloser, LocalDiscloser
from wayseal.server._committer_ipc import CommitterEnd, WorkerEnd
from wayseal.server._http_protocol import Protocol
from wayseal.server._metrics import FOLDER, Metrics
from wayseal.server._middleware import RunningRequests
from wayseal.server._signer import Signer
from wayseal.server.app import RequestLimits, create_app
from wayseal.server.errors import ProcessError, SettingsError
from wayseal.server.settings import SECRETS, Settings
from wayseal.service.http import make_config
from wayseal.service.log import Log, forward_library_logs, make_log, where
from wayseal.service.process import SIGNALS, forget, handle_signals
from wayseal.store.blocked import BlockedFile, Enforcer, Fails
from wayseal.vault import Vault
from wayseal.vault.aliases import Aliases, LocalProvider
from wayseal.vault.aliases.tables import CHAIN
from wayseal.vault.committer import Committer
from wayseal.vault.keyring import ENVIRONMENT, Keyring, KeyringFile
from wayseal.vault.keyring.keys import IndexKey
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.tables import CHAINS

OpenKeyring = Keyring | KeyringFile


def open_keyring(settings: Settings) -> OpenKeyring:
    """The keyring of the settings: a file may be rotated while the service runs."""
    if settings.keyring_file is not None:
        return KeyringFile(settings.keyring_file)
    return Keyring.from_environment({ENVIRONMENT: settings.keyring_text})


def open_vault(settings: Settings, keyring: OpenKeyring) -> Vault:
    """The vault, if its tables are those of this version."""
    with ExitStack() as opened:
        main = opened.enter_context(open_database(settings.database))
        keys = opened.enter_context(open_database(settings.key_database))
        check(main, CHAINS["main"])
        check(keys, CHAINS["keys"])
        vault = Vault(
            main,
            keys,
            keyring,
            memory=LogMemory(settings.memory_file),
            utc_offset=settings.utc_offset,
            backups=settings.backups,
        )
        opened.pop_all()
        return vault


def bind_sockets(settings: Settings) -> list[socket.socket]:
    """A socket for each process that answers, all at the same port; SettingsError where it can't listen.

    The system gives each connection to one of them.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    several = settings.processes > 1
    places: list[socket.socket] = []
    with ExitStack() as opened:
        for _ in range(settings.processes):
            address = settings.host, places[0].getsockname()[1] if places else settings.port
            try:
                place = socket.create_server(address, family=family, backlog=2048, reuse_port=several)
            except OSError as error:
                raise SettingsError("host and port: can't listen there ({reason})", reason=disk_says(error)) from error
            places.append(opened.enter_context(place))
        opened.pop_all()
    return places


_MANY = 100_000
"""More messages than are ever hashed at once: WORTH is beyond it where there is no compiler."""


class Server(uvicorn.Server):
    """uvicorn's server, which says first that it stops."""

    def __init__(self, config: uvicorn.Config, running: RunningRequests, log: Log) -> None:
        super().__init__(config)
        self._running = running
        self._log = log

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Says where it listens, once it does."""
        await super().startup(sockets)
        if self.started:
            port = sockets[0].getsockname()[1] if sockets else 0
            self._log.info("serving", port=port, version=__version__)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Says that it stops, and finishes."""
        self._log.info("stopping")
        await super().shutdown(sockets)

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Leave signals to whoever runs this: uvicorn would raise them again at the end."""
        return nullcontext()

    def end(self) -> None:
        """Stops gently; told a second time, at once. Safe in any thread, and where a signal is handled.

        Nothing is logged here: a signal may come while a line is being written, and its lock held.
        """
        self._running.stopping = True
        self.force_exit = self.should_exit
        self.should_exit = True

    def run_until_signal(self, place: socket.socket) -> None:
        """Serves until SIGTERM or SIGINT ends it, and returns then."""
        with handle_signals(self.end):
            self.run(sockets=[place])


def open_blocked(settings: Settings) -> Enforcer | None:
    """The list of blocked accounts; None: the settings name none."""
    if settings.blocked_file is None:
        return None
    fails = Fails.OPEN if settings.blocked_fails_open else Fails.CLOSED
    return Enforcer(BlockedFile(settings.blocked_file, fails=fails))


@contextmanager
def open_numbers_of(settings: Settings) -> Iterator[Numbers | None]:
    """The numbers of the settings; None: they name none. NumbersError where they can't be used."""
    if settings.numbers is None or settings.numbers_key is None:
        yield None
        return
    with open_numbers(settings.numbers) as database:
        numbers = Numbers(database, open_keys(settings.numbers_key), mark_of(settings.numbers_key))
        numbers.check()
        yield numbers


def open_aliases(settings: Settings, vault: Vault, numbers: Numbers | None) -> Aliases | None:
    """Virtual numbers, with the local provider; None: the settings name none."""
    if settings.aliases is None or numbers is None:
        return None
    with ExitStack() as opened:
        database = opened.enter_context(open_database(settings.aliases))
        upgrade(database, CHAIN)
        provider = LocalProvider(database, vault.keyring.keys(IndexKey)[0].tag, now_us)
        opened.pop_all()
        return Aliases(vault, database, provider, numbers.keys, numbers.database)


@contextmanager
def open_server(
    settings: Settings, keyring: OpenKeyring, vault: Vault, discloser: Discloser, metrics: Metrics, log: Log
) -> Iterator[Server]:
    """The server of a vault; in the end, what it began is finished, and `discloser` closed, which may be so already."""
    running = RunningRequests(settings.most_running)
    with closing(discloser), ExitStack() as opened:
        numbers = opened.enter_context(open_numbers_of(settings))
        reads = None if numbers is None else opened.enter_context(ReadWatch(numbers.database))
        if (aliases := open_aliases(settings, vault, numbers)) is not None:
            opened.enter_context(aliases)
        service = create_app(
            vault,
            discloser,
            keyring=keyring,
            issuer=settings.issuer,
            limits=RequestLimits(
                most_bytes=settings.most_bytes,
                body_seconds=settings.body_seconds,
                answer_seconds=settings.answer_seconds,
            ),
            metrics=metrics,
            log=log,
            running=running,
            blocked=open_blocked(settings),
            numbers=numbers,
            reads=reads,
            aliases=aliases,
        )
        with closing(service.async_vault):
            yield Server(make_server_config(settings, service.asgi), running, log)


def make_server_config(settings: Settings, app: object) -> uvicorn.Config:
    """How uvicorn is to run; SettingsError where certificates or keys can't be used."""
    return make_config(
        settings,
        app,
        partial(Protocol, body_seconds=settings.body_seconds, most_connections=settings.most_connections),
        SettingsError,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        date_header=True,
        proxy_headers=settings.proxies is not None,
        forwarded_allow_ips=settings.proxies or "",
        timeout_keep_alive=30,
        ssl_ca_certs=None if settings.tls_client_ca is None else str(settings.tls_client_ca),
        # Whoever has no certificate may come, unless the client is bound to one (`_admission`, rule 3).
        ssl_cert_reqs=ssl.CERT_NONE if settings.tls_client_ca is None else ssl.CERT_OPTIONAL,
    )


def freeze_collector() -> None:
    """Has the collector leave alone what lives as long as the process: looking through all modules took 200 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def compile_kernels() -> None:
    """Compiles the kernel that hashes many entries at once: the first request must not wait for it."""
    if WORTH < _MANY:
        Messages(WORTH, SIZE).hashes(WORTH)


_STOP = b"stop"
"""What a line says to one that answers: the first time, stop; the second time, at once."""


def run_several(settings: Settings, places: Sequence[socket.socket], log: Log) -> None:
    """Serves until a signal ends it (rule 5). ProcessError: one of the processes ended by itself (rule 7)."""
    with tempfile.TemporaryDirectory(prefix="wayseal-") as metrics:
        os.environ[FOLDER] = metrics
        try:
            with _Processes(settings, places) as processes, handle_signals(processes.stop):
                processes.start()
                processes.watch(log)
        finally:
            del os.environ[FOLDER]


class _Processes:
    """Those that answer, and the one that commits. A context manager: whoever still runs at its end is told to stop."""

    def __init__(self, settings: Settings, places: Sequence[socket.socket]) -> None:
        context = get_context("spawn")
        self._stopping = False
        self._pipes: list[Connection] = []
        with ExitStack() as ours, ExitStack() as theirs:
            links, parts = [], []
            for place in places:
                commits, answers = map(theirs.enter_context, socket.socketpair())
                theirs.enter_context(place)
                line, own = context.Pipe(duplex=False)
                links.append(commits)
                parts.append((place, answers, theirs.enter_context(line)))
                self._pipes.append(ours.enter_context(own))
            self._commits = context.Process(target=_run_process, args=(_commit, settings, links))
            self._answer = [context.Process(target=_run_process, args=(_answer, settings, *each)) for each in parts]
            self._own, self._theirs = ours.pop_all(), theirs.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._theirs.close()
        self._own.close()

    def start(self) -> None:
        """Starts all. Told to stop meanwhile, they do so as soon as they listen to their lines."""
        # What the others have only they may hold: otherwise nobody would see that one is gone.
        with self._theirs:
            for process in (self._commits, *self._answer):
                process.start()

    def watch(self, log: Log) -> None:
        """Returns when all have ended; ProcessError where that was not asked for."""
        left = [*self._answer, self._commits]
        wrong = False
        while left:
            wait([process.sentinel for process in left])
            for process in [one for one in left if not one.is_alive()]:
                left.remove(process)
                if not self._stopping or process.exitcode:
                    log.error("process_ended", status=process.exitcode)
                    wrong = True
                    self.stop()
        if wrong:
            raise ProcessError("a process of the service ended by itself")

    def stop(self) -> None:
        """Rule 6."""
        self._stopping = True
        for line in self._pipes:
            with suppress(OSError):
                line.send_bytes(_STOP)


def _run_process(work: Callable[..., None], settings: Settings, *parts: object) -> None:
    """Prepare one of the processes, run its work, and log what ends it."""
    for sig in SIGNALS:
        signal.signal(sig, signal.SIG_IGN)
    log = make_log()
    forward_library_logs(log)
    try:
        work(settings, log, *parts)
    except Exception as error:
        log.error("failed", **where(error))
        raise SystemExit(error.exit_code if isinstance(error, WaysealError) else 1) from None


def _commit(settings: Settings, log: Log, links: Sequence[socket.socket]) -> None:
    """Commits until all that answer are gone."""
    with open_vault(settings, open_keyring(settings)) as vault:
        metrics = Metrics(os.environ[FOLDER])
        compile_kernels()
        freeze_collector()
        with Signer(vault, settings, metrics, log):
            CommitterEnd(links, vault.commit_group, vault.verdict_group, metrics.group, log).serve()


def _answer(settings: Settings, log: Log, place: socket.socket, link: socket.socket, line: Connection) -> None:
    """Answers until its line says stop, or is cut."""
    keyring = open_keyring(settings)
    with place, open_vault(settings, keyring) as vault:
        end = WorkerEnd(link, vault.show_group)
        with open_server(settings, keyring, vault, end, Metrics(os.environ[FOLDER]), log) as server:
            threading.Thread(target=_listen_to_parent, args=(line, server), daemon=True).start()
            freeze_collector()
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve_until_stopped(server, place, end))


async def _serve_until_stopped(server: Server, place: socket.socket, end: WorkerEnd) -> None:
    try:
        await server.serve(sockets=[place])
    finally:
        end.close()
        await asyncio.sleep(0)


def _listen_to_parent(line: Connection, server: Server) -> None:
    """Rule 5."""
    with suppress(EOFError, OSError):
        while line.recv_bytes():
            server.end()
    if not server.should_exit:
        server.end()


def run(settings: Settings) -> None:
    """Serves until a signal ends it.

    SettingsError, KeyringError, VaultError, DatabaseError: what it can't start with; ProcessError: one of several
    processes ended by itself.
    """
    forget(SECRETS)
    log = make_log()
    forward_library_logs(log)
    if settings.processes == 1:
        _run_one(settings, log)
    else:
        _check(settings)
        with ExitStack() as listening:
            run_several(settings, [listening.enter_context(place) for place in bind_sockets(settings)], log)
    log.info("stopped")


def _run_one(settings: Settings, log: Log) -> None:
    """Everything in this process."""
    keyring = open_keyring(settings)
    with open_vault(settings, keyring) as vault:
        metrics = Metrics()
        committer = Committer(vault.commit_group, vault.answer_group, seen=metrics.group)
        with (
            Signer(vault, settings, metrics, log),
            open_server(settings, keyring, vault, LocalDiscloser(committer), metrics, log) as server,
        ):
            (place,) = bind_sockets(settings)
            with place:
                compile_kernels()
                freeze_collector()
                server.run_until_signal(place)


def _check(settings: Settings) -> None:
    """Says what several processes couldn't start with while there is one that can say it."""
    make_server_config(settings, None)
    open_vault(settings, open_keyring(settings)).close()
