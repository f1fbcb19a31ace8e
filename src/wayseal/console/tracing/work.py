"""What jobs of the trace workspace do, and what they leave in their folders, read again.

They look at numbers before a trace, trace them, and leave each out in turn.

1. Accounts, sessions and devices stand there under the casebook's pseudonyms, in all that pages read. One file, the
   report that `wayseal trace` would write, names them: it is what is handed on once a case is opened.
2. What is read is what was written: its SHA-256 is kept by the job, and a file that differs is refused.
3. Same ledger, numbers, seed and version: same result. What a job was told says all of that, and so does what it gave.
4. Pages see pseudonyms alone (rule 1): a casebook is made where there is none, since its secret makes them.
5. A run writes into its own folder and nowhere else; it can be begun anew at any time.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from wayseal.cases import has_casebook, load_pseudonyms, open_cases
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.ledger.traced import Traced
from wayseal.console.errors import TraceWorkError
from wayseal.console.jobs.types import CaseInput, JobContext, NumbersInput
from wayseal.console.tracing.types import Number, Run
from wayseal.ledger import Snapshot, open_ledger
from wayseal.merkle import Checkpoint
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.model.times import clock_hours, offset_text
from wayseal.store import read_leaks
from wayseal.store.durable import replace_file
from wayseal.store.types import Leaks
from wayseal.trace import TraceResult, render, trace
from wayseal.trace.preview import Preview, preview

T = TypeVar("T")
RESULT, REPORT, LEAKS, LEFT_OUT, CHECK = "result.json", "report.json", "leaks.jsonl", "left_out.json", "check.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A trace without one number.

    line: of the number, from 1. verdict: without it. lead: the leading source, "" for none. probability: that it, or
    one that it can't be told from, is a source. chances: by source, of those that lead the whole trace, the same
    without the number.
    """

    line: int
    waybill: str
    verdict: VerdictKind
    lead: str
    probability: float
    chances: Mapping[str, float]


def keep(folder: Path, name: str, content: Any) -> dict[str, str]:
    """Writes a value as JSON; what a job has to know of it (rule 2)."""
    text = json.dumps(content, ensure_ascii=False).encode()
    replace_file(folder / name, text)
    return {"folder": str(folder), "sha256": hashlib.sha256(text).hexdigest()}


def result_content(result: TraceResult) -> dict[str, Any]:
    """A trace as it is kept."""
    point = result.checkpoint
    made = asdict(replace(result, checkpoint=None))
    made["checkpoint"] = None if point is None else [point.origin, point.size, point.root.hex()]
    return made


def load_result(told: Mapping[str, str]) -> TraceResult:
    """The trace of a run, under pseudonyms. TraceWorkError: it isn't there, or isn't what was written."""
    return _result(_path(told, RESULT), told.get("sha256", ""))


def load_check(told: Mapping[str, str]) -> Preview:
    """Return what a check found. TraceWorkError as above."""
    return _check(_path(told, CHECK), told.get("sha256", ""))


def load_left_out(told: Mapping[str, str]) -> tuple[LeftOut, ...]:
    """Return what a trace says without each number. TraceWorkError as above."""
    return _left_out(_path(told, LEFT_OUT), told.get("sha256", ""))


def load_names(told: Mapping[str, str]) -> tuple[tuple[str, SourceKind], ...]:
    """Names and kinds of the sources that the report of a run lists. TraceWorkError as above.

    Only for an act that is on record: they are names in clear.
    """
    content = _read(_path(told, REPORT), told.get("report_sha256", ""))
    return tuple((row["source"], SourceKind(row["kind"])) for row in content["sources"])


