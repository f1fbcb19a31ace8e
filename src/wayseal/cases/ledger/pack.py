"""A case as a pack of evidence: what is looked up in ledger and casebook, and the items that are made of it.

1. Who exports and why is recorded in the casebook before anything is read; from then on the case's names may be shown.
2. All that is in the pack is made of one state of the ledger.
3. What can't be had (proofs of a ledger that isn't signed, a case that detection finds no more, PDF without its
   packages) is said in the pack, and is no reason not to write it.
"""

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from wayseal import __version__
from wayseal.cases import open_cases
from wayseal.cases.book import Casebook, Known, RecordedCase, act_name
from wayseal.cases.evidence import make_pack, take_in
from wayseal.cases.evidence.documents import case_document, handover_document
from wayseal.cases.evidence.errors import DocumentError, ItemChangedError
from wayseal.cases.evidence.types import (
    PAYLOAD,
    CaseFacts,
    Item,
    LedgerFacts,
    Pack,
    PackHead,
    RecordedAct,
    Role,
    TakenItem,
    Title,
)
from wayseal.cases.evidence.typesetting import Typesetter
from wayseal.cases.ledger.casebook import FOLDER, Names, list_json, writable_casebook
from wayseal.cases.ledger.detection import Detection, find_case, gather
from wayseal.cases.ledger.pack_request import Attached, PackRequest
from wayseal.cases.ledger.traced import IN_PACK, NOT_IN_PACK, Traced, settings_of, trace_items, trace_section
from wayseal.cases.types import CaseAct, Heard, Source
from wayseal.detect import DetectResult, ExternalEvidence, Options
from wayseal.detect.explain import load_templates
from wayseal.detect.reasons import READ_COLUMNS, ReadFilter, ReadsResult, list_case_reads, list_rows, render_reads
from wayseal.detect.report import render_detect, with_casebook_names
from wayseal.detect.window import DAY_US, parse_offset
from wayseal.ledger import Snapshot, integrity, open_ledger
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey
from wayseal.merkle.checkpoint import name_keys
from wayseal.model.messages import N_, Message
from wayseal.model.progress import Progress
from wayseal.model.rows import json_line
from wayseal.model.times import day_name, iso, time_at
from wayseal.page.languages import LANGS, known_lang
from wayseal.page.spreadsheet import csv_lines
from wayseal.page.words import catalogue, headings

_REPORT = "wayseal.detect.report"
_HTML, _JSON, _LINES, _CSV, _TEXT, _PDF = (
    *("text/html", "application/json", "application/x-ndjson", "text/csv", "text/plain", "application/pdf"),
)

