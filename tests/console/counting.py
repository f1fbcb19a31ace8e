"""Statements that pages ask: of the casebook and of access together."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

_AROUND = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Those that are asked from here on; a casebook has to be opened anew for it."""
    asked: list[str] = []
    connect = sqlite3.connect

    def note(statement: str) -> None:
        if not statement.startswith(_AROUND):
            asked.append(statement)

    def connected(*given: Any, **named: Any) -> sqlite3.Connection:
        raw: sqlite3.Connection = connect(*given, **named)
        raw.set_trace_callback(note)
        return raw

    def note_other(connection: object, cursor: object, statement: str, *rest: object) -> None:
        note(statement)

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connected)
        sa.event.listen(sa.Engine, "before_cursor_execute", note_other)
        try:
            yield asked
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", note_other)
