"""What the demo leaves for its console: listings in the queue, and the first steps of work on a case."""

import importlib.util
import shlex
import shutil
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wayseal.cases import open_cases
from wayseal.cases.types import Source, TaskContent, TaskState, Thing, ThingKind
from wayseal.cli._options import Lang
from wayseal.model.messages import N_, filled
from wayseal.model.times import micros
from wayseal.page.languages import ByLanguage
from wayseal.store.types import Leaks

MARK, BOUGHT = ".wayseal-demo", "leaks.csv"
"""What a demo's folder has: the file that says so, and what was bought."""
_WHO = "demo"
_SELLERS, _NUMBERS = 2, 5
_NEEDED = ("starlette", "pyotp", "segno", "sqlalchemy")
"""Of the console's extra, what nothing else brings."""
TEXTS = ByLanguage(
    {
        "listing": N_("{n} {n:number|numbers} bought from one shop; the listing was seen by hand"),
        "note": N_("Begin with the busiest day, and ask the outlet which shifts there were. Nobody was heard yet."),
        "task": N_("Ask the outlet for its shift plan of that week"),
        "console": N_("Open the console on it, in a browser: {command}"),
        "setup": N_("first: {command}"),
    }
)


def begin_casework(folder: Path, cases: tuple[str, ...], leaks: Leaks, lang: Lang) -> None:
    """Puts what was bought into the queue, and begins work on the first case.

    Args:
        folder: Of the casebook.
        cases: The ids of the cases, the one to begin with first.
        leaks: What was bought.
        lang: The language of what is written.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    at, words = micros(now.isoformat()), TEXTS[lang]
    with open_cases(folder) as book:
        for seller, rows in _by_seller(leaks):
            things = [Thing(kind=ThingKind.SELLER, value=seller)]
            things += [Thing(kind=ThingKind.NUMBER, value=row["waybill"]) for row in rows[:_NUMBERS]]
            since = min(micros(row["seen_at"].isoformat()) for row in rows)
            reason = filled(words["listing"], n=len(rows))
            book.enqueue(Source.LISTING, things, reason, _WHO, at, since=min(since, at))
        for case in cases[:1]:
            book.add_note(case, words["note"], _WHO, at)
            due = (now + timedelta(days=3)).date().isoformat()
            book.add_task(case, TaskContent(text=words["task"], state=TaskState.TO_DO, due=due), _WHO, at)


def how_to_open_console(out: Path, lang: Lang) -> str:
    """The line that names the command of the demo's console, and what has to be installed before.

    Args:
        out: The demo's folder, as it was named.
        lang: The language.

    Returns:
        The line.
    """
    program = "wayseal" if shutil.which("wayseal") else sys.argv[0]
    folder = shlex.quote(str(out / "console"))
    spoken = "" if lang is Lang.EN else f" --lang {lang.value}"
    command = f"{program} serve console {shlex.quote(str(out / 'ledger'))} --folder {folder} --demo{spoken}"
    line = filled(TEXTS[lang]["console"], command=command)
    if all(importlib.util.find_spec(name) for name in _NEEDED):
        return line
    setup = "make setup-console" if Path("Makefile").exists() else "pip install 'wayseal[console]'"
    return f"{line}\n  ({filled(TEXTS[lang]['setup'], command=setup)})"


def _by_seller(leaks: Leaks) -> list[tuple[str, list[dict[str, Any]]]]:
    """The busiest sellers, each with the rows that were bought there."""
    rows = [row for row in leaks.rows.to_pylist() if row.get("seller")]
    busiest = Counter(row["seller"] for row in rows).most_common(_SELLERS)
    return [(seller, [row for row in rows if row["seller"] == seller]) for seller, _ in busiest]