_BYTES = "application/octet-stream"
_KINDS = {".html": _HTML, ".json": _JSON, ".jsonl": _LINES, ".csv": _CSV, ".txt": _TEXT, ".pdf": _PDF}
"""Media types of attached files, by how their names end."""
_CASE_PDF = {"zh": N_("Report of the case, on paper (Chinese)"), "en": N_("Report of the case, on paper (English)")}
_CASE_HTML = {"zh": N_("Report of the case, as a page (Chinese)"), "en": N_("Report of the case, as a page (English)")}
_CASE_JSON = {
    "zh": N_("Report of the case, for programs (Chinese texts)"),
    "en": N_("Report of the case, for programs (English texts)"),
}
_READS_CSV = {
    "zh": N_("Reads that the reasons count, as a table (Chinese)"),
    "en": N_("Reads that the reasons count, as a table (English)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePack:
    """A finished pack of a case. missing: why there are no PDFs; None where there are."""

    pack: Pack
    missing: DocumentError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """The material from ledger and casebook (rule 2)."""

    case: RecordedCase
    book_head: str
    acts: str
    found: DetectResult | None
    reads: ReadsResult
    ledger: LedgerFacts
    note: bytes
    keys: tuple[VerifyKey, ...]
    proofs: tuple[tuple[str, str], ...]
    since: str
    until: str
    traced: Traced | None


def export_case(request: PackRequest, progress: Progress) -> CasePack:
    """A case as a pack (rules 1 to 3).

    Raises:
        NoSuchCaseError: There is no such case; CasebookUsageError: who or why can't be so; MerkleError: a key or
            checkpoint that can't be used; LedgerError; EvidenceError: a file that can't stand in a pack.
    """
    keys = tuple(key for _, key in request.keys)
    note = b"" if request.checkpoint is None else request.checkpoint.read_bytes()
    signed_by = _signers(request, note, keys)
    folder = writable_casebook(request.ledger)
    with open_ledger(request.ledger) as snapshot:
        with open_cases(folder, new=False) as writer:
            writer.show_reads(request.case, request.who, request.why, request.at)
            known, case, head = writer.known(), writer.find(request.case), str(writer.head)
            name = Names(known.opened, writer.pseudonyms.of)
            numbers = writer.numbers(request.case)
        found = _find(snapshot, request, known, case, name.of, progress)
        reads = _list_reads(snapshot, request, case, numbers, name.of, progress)
        proofs = _prove(request, note, reads, progress) if note else ()
        window = _days(request, reads, found)
        material = _Material(
            case=case,
            book_head=head,
            acts=list_json(Casebook(cases=(case,)), name, None),
            found=found,
            reads=reads,
            ledger=_ledger_facts(snapshot, note, signed_by, len(proofs)),
            note=note,
            keys=keys,
            proofs=proofs,
            since=window[0],
            until=window[1],
            traced=None if request.traced is None else request.traced.shown(name.of),
        )
    return _make(request, material)


def _signers(request: PackRequest, note: bytes, keys: Sequence[VerifyKey]) -> tuple[str, ...]:
    """Who signed the checkpoint, before anything is recorded."""
    if not note:
        return ()
    try:
        return name_keys(Checkpoint.open(note, keys)[1])
    except MerkleError as error:
        raise error.at(file=request.checkpoint) from None


def _find(
    snapshot: Snapshot,
    request: PackRequest,
    known: Known,
    case: RecordedCase,
    name: Callable[[str], str],
    progress: Progress,
) -> DetectResult | None:
    """Run detection for the case, in the usual window, else in one ending with the case; None if it finds nothing."""
    folder = request.ledger / FOLDER
    usual = Options(offset=parse_offset(request.offset), templates=load_templates(request.templates), folder=folder)

    def evidence(options: Options) -> ExternalEvidence:
        work = Detection(ledger=request.ledger, options=options, canaries=request.canaries, contracts=request.contracts)
        return gather(work, snapshot, known, progress)

    found = find_case(snapshot, case, usual, progress, evidence)
    if found is None:
        return None
    only = replace(found[0], cases=(found[1],), held=0)
    return with_casebook_names(only, [case.id], [case.state.value], name)


def _list_reads(
    snapshot: Snapshot,
    request: PackRequest,
    case: RecordedCase,
    numbers: tuple[str, ...],
    name: Callable[[str], str],
    progress: Progress,
) -> ReadsResult:
    """The reads behind its reasons, and those of the numbers that it is about. numbers: clean."""
    wanted = ReadFilter(
        actors=case.actors,
        detectors=case.detectors,
        since=case.alerted_at,
        until=case.read_until,
        numbers=numbers,
    )
    templates, offset = load_templates(request.templates), parse_offset(request.offset)
    return list_case_reads(
        snapshot, wanted, case.id, templates, offset, request.ledger / FOLDER, name, progress
    )  # fmt: skip


def _prove(request: PackRequest, note: bytes, reads: ReadsResult, progress: Progress) -> tuple[tuple[str, str], ...]:
    """The reads' proofs by `source:row`, up to so many."""
    some = [(one.waybill, one.source, one.row) for one in reads.reads[: request.most_proofs]]
    found = []
    for proof in integrity.prove_many(request.ledger, some, note):
        found.append((f"{proof.read['source']}-{proof.read['row']}", proof.to_json()))
        progress("prove", len(found), len(some))
    return tuple(sorted(found))


def _ledger_facts(snapshot: Snapshot, note: bytes, keys: tuple[str, ...], proofs: int) -> LedgerFacts:
    generation = snapshot.manifest.commits[-1].generation if snapshot.manifest.commits else 0
    if not note:
        return LedgerFacts(digest=snapshot.digest, generation=generation)
    point = Checkpoint.claimed(note)
    return LedgerFacts(
        digest=snapshot.digest,
        generation=generation,
        origin=point.origin,
        root=point.root.hex(),
        size=point.size,
        keys=keys,
        proofs=proofs,
    )


def _days(request: PackRequest, reads: ReadsResult, found: DetectResult | None) -> tuple[str, str]:
    """First and last day that were looked at: by detection, else for the reads."""
    offset = parse_offset(request.offset)
    if found is None:
        return day_name(reads.since or 0), day_name(reads.until or 0)
    return day_name((found.since + offset) // DAY_US), day_name((found.until - 1 + offset) // DAY_US)


def _make(request: PackRequest, material: _Material) -> CasePack:
    """The pack of what was found."""
    head = _head(request, material)
    facts = _facts(request, material, head)
    try:
        typesetter, missing = Typesetter(), None
    except DocumentError as error:
        typesetter, missing = None, error
        none = Message("Neither list nor statement is in the pack: they could not be set as PDF where it was made.")
        head = replace(head, remarks=(*head.remarks, Title.of(none)))
        facts = replace(facts, head=head)
    known = {f"{PAYLOAD}files/{one.name}": one for one in request.attached}
    items = [
        _as_taken_in(take_in(item, request.at), known.get(item.path))
        for item in _items(request, material, facts, typesetter)
    ]
    pack = make_pack(head, items)
    if typesetter is not None:
        papers = {
            f"documents/handover.{lang}.pdf": typesetter.pdf("handover", handover_document(pack, facts, lang), head.at)
            for lang in LANGS
        }
        pack = replace(pack, papers=papers)
    return CasePack(pack=pack, missing=missing)


def _as_taken_in(item: TakenItem, before: Attached | None) -> TakenItem:
    """An item with the moment at which it was taken in, where that was before. ItemChangedError: it is another now."""
    if before is None or not before.sha256:
        return item
    if item.print.sha256 != before.sha256 or before.sm3 not in ("", item.print.sm3):
        raise ItemChangedError("this is no longer what was taken in", file=Path(before.source))
    return replace(item, at=before.at, who=before.who)


def _head(request: PackRequest, material: _Material) -> PackHead:
    moment = time_at(request.at).strftime("%Y%m%dT%H%M%SZ")
    return PackHead(
        name=f"evidence-{request.case}-{moment}",
        case=request.case,
        at=request.at,
        who=request.who,
        why=request.why,
        wayseal=__version__,
        unit=request.unit,
        command=_export_command(request),
        settings=_settings(request, material),
        remarks=tuple(map(Title.of, _remarks(request, material))),
    )


def _remarks(request: PackRequest, material: _Material) -> Iterator[Message]:
    """List what the reader of a pack must know of it."""
    proofs, reads = len(material.proofs), len(material.reads.reads)
    if not material.note:
        yield Message(
            "No signed checkpoint of the ledger was given: this pack proves nothing of what stood in the ledger before "
            "it was made."
        )
    elif proofs < reads:
        yield Message(
            "Of {reads:,} reads {proofs:,} have a proof in the pack; the others stand in the list alone.",
            {"reads": reads, "proofs": proofs},
        )
    if Source.TRACE.value in material.case.detectors:
        yield Message(IN_PACK if material.traced else NOT_IN_PACK)
    elif material.found is None:
        yield Message(
            "Detection finds no such case in the ledger of today (it was closed, or the ledger has changed): the pack "
            "holds no report of it."
        )
    if request.lost:
        yield Message(
            "Of the files that were added to the case {lost:,} {lost:is|are} no longer where they were kept, and not "
            "in this pack.",
            {"lost": request.lost},
        )
    if material.reads.unlisted:
        yield Message("Some reasons count reads that can't be listed one by one.")
    yield Message(
        "In the CSV tables a cell that a spreadsheet would take for a formula begins with an apostrophe; "
        "reads.jsonl has every value as it is."
    )


def _settings(request: PackRequest, material: _Material) -> dict[str, object]:
    """Return the settings that the result depends on."""
    ledger = material.ledger
    return {
        "wayseal": __version__,
        "ledger_digest": ledger.digest,
        "ledger_generation": ledger.generation,
        "origin": ledger.origin or None,
        "root": ledger.root or None,
        "offset": request.offset,
        "from": material.since,
        "to": material.until,
        "templates": None if request.templates is None else request.templates.name,
        "canaries": request.canaries is not None,
        "contracts": request.contracts is not None,
        "seed": None if material.traced is None else material.traced.seed,
        "trace": None if material.traced is None else settings_of(material.traced),
        "casebook_head": material.book_head,
        "missing_tables": list(material.reads.missing),
    }


def _commands(request: PackRequest, material: _Material) -> tuple[str, ...]:
    more = [] if request.templates is None else ["--templates", request.templates.name]
    days = ["--from", material.since, "--to", material.until]
    who = ["--who", request.who, "--why", request.why]
    return (
        *(() if material.traced is None else (material.traced.command,)),
        shlex.join(["wayseal", "detect", "LEDGER", *days, "--offset", request.offset, *more, "--format", "json"]),
        shlex.join(["wayseal", "reads", "LEDGER", "--case", request.case, *more, *who, "--format", "json"]),
    )


def _export_command(request: PackRequest) -> str:
    words = ["wayseal", "evidence", "export", "LEDGER", request.case, "--out", "PACK.zip"]
    words += ["--who", request.who, "--why", request.why, "--offset", request.offset]
    for option, path in (("--templates", request.templates), ("--checkpoint", request.checkpoint)):
        words += [] if path is None else [option, path.name]
    return shlex.join([*words, *(word for name, _ in request.keys for word in ("--key", name))])


def _facts(request: PackRequest, material: _Material, head: PackHead) -> CaseFacts:
    case = material.case
    return CaseFacts(
        head=head,
        state=case.state.value,
        alerted_at=case.alerted_at,
        accounts=case.actors,
        since=material.since,
        until=material.until,
        ledger=material.ledger,
        book_head=material.book_head,
        acts=tuple(map(_act, case.acts)),
        verdicts=case.judged,
        found={lang: _detect_json(material.found, lang) for lang in LANGS} if material.found is not None else {},
        reads={
            lang: [dict(zip(READ_COLUMNS, row, strict=True)) for row in list_rows(material.reads, lang)]
            for lang in LANGS
        },
        waybills=len({one.waybill for one in material.reads.reads}),
        commands=_commands(request, material),
        score=case.score,
        traced={lang: trace_section(material.traced, lang) for lang in LANGS if material.traced is not None},
        marked=case.marked,
    )


def _act(act: CaseAct) -> RecordedAct:
    statement = act.statement if isinstance(act, Heard) else ""
    return RecordedAct(kind=act_name(act), at=act.at, who=act.who, why=getattr(act, "why", ""), statement=statement)


def _detect_json(found: DetectResult, lang: str) -> dict[str, object]:
    """Detection's JSON, each reason with what its detector is called."""
    content: dict[str, object] = json.loads(render_detect(found, "json", lang))
    words = catalogue(known_lang(lang), _REPORT)
    cases = content["cases"]
    for case in cases if isinstance(cases, list) else ():
        for reason in case["reasons"]:
            reason["title"] = words.get(f"detector.{reason['detector']}", reason["detector"])
    return content


def _items(
    request: PackRequest, material: _Material, facts: CaseFacts, typesetter: Typesetter | None
) -> Iterator[Item]:
    """All items, in the order in which they are listed."""
    for lang in LANGS:
        if typesetter is not None:
            content = typesetter.pdf("case", case_document(facts, lang), request.at)
            yield _item(f"report/case.{lang}.pdf", _CASE_PDF[lang], content, _PDF)
        if material.found is not None:
            page = render_detect(material.found, "html", lang).encode()
            yield _item(f"report/case.{lang}.html", _CASE_HTML[lang], page, _HTML)
            told = render_detect(material.found, "json", lang).encode()
            yield _item(f"report/case.{lang}.json", _CASE_JSON[lang], told, _JSON)
    if material.traced is not None:
        yield from trace_items(material.traced)
    yield from _read_items(material, facts)
    acts = (material.acts + "\n").encode()
    yield _item("casebook/acts.json", N_("What was done with the case, from the casebook"), acts, _JSON)
    yield from _statement_items(material.case)
    if material.note:
        yield _item(
            "ledger/checkpoint.txt", N_("Signed checkpoint of the access ledger"), material.note, _TEXT, Role.CHECKPOINT
        )
    for number, key in enumerate(material.keys, start=1):
        title, content = N_("Public key of whoever keeps the checkpoints"), f"{key}\n".encode()
        yield _item(f"ledger/key-{number}.pub", title, content, _TEXT, Role.KEY)
    for one in request.attached:
        form = _KINDS.get(Path(one.name).suffix.lower(), _BYTES)
        yield _item(f"files/{one.name}", N_("File that was added"), one.path, form, source=one.source)
    for place, proof in material.proofs:
        yield _item(
            f"proofs/{place}.proof.json",
            N_("Proof that a read stands in the access ledger"),
            proof.encode(),
            _JSON,
            Role.PROOF,
        )


def _read_items(material: _Material, facts: CaseFacts) -> Iterator[Item]:
    told = json.loads(render_reads(material.reads, "json", "en"))["reads"]
    marks = {(one.read, one.waybill): asdict(one.mark) for one in material.case.marked}
    lines = "".join(json_line({**one, **marks.get((one["read"], one["waybill"]), {})}) for one in told)
    said = N_("Reads that the reasons count, for programs")
    yield _item("reads/reads.jsonl", said, lines.encode(), _LINES, Role.READS)
    for lang in LANGS:
        rows = (list(row.values()) for row in facts.reads[lang])
        content = b"".join(csv_lines(headings(READ_COLUMNS, lang), rows))
        yield _item(f"reads/reads.{lang}.csv", _READS_CSV[lang], content, _CSV)


def _statement_items(case: RecordedCase) -> Iterator[Item]:
    for number, heard in enumerate(case.heard, start=1):
        head = f"{iso(heard.at)}\n{heard.who}\n{heard.actor or ''}\n\n"
        yield _item(
            f"statements/{number:03d}.txt",
            N_("Statement of the person concerned"),
            f"{head}{heard.statement}\n".encode(),
            _TEXT,
        )


def _item(
    path: str, title: str, content: bytes | Path, kind: str, role: Role = Role.ITEM, source: str = ""
) -> Item:  # fmt: skip
    return Item(
        path=f"data/{path}", title=Title.of(Message(title)), content=content, format=kind, role=role, source=source
    )  # fmt: skip
