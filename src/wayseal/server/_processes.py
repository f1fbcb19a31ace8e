"""The service in several processes: some answer, one commits for all of them, and this one watches.

1. One process commits: groups are as large as one service makes them, whichever process a request came to.
2. Whoever stops the service stops this process. The others don't listen to signals, which a terminal or a supervisor
   sends to all: they end when their line to this process says so, or is cut because this one is gone.
3. Those that answer finish what they began; then the one that commits does.
4. If one ends by itself, the service ends with an error, and what it answered stands in the log: a supervisor starts
   it anew.
"""

import asyncio
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Self

import uvloop

from wayseal.model.errors import WaysealError
from wayseal.server._committer_ipc import CommitterEnd, WorkerEnd
from wayseal.server._metrics import FOLDER, Metrics
from wayseal.server._resources import open_keyring, open_vault
from wayseal.server._signer import Signer
from wayseal.server._worker import Server, compile_kernels, freeze_collector, open_server
from wayseal.server.errors import ProcessError
from wayseal.server.settings import Settings
from wayseal.service.log import Log, forward_library_logs, make_log, where
from wayseal.service.signals import SIGNALS, handle_signals

_STOP = b"stop"
"""What a line says to one that answers: the first time, stop; the second time, at once."""


def run_several(settings: Settings, places: Sequence[socket.socket], log: Log) -> None:
    """Serves until a signal ends it (rule 2). ProcessError: one of the processes ended by itself (rule 4)."""
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
        """Rule 3."""
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
    """Rule 2."""
    with suppress(EOFError, OSError):
        while line.recv_bytes():
            server.end()
    if not server.should_exit:
        server.end()
