"""What remains of acts that the console acknowledged when it is killed again and again under people who write.

    python -m benchmarks run console_kills --work FOLDER [--kills 100] [--seconds 0.6] [--seed 1]

The real console runs, several people write notes in cases and an administrator invites others, each act with a text
of its own, and each notes what was acknowledged. It is killed (SIGKILL) at a moment by chance, with whatever it
started, and started again on the same files. Then each act is looked for: acknowledged ones once, all others once at
most; the casebook and its tables verify, and so does the chain of acts of access.

Ends with 1 where anything was lost, doubled or found.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.console._console_service import Console, Staff, seed
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from wayseal.cases import read_casebook, verify
from wayseal.cases.types import NoteWritten
from wayseal.console import Role, read_console_settings
from wayseal.console.access.types import ActKind
from wayseal.console.serve import open_access

WRITERS, CASES = 4, 8
_PAUSE, _AWAY = 0.005, 0.05


@dataclass(slots=True)
class Book:
    """What one kind of act came to. odd: answers that nobody should get."""

    tried: int = 0
    told: set[str] = field(default_factory=set)
    refused: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    odd: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was looked for and found. findings: what is wrong with what was written."""

    kills: int
    slowest_start: float
    notes: Book
    people: Book
    lost: list[str]
    doubled: list[str]
    findings: list[str]

    @property
    def well(self) -> bool:
        """Whether nothing was lost, doubled or found, and something was written at all."""
        wrong = self.lost or self.doubled or self.findings or self.notes.odd or self.people.odd
        return not wrong and bool(self.notes.told) and bool(self.people.told)


class Writers:
    """People who write until they are stopped, whatever happens to the console."""

    def __init__(self, address: str, staff: Staff) -> None:
        self.notes, self.people = Book(), Book()
        self._address, self._staff = address, staff
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(WRITERS + 1)]

    def start(self) -> None:
        """Begins."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends, after what was begun was answered or not."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _write(self, number: int) -> None:
        invites = number == WRITERS
        role = Role.ADMINISTRATOR if invites else Role.INVESTIGATOR
        count = 0
        with self._staff.browser(self._address, role, number) as browser:
            while not self._stop.is_set():
                count += 1
                text = f"w{number}-{count}"
                if invites:
                    form = {"login": text, "name": text, "role": Role.ANALYST.value}
                    self._send(browser, "/people", form, text, self.people)
                else:
                    self._send(browser, f"/cases/c-{1 + count % CASES}/notes", {"note": text}, text, self.notes)
                time.sleep(_PAUSE)

    def _send(self, browser: httpx.Client, path: str, form: dict[str, str], text: str, book: Book) -> None:
        try:
            status = browser.post(path, data=form).status_code
        except httpx.TransportError:
            status = 0
            time.sleep(_AWAY)
        with self._lock:
            book.tried += 1
            if status in (200, 303):
                book.told.add(text)
            elif status == 0:
                book.unanswered += 1
            elif status == 503:
                book.refused[status] += 1
            else:
                book.odd.append(f"{path}: {status}")


def run(work: Path, *, kills: int, seconds: float, chance: random.Random) -> Outcome:
    """Kills a console again and again, and looks for what it acknowledged.

    Args:
        work: An empty folder.
        kills: How often.
        seconds: So long it runs at most before each.
        chance: When it is killed.

    Returns:
        What was lost, doubled and found.
    """
    folder, ledger = work / "console", work / "ledger"
    staff = seed(folder, ledger, {Role.INVESTIGATOR: WRITERS, Role.ADMINISTRATOR: 1}, CASES)
    slowest = 0.0
    with ExitStack() as last:
        console = Console(folder, ledger)
        last.callback(console.close)
        console.start()
        writers = Writers(console.address, staff)
        writers.start()
        last.callback(writers.stop)
        for _ in range(kills):
            time.sleep(chance.uniform(0.1, seconds))
            console.kill()
            slowest = max(slowest, console.start())
        time.sleep(seconds)
        writers.stop()
    lost, doubled, findings = _look(folder, ledger, writers)
    return Outcome(
        kills=kills,
        slowest_start=slowest,
        notes=writers.notes,
        people=writers.people,
        lost=lost,
        doubled=doubled,
        findings=findings,
    )


def _look(folder: Path, ledger: Path, writers: Writers) -> tuple[list[str], list[str], list[str]]:
    book = read_casebook(ledger / "detect")
    notes = Counter(act.after for case in book.cases for act in case.acts if isinstance(act, NoteWritten))
    found = verify(ledger / "detect")
    findings = [] if found.sound else [str(found.faults)]
    with open_access(read_console_settings({}, folder=str(folder))) as access:
        invited = Counter(act.person for act in access.acts(limit=10**9) if act.act is ActKind.INVITED)
        logins = Counter(person.login for person in access.people.all() if person.login.startswith("w"))
        checked = access.check_acts(limit=10**9)
    if checked.wrong is not None or checked.upto != checked.newest:
        findings.append(f"acts of access: {checked}")
    if invited != logins:
        findings.append("people and acts of access differ")
    lost = [text for text in writers.notes.told if not notes[text]] + [t for t in writers.people.told if not logins[t]]
    return lost, [str(text) for text, n in (notes + logins).items() if n > 1], findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How often, and how fast."""

    work: Path = option(text="an empty folder")
    kills: int = option(100)
    seconds: float = option(0.6, "it runs at most before each")
    seed: int = option(1)


@benchmark(
    minutes=5,
    kept=[
        kept
        for name in ("notes", "invitations")
        for kept in (
            Kept(f"acts that the console acknowledged: {name}", name, "acknowledged"),
            Kept(f"acts lost after kills: {name}", name, "lost", most=0),
            Kept(f"acts doubled after kills: {name}", name, "doubled", most=0),
        )
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Kill, and look."""
    options.work.mkdir(parents=True, exist_ok=True)
    outcome = run(options.work, kills=options.kills, seconds=options.seconds, chance=random.Random(options.seed))
    rows = []
    for name, book in (("notes", outcome.notes), ("invitations", outcome.people)):
        counts = [book.tried, len(book.told), book.refused.total(), book.unanswered]
        counts += [sum(text in book.told for text in some) for some in (outcome.lost, outcome.doubled)]
        rows.append((name, *(f"{n:,}" for n in counts)))
    yield Table(("acts", "tried", "acknowledged", "told 503", "no answer", "lost", "doubled"), rows)
    yield f"kills {outcome.kills}; slowest start {outcome.slowest_start:.1f} s"
    yield from outcome.notes.odd[:5] + outcome.people.odd[:5]
    if not outcome.well:
        raise UnsoundError(f"lost {outcome.lost}, doubled {outcome.doubled}, findings {outcome.findings}")
