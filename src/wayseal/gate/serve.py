"""Runs the gate: opens what it needs, answers until it is told to stop, and meanwhile writes down what it has to.

1. It holds the gate's part of the numbers' keys, by which a secret is checked and none can be made.
2. A pulse writes breaches and what is to outlive a restart, within a second, and says alarms in the log: what happened
   and to which kind of caller, never to whom.
3. Metrics and health are on a port of this machine alone; they name no caller and no number.
4. What was refused before a start is refused after it. No core is dumped.
"""

import gc
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.gate import _kept
from wayseal.gate._evidence import Kind
from wayseal.gate._judge import Judge, limits_of
from wayseal.gate._lookup import Lookup
from wayseal.gate.app import Gate, asker_of, create_app, headers_of
from wayseal.gate.errors import GateError
from wayseal.gate.settings import DATABASE, KEY_FILE, KEYS, TOKENS, GateSettings
from wayseal.model.errors import WaysealError
from wayseal.model.times import now_us, set_clock
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.numbers.codes import open_gate_keys
from wayseal.numbers.tables import open_numbers
from wayseal.service import Repeated, forward_library_logs, handle_signals, make_log
from wayseal.service.headers import Connection
from wayseal.service.http import Server, listen, make_config
from wayseal.service.keyfile import read_secret
from wayseal.service.log import Log, where
from wayseal.service.tokens import TokenFile

BEAT = 0.5
"""Seconds."""
_HEAD = "wayseal gate key 1 "
_DROP_EVERY = 600
METRICS = tuple(f"wayseal_gate_{one}" for one in ("events_total", "callers", "slowed", "breaches_lost_total"))


def run_gate(settings: GateSettings) -> None:
    """Serves until a signal ends it.

    Args:
        settings: How.

    Raises:
        GateError: What it can't start with.
        NumbersError: The numbers' database or keys can't be used.
        DatabaseError: A database refuses.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    log = make_log()
    forward_library_logs(log)
    with (
        open_gate(settings, log) as (gate, pulse),
        listen(settings.host, settings.port, GateError) as pages,
        listen("127.0.0.1", settings.metrics_port, GateError) as metrics,
    ):
        app = with_metrics(create_app(gate), gate, metrics.getsockname()[1])
        protocol = partial(Connection, headers=headers_of(settings.secure))
        proxies = settings.proxies
        more = {"proxy_headers": proxies is not None, "forwarded_allow_ips": proxies or ""}
        server = Server(make_config(settings, app, protocol, GateError, loop="uvloop", **more), log)
        with pulse, handle_signals(server.end):
            server.run(sockets=[pages, metrics])
    log.info("stopped")


@contextmanager
def open_gate(settings: GateSettings, log: Log) -> Iterator[tuple[Gate, "Pulse"]]:
    """What answers, and what is to beat beside it. Errors as `run_gate`."""
    set_clock(settings.utc_offset_hours)
    keys = open_gate_keys(settings.folder / KEYS)
    url: str | Path = settings.numbers if "://" in settings.numbers else Path(settings.numbers)
    with open_numbers(url) as database, open_database(settings.folder / DATABASE) as own:
        upgrade(own, _kept.CHAIN)
        make = own.read(_kept.is_empty)
        key = read_secret(settings.folder / KEY_FILE, _HEAD, make=make, error=GateError)
        judge = Judge(limits_of(settings))
        judge.restore(own.read(_kept.load, time.time()), time.monotonic())
        numbers = Lookup(database, keys, settings.closed_days, now_us)
        gate = Gate(
            settings, numbers=numbers, judge=judge, tokens=TokenFile(settings.folder / TOKENS), key=key, log=log
        )
        yield gate, Pulse(gate, own)


class Pulse(Repeated):
    """Rule 2, in a thread of its own."""

    def __init__(self, gate: Gate, own: Database, seconds: float = BEAT) -> None:
        super().__init__(self.beat, seconds, "pulse")
        self._gate, self._own, self._beats = gate, own, 0

    def close(self) -> None:
        """Ends it, with a last beat."""
        super().close()
        self.beat()

    def beat(self) -> None:
        """One beat."""
        numbers, judge, log = self._gate.numbers, self._gate.judge, self._gate.log
        while judge.alarms:
            alarm = judge.alarms.popleft()
            log.warning("alarm", rule=alarm.what, group=str(alarm.who.kind))
            if alarm.what == "breadth" or alarm.who.kind is Kind.ACCOUNT:
                about: dict[str, str | int] = {"why": alarm.what, "size": alarm.size}
                at, asker = numbers.clock(), asker_of(alarm.who)
                numbers.note(Breach(kind=BreachKind.BULK_READ, number="", at=at, asker=asker, facts=dict(about)))
        for act in (self._keep, numbers.flush):
            try:
                act()
            except WaysealError as error:
                log.error("database", **where(error))

    def _keep(self) -> None:
        self._gate.judge.keep(time.monotonic(), lambda kept: kept and self._own.write(_kept.save, kept, time.time()))
        self._beats += 1
        if self._beats % _DROP_EVERY == 0:
            self._own.write(_kept.drop)


def measure(gate: Gate) -> str:
    """The metrics, in Prometheus' text form (rule 3)."""
    judge, (events, callers, slowed, lost) = gate.judge, METRICS
    lines = [f"# TYPE {events} counter"]
    lines += [f'{events}{{what="{what}",kind="{kind}"}} {size}' for (what, kind), size in sorted(judge.counts.items())]
    lines += [f"# TYPE {callers} gauge", f"{callers} {len(judge)}", f"# TYPE {slowed} gauge"]
    lines += [f'{slowed}{{kind="{kind}"}} {judge.slowed(kind)}' for kind in Kind]
    return "\n".join((*lines, f"# TYPE {lost} counter", f"{lost} {gate.numbers.lost}", ""))


def with_metrics(app: ASGIApp, gate: Gate, port: int) -> ASGIApp:
    """The app, and on the port of metrics these alone (rule 3)."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if (scope.get("server") or (None, None))[1] != port:
            await app(scope, receive, send)
            return
        found = Response(status_code=204 if scope["path"] == "/healthz" else 404)
        if scope["path"] == "/metrics":
            found = Response(measure(gate), media_type="text/plain; version=0.0.4")
        elif scope["path"] == "/readyz":
            found = Response(status_code=204 if await run_in_threadpool(gate.numbers.healthy) else 503)
        await found(scope, receive, send)

    return answer