def tell_traced(run: Run, basket: str, numbers: Sequence[Number]) -> str:
    """What a job has to know of a run so that it can go into a pack of evidence. basket: its name."""
    about = {"run": run.job, "at": run.at, "who": run.who, "seed": run.seed, "basket": run.basket, "name": basket}
    seen = {"since": min(one.seen_at for one in numbers), "until": max(one.sold_at for one in numbers)}
    bought = {one.waybill: (one.price, one.bought_by) for one in numbers}
    said = {**about, **seen, "version": run.version, "offset": offset_text(clock_hours()), "bought": bought}
    return json.dumps({**said, "told": dict(run.told)}, ensure_ascii=False)


def load_traced(given: CaseInput, work: JobContext) -> Traced | None:
    """The run that a case was opened from (`tell_traced`); None: there was none, or what it left is gone."""
    if not given.trace:
        return None
    about = json.loads(given.trace)
    told, alias = about.pop("told"), _alias(work.ledger / FOLDER)
    try:
        ids = {alias(name, kind): name for name, kind in load_names(told)}
        return Traced(**about, leaks=read_leaks_file(told), result=load_result(told), ids=ids)
    except TraceWorkError:
        return None


def read_leaks_file(told: Mapping[str, str]) -> bytes:
    """The numbers of a run, byte for byte as they were traced. TraceWorkError as above."""
    return _bytes(_path(told, LEAKS), told.get("leaks_sha256", ""))


@lru_cache(maxsize=32)
def _result(path: Path, digest: str) -> TraceResult:
    content = _read(path, digest)
    point = content.pop("checkpoint")
    result = _parsed(TraceResult, {**content, "checkpoint": None})
    made = None if point is None else Checkpoint(origin=point[0], size=point[1], root=bytes.fromhex(point[2]))
    return replace(result, checkpoint=made)


@lru_cache(maxsize=32)
def _check(path: Path, digest: str) -> Preview:
    return _parsed(Preview, _read(path, digest))


@lru_cache(maxsize=32)
def _left_out(path: Path, digest: str) -> tuple[LeftOut, ...]:
    return _parsed(tuple[LeftOut, ...], _read(path, digest))


def _parsed(form: type[T], content: Any) -> T:
    try:
        return TypeAdapter(form).validate_python(content)
    except ValidationError:
        raise TraceWorkError("another version of Wayseal made this result: run the trace again") from None


def _path(told: Mapping[str, str], name: str) -> Path:
    if not told.get("folder"):
        raise TraceWorkError("this run left no result")
    return Path(told["folder"]) / name


def _read(path: Path, digest: str) -> Any:
    return json.loads(_bytes(path, digest))


