"""Casebooks to test with: a fixed secret, alerts, and any acts in any order."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from hypothesis import strategies as st

from wayseal.cases import Cases, open_cases
from wayseal.cases._tables import JOURNAL
from wayseal.cases.errors import CaseStateError, NoSuchCaseError
from wayseal.cases.types import FILE, Alert

DAY = 86_400_000_000
NOW = 20_600 * DAY
NAMES = ("u-1042", "u-1077", "王芳", "a\u202eb", '"\\\n')
Do = Callable[[Cases], object]


def secret(size: int) -> bytes:
    return bytes(range(size))


def alert(
    *actors: str,
    at: int = NOW,
    score: float = 0.5,
    detectors: Sequence[str] = ("first_reads",),
    parcels: float = 100.0,
    worth: bool | None = None,
) -> Alert:
    right = score >= 0.5 if worth is None else worth
    return Alert(
        actors=actors, alerted_at=at, score=score, detectors=tuple(detectors), parcels_a_day=parcels, worth=right
    )


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that a property test has for one example."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name) / "detect"


def run(path: Path, *acts: Do) -> list[object]:
    """Does acts in one go; what each returned."""
    with open_cases(path, entropy=secret) as writer:
        return [act(writer) for act in acts]


def some(path: Path) -> None:
    """Two cases, with an act of every kind."""
    run(
        path,
        lambda w: w.register([alert("u-1042"), alert("u-1077", "王芳")], NOW),
        lambda w: w.open("c-1", "Li, audit", "complaint 7", NOW + 1),
        lambda w: w.unmask(["c-1", "c-2"], "Li, audit", "weekly list", NOW + 2),
        lambda w: w.hear("c-1", "Li, audit", "I helped a colleague.\nAsk him.", NOW + 3),
        lambda w: w.verdict("c-1", False, "Li, audit", "a colleague's work", NOW + 4),
    )


def lines(path: Path) -> list[str]:
    """The lines of a casebook's journal."""
    with closing(sqlite3.connect(path / FILE)) as db:
        return [content for (content,) in db.execute(f"SELECT content FROM {JOURNAL} ORDER BY line")]


def put_lines(path: Path, content: Sequence[str]) -> None:
    """Puts other lines in their place, as somebody could who may write the file; the tables stay as they were."""
    with closing(sqlite3.connect(path / FILE)) as db, db:
        db.execute(f"DELETE FROM {JOURNAL}")
        db.executemany(f"INSERT INTO {JOURNAL} VALUES (?, ?)", list(enumerate(content, start=1)))


_lines = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8)
_times = st.integers(0, 60 * DAY).map(lambda us: NOW + us)
_alerts = st.lists(
    st.builds(
        Alert,
        actors=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(tuple),
        alerted_at=_times,
        score=st.floats(0, 1),
        detectors=st.lists(_lines, max_size=2).map(tuple),
        parcels_a_day=st.floats(0, 10**6),
        worth=st.booleans(),
    ),
    max_size=3,
)
_cases = st.sampled_from(["c-1", "c-2", "c-3"])


def _if_there(act: Do) -> Do:
    def tried(writer: Cases) -> object:
        try:
            return act(writer)
        except (NoSuchCaseError, CaseStateError):
            return None

    return tried


acts: st.SearchStrategy[Do] = st.one_of(
    st.builds(lambda alerts, at: lambda w: w.register(alerts, at), _alerts, _times),
    st.builds(lambda c, who, why, at: _if_there(lambda w: w.open(c, who, why, at)), _cases, _lines, _lines, _times),
    st.builds(
        lambda c, who, why, at: _if_there(lambda w: w.unmask(c, who, why, at)),
        st.lists(_cases, max_size=3),
        _lines,
        _lines,
        _times,
    ),
    st.builds(
        lambda c, who, why, at: _if_there(lambda w: w.show_reads(c, who, why, at, actor=w.book.case(c).actors[0])),
        _cases,
        _lines,
        _lines,
        _times,
    ),
    st.builds(
        lambda c, who, said, at: _if_there(lambda w: w.hear(c, who, said, at, actor=w.book.case(c).actors[0])),
        _cases,
        _lines,
        _lines,
        _times,
    ),
    st.builds(
        lambda c, true, who, why, at: _if_there(lambda w: w.verdict(c, true, who, why, at, lacking=True)),
        _cases,
        st.booleans(),
        _lines,
        _lines,
        _times,
    ),
)
forgets: st.SearchStrategy[Do] = st.builds(
    lambda b, who, at: lambda w: w.forget(b, who, "rule", at), _times, _lines, _times
)
