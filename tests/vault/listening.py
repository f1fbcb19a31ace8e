"""What goes to the databases: every statement with its values, as a server that logs statements would keep it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.util import await_only

from tests.vault.world import World
from wayseal.store.database import Connection

_WAYS = ("read", "look", "write")


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """All that both databases of a world are told meanwhile, by PostgreSQL as its own log has it."""
    heard: list[str] = []
    for database in (world.main, world.keys):
        for way in _WAYS:
            setattr(database, way, _heard(getattr(database, way), heard))
    try:
        yield heard
    finally:
        for database in (world.main, world.keys):
            for way in _WAYS:
                delattr(database, way)
            database.read(_deafened)
            database.write(_deafened)


def _heard(run: Callable[..., Any], heard: list[str]) -> Callable[..., Any]:
    def listened(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def told(connection: Connection, *more: Any, **others: Any) -> Any:
            _listen(connection, heard)
            return work(connection, *more, **others)

        return run(told, *args, **kwargs)

    return listened


def _listen(connection: Connection, heard: list[str]) -> None:
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.set_trace_callback(heard.append)
        return
    if not raw._log_listeners:
        raw.add_log_listener(lambda _, message: heard.append(f"{message}\n{message.as_dict().get('detail', '')}"))
        await_only(raw.execute("SET log_statement = 'all'; SET client_min_messages = 'log'"))


def _deafened(connection: Connection) -> None:
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.set_trace_callback(None)