def _bytes(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        raise TraceWorkError("the result of this run isn't where it was written: run it again") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise TraceWorkError("the result of this run isn't what was written: run it again")
    return content


def finite(value: float) -> float:
    """A number that text can hold; 0 where it is none."""
    return value if math.isfinite(value) else 0.0


STAGES = ("match", "gather", "weigh", "test", "assemble", "assemble")
"""What a trace does in each of its steps."""
MOST_LEFT_OUT = 200
FOLLOWED = 6
"""Leading sources that are followed while numbers are left out."""
_PERSONAL = {SourceKind.ACTOR: "actor", SourceKind.SESSION: "session", SourceKind.DEVICE: "device"}


def run_check(given: NumbersInput, work: JobContext) -> Mapping[str, str]:
    """Looks at numbers before a trace."""
    leaks = _leaks(given, work.folder)
    work.step("match", 0, 1)
    with open_ledger(work.ledger) as snapshot:
        found = preview(snapshot, leaks)
        root = snapshot.checkpoint.root.hex()
    work.step("match", 1, 1)
    told = keep(work.folder, CHECK, asdict(found))
    return {**told, "found": str(found.found), "ledger": found.ledger_digest, "root": root}


def run_trace(given: NumbersInput, work: JobContext) -> Mapping[str, str]:
    """Traces numbers."""
    leaks = _leaks(given, work.folder)
    alias = _alias(work.ledger / FOLDER)
    with open_ledger(work.ledger) as snapshot:
        result = trace(snapshot, leaks, seed=given.seed, progress=partial(_say_step, work))
    report = render(result, "json", "en").encode()
    replace_file(work.folder / REPORT, report)
    shown = result.renamed(alias)
    told = keep(work.folder, RESULT, result_content(shown))
    return {
        **told,
        **_summary(shown),
        "report_sha256": hashlib.sha256(report).hexdigest(),
        "leaks_sha256": leaks.digest,
        "ledger": result.ledger_digest,
        "root": result.checkpoint.root.hex() if result.checkpoint else "",
        "wayseal": result.wayseal,
    }


def run_left_out(given: NumbersInput, work: JobContext) -> Mapping[str, str]:
    """Traces numbers without each of them in turn."""
    leaks = _leaks(given, work.folder)
    total = len(leaks.rows)
    if not 2 <= total <= MOST_LEFT_OUT:
        raise TraceWorkError("leaving numbers out takes 2 to {most} of them", most=MOST_LEFT_OUT)
    alias = _alias(work.ledger / FOLDER)
    seed, out = given.seed, []
    with open_ledger(work.ledger) as snapshot:
        work.step("whole", 0, total + 1)
        whole = trace(snapshot, leaks, seed=seed, progress=_quiet).renamed(alias)
        followed = [row.source for row in whole.sources if row.account is None][:FOLLOWED]
        for place in range(total):
            work.step("without", place + 1, total + 1)
            out.append(_without(snapshot, leaks, place, seed, alias, followed))
    work.step("without", total + 1, total + 1)
    told = keep(work.folder, LEFT_OUT, [asdict(one) for one in out])
    return {**told, "ledger": whole.ledger_digest, "leaks_sha256": leaks.digest}


def _without(
    snapshot: Snapshot,
    leaks: Leaks,
    place: int,
    seed: int,
    alias: Callable[[str, SourceKind], str],
    followed: list[str],
) -> LeftOut:
    """A trace without the number in a place."""
    kept = np.arange(len(leaks.rows)) != place
    rest = replace(leaks, rows=leaks.rows.filter(kept), line=leaks.line[kept], by_day=leaks.by_day[kept])
    found = trace(snapshot, rest, seed=seed, progress=_quiet).renamed(alias)
    lead = found.lead
    chances = {row.source: row.set_probability for row in reversed(found.sources)}
    return LeftOut(
        line=int(leaks.line[place]),
        waybill=leaks.rows["waybill"][place].as_py(),
        verdict=found.verdict,
        lead="" if lead is None else lead.source,
        probability=0.0 if lead is None else lead.set_probability,
        chances={name: chances.get(name, 0.0) for name in followed},
    )


def _leaks(given: NumbersInput, folder: Path) -> Leaks:
    """The numbers, kept in the job's folder as they are traced (rule 3)."""
    path = folder / LEAKS
    replace_file(path, given.leaks.encode())
    return read_leaks(path, offset=given.offset)


def _alias(casebook: Path) -> Callable[[str, SourceKind], str]:
    """Return what a source is called on pages (rule 4)."""
    if not (casebook.exists() and has_casebook(casebook)):
        with open_cases(casebook):
            pass
    pseudonyms = load_pseudonyms(casebook)

    def alias(name: str, kind: SourceKind) -> str:
        return pseudonyms.of(name, _PERSONAL[kind]) if kind in _PERSONAL else name

    return alias


def _summary(result: TraceResult) -> dict[str, str]:
    """Return what lists show of a trace."""
    lead = result.lead
    said = {"verdict": result.verdict.value, "found": str(result.found), "leaks": str(result.leaks)}
    if lead is None:
        return said
    return said | {
        "lead": lead.source,
        "kind": lead.kind.value,
        "probability": str(lead.chance),
        "saw": str(lead.saw),
        "expected": str(finite(lead.expected)),
        "set": str(len(lead.set)),
    }


def _say_step(work: JobContext, stage: str, done: int, total: int) -> None:
    del stage
    work.step(STAGES[done], done, total)


def _quiet(stage: str, done: int, total: int) -> None:
    del stage, done, total
