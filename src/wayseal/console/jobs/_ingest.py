"""The kind `ingest`: a log into the ledger.

Taken in twice, after a worker died, it changes nothing: the ledger knows a file by what it holds.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from wayseal.console.errors import JobError
from wayseal.console.jobs.logs import MAPPING, drop_upload, log_of, open_log, refuse_bomb
from wayseal.console.jobs.work import Work
from wayseal.ledger import IngestReport, ingest
from wayseal.model.messages import N_, Message
from wayseal.store.notices import notice_message
from wayseal.store.types import NoticeCode

_MOST_REASONS = 8


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Takes a log in. values: `upload` or `file`, and how it is to be read (`open_log`)."""
    path = log_of(values, work)
    refuse_bomb(path, work.step)
    report = ingest(open_log(values, work), work.ledger, progress=work.step)
    (work.folder / MAPPING).unlink(missing_ok=True)
    for line in _lines(report):
        work.say(line.text, **line.values)
    drop_upload(work.folder.parent, values.get("upload", ""))
    _refuse_nothing(report, path)
    return _result(report)


def _lines(report: IngestReport) -> Iterator[Message]:
    for entry in report.ingested:
        values = {"table": entry.table, "rows": entry.rows, "name": entry.name}
        yield Message(N_("{table}: {rows:,} {rows:row|rows} from {name}"), values)
    for file in report.skipped:
        values = {"table": file.table, "name": file.name}
        yield Message(N_("{table}: {name} is in the ledger already; nothing changed"), values)
    for old in report.replaced:
        values = {"table": old.table, "name": old.name, "rows": old.rows}
        yield Message(
            N_("{table}: {name} was read again: {rows:,} {rows:row|rows} of its earlier reading went"), values
        )
    for notice in report.notices:
        if notice.code is NoticeCode.EMPTIED_CELLS:
            yield notice_message(notice)
    for table, rows in report.conflicts.items():
        if rows:
            yield Message(
                N_("{table}: {rows:,} {rows:row|rows} replaced one with the same id and other content"),
                {"table": table, "rows": rows},
            )
    for each in report.files:
        for reason, rows in sorted(each.rejected.items(), key=lambda one: -one[1])[:_MOST_REASONS]:
            said = {"name": each.name, "rows": rows, "reason": Message(str(reason))}
            yield Message(N_("{name}: {rows:,} {rows:row|rows} rejected: {reason}"), said)
    for jump in report.jumps:
        yield Message(
            N_("{name}: {share:.1%} of the rows were rejected, of this feed's earlier ones {before:.1%}"),
            {"name": jump.name, "share": jump.share, "before": jump.before},
        )


def _result(report: IngestReport) -> Mapping[str, str]:
    rows = sum(entry.rows for entry in report.ingested)
    return {"rows": str(rows), "rejected": str(sum(report.rejected.values())), "files": str(len(report.ingested))}


def _refuse_nothing(report: IngestReport, path: Path) -> None:
    """Says so where nothing of a file could be read: what came in is in the ledger all the same."""
    broken = [each for each in report.files if each.rows and each.rows == each.read]
    if broken:
        raise JobError(
            "all {rows:,} rows were rejected, most of them as {reason}: was the right mapping chosen?",
            file=path.name,
            rows=broken[0].rows,
            reason=Message(max(broken[0].rejected, key=broken[0].rejected.__getitem__)),
        )
