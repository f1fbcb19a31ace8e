"""What goes to the databases: every statement with its values, as a server that logs statements would keep it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.util import await_only

from tests.vault.world import World
from wayseal.database import Connection

_WAYS = ("read", "look", "write")
_LOG_ALL = "SET log_statement = 'all'; SET client_min_messages = 'log'"
LISTENING = f"statement: {_LOG_ALL}"
"""How each connection's log begins."""


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """All that both databases of a world are told meanwhile, by PostgreSQL as its own log has it."""
    ear = _Ear()
    for database in (world.main, world.keys):
        for way in _WAYS:
            setattr(database, way, ear.put_to(getattr(database, way)))
    try:
        yield ear.heard
    finally:
        for database in (world.main, world.keys):
            for way in _WAYS:
                delattr(database, way)
        ear.take_away()


class _Ear:
    """Hears what goes through connections. heard: statements, with their values."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._at: dict[int, tuple[str, Any]] = {}

    def put_to(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """A way to a database, on which is heard whatever goes there."""

        def listened(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            def heard(connection: Connection, *more: Any, **others: Any) -> Any:
                self._listen(connection)
                return work(connection, *more, **others)

            return run(heard, *args, **kwargs)

        return listened

    def take_away(self) -> None:
        """Nothing more is heard."""
        for dialect, raw in self._at.values():
            if dialect == "sqlite":
                raw.set_trace_callback(None)
            else:
                raw.remove_log_listener(self._told)

    def _listen(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        if id(raw) in self._at:
            return
        dialect = connection.dialect.name
        self._at[id(raw)] = dialect, raw
        if dialect == "sqlite":
            raw.set_trace_callback(self.heard.append)
        else:
            raw.add_log_listener(self._told)
            await_only(raw.execute(_LOG_ALL))

    def _told(self, connection: object, message: Any) -> None:
        del connection
        self.heard.append(f"{message.message}\n{message.detail or ''}")
