"""What jobs on the ledger and its cases do, a function a kind; and the search for words of the trade.

A log taken in twice, after a worker died, changes nothing: the ledger knows a file by what it holds.

1. Who was told stands in the casebook's outbox, and nowhere else: a job that is tried again tells nobody twice.
2. Of an address its place and its service are said, and nothing more.
3. That somebody couldn't be told ends no detection: it is said by the job, and the next one, or one of this kind, sends
   what waits.
4. The stamp lies beside the pack, in the folder of the job that made it; where the service is away a wish lies there.
5. A wish is fulfilled later, by a job of this kind: asked for, or each day. The stamp proves that later time.
6. That names are shown is recorded before anything is read (`cases.ledger.pack`); the seal is an act of the case
   before the job is done, and so before anybody can fetch the pack.
7. The pack is written beside its place, and moved there when it is whole.
8. Files of the case go into it as they were taken in, with the hashes and the moment of that; one that is another now
   stops the export, and one that is gone is said in the pack.
9. Where a time-stamping service is set, it is asked for a stamp; a service that is away stops nothing (`stamp_export`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from wayseal.cases import has_casebook, open_cases
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.evidence import read_sealed, write_pack
from wayseal.cases.evidence.errors import EvidenceError
from wayseal.cases.evidence.stamps import StampWish, have_stamped, keep_wish, read_wish, wish_path
from wayseal.cases.evidence.types import safe_name
from wayseal.cases.ledger.casebook import FOLDER, find_cases_of
from wayseal.cases.ledger.detection import Detection, find_cases, lay_out_case
from wayseal.cases.ledger.pack import export_case
from wayseal.cases.ledger.pack_request import Attached, PackRequest
from wayseal.cases.ledger.traced import Traced
from wayseal.cases.notices import DAYS, find_unknown, noticing, read_address_file, send_waiting, service_of
from wayseal.cases.views import Pack
from wayseal.console.errors import JobError
from wayseal.console.jobs.kinds import later
from wayseal.console.jobs.logs import MAPPING, drop_upload, log_of, open_log, refuse_bomb
from wayseal.console.jobs.results import WORDS, WordSeen
from wayseal.console.jobs.types import CaseInput, JobContext, LogInput, StampInput, WithdrawInput, number_of
from wayseal.console.reading import review_parcels, review_partners, review_rights
from wayseal.console.settings import FILES, ConsoleSettings, file_place
from wayseal.detect import DetectResult, Options
from wayseal.detect.explain import load_templates
from wayseal.ledger import IngestOptions, IngestReport, ingest
from wayseal.ledger.integrity import FINDING_TEXTS, verify
from wayseal.ledger.withdrawal import withdraw
from wayseal.market.log import open_market
from wayseal.market.log.queries import words as decided_words
from wayseal.market.log.reads import Reads
from wayseal.market.masks import mask_text
from wayseal.market.reading import Word, WordKind, propose_words
from wayseal.merkle import MerkleError, VerifyKey
from wayseal.model.messages import N_, Message
from wayseal.model.times import iso, offset_text
from wayseal.proofs.errors import StampError
from wayseal.store.durable import file_digest
from wayseal.store.types import NoticeCode, notice_message

_TOLD = 100
_ENDING = "*.checkpoint"


def verify_ledger(_given: object, work: JobContext) -> Mapping[str, str]:
    """Looks at everything, with the newest checkpoint where one is kept; each finding is a line of the log."""
    notes, keys = newest_checkpoint(work)
    found = verify(work.ledger, notes, keys, work.step)
    for one in found.findings[:_TOLD]:
        text = Message(FINDING_TEXTS[one.code], one.values)
        work.say(N_("{file}: {text}"), file=_inside(one.where, work.ledger), text=text)
    if len(found.findings) > _TOLD:
        work.say(N_("and {more:,} more"), more=len(found.findings) - _TOLD)
    return {
        "findings": str(len(found.findings)),
        "files": str(found.files),
        "rows": "" if found.rows is None else str(found.rows),
        "size": str(found.size),
        "root": found.root,
        "checkpoints": str(len(found.checkpoints)),
    }


def newest_checkpoint(work: JobContext) -> tuple[list[tuple[Path, bytes]], list[VerifyKey]]:
    """The newest checkpoint of the settings' folder, and the key under which it counts; nothing where none is kept."""
    folder, key = work.settings.checkpoint_folder, work.settings.checkpoint_key
    if folder is None or key is None:
        return [], []
    files = sorted(folder.glob(_ENDING), key=lambda file: file.name)
    try:
        keys = [VerifyKey.parse(key.read_text("utf-8").strip())]
    except MerkleError as error:
        raise error.at(file=key) from None
    return [(file, file.read_bytes()) for file in files[-1:]], keys


def _inside(where: str, ledger: Path) -> str:
    """A place as seen from the ledger."""
    path = Path(where)
    return str(path.relative_to(ledger)) if path.is_relative_to(ledger) else path.name


def send_notices(_given: object, work: JobContext) -> Mapping[str, str]:
    """Sends what waits."""
    to = read_addresses(work.settings)
    if not to:
        raise JobError("no addresses are set: an administrator names a file of them where the console is started")
    if not has_casebook(work.ledger / FOLDER):
        return {"notices": "0"}
    return send_to(to, work)


def read_addresses(settings: ConsoleSettings) -> Sequence[str]:
    """The addresses of the settings' file; none without one. JobError: it can't be read, or one of them can't be."""
    if settings.notices is None:
        return ()
    try:
        to = read_address_file(settings.notices)
    except (OSError, UnicodeDecodeError):
        raise JobError("the file of addresses can't be read", file=settings.notices) from None
    unknown = find_unknown(to)
    if unknown is not None:
        raise JobError("address {number} is none that Apprise knows", file=settings.notices, number=unknown)
    return to


def send_to(to: Sequence[str], work: JobContext) -> Mapping[str, str]:
    """Sends what waits to each address, and says what became of it."""
    work.step("send_to", 0, 0)
    found = send_waiting(work.ledger, work.ledger / FOLDER, to, work.settings.notices_lang, work.now)
    for number, (address, sent) in enumerate(zip(to, found.sent, strict=True), 1):
        said = {"number": number, "service": service_of(address)}
        if sent:
            work.say(N_("{n:,} {n:notice|notices} to address {number} ({service})"), n=sent, **said)
        if number in found.failed:
            work.say(N_("address {number} ({service}) couldn't be told: the next run tries again"), **said)
    if found.left.let_go:
        work.say(
            N_(
                "{n} {n:notice|notices} waited {days} days for addresses that are given no more, and {n:was|were} let "
                "go; `wayseal case list` has the cases"
            ),
            n=found.left.let_go,
            days=DAYS,
        )
    untold = {"notices_failed": str(len(found.failed))} if found.failed else {}
    return {"notices": str(sum(found.sent)), **untold}


def detect_cases(_given: object, work: JobContext) -> Mapping[str, str]:
    """Looks at the newest four weeks, registers what is found, and tells of what is new (`send_to`)."""
    settings, to = work.settings, read_addresses(work.settings)  # before the work: what is wrong is said at once
    options = Options(templates=load_templates(settings.templates), false_alarm=settings.false_alarm)
    request = Detection(ledger=work.ledger, options=options, canaries=settings.canaries, contracts=settings.contracts)

    def around(result: DetectResult) -> AbstractContextManager[None]:
        return noticing(work.ledger, work.ledger / FOLDER, to if result.worth else (), work.now)

    found, recorded = find_cases(request, work.at, work.step, around)
    if not recorded:
        work.say(N_("the casebook can't be written: nothing was recorded"))
    if not found.judged.enough:
        work.say(N_("most of what was read could not be judged: see what tables the ledger lacks"))
    told = send_to(to, work) if to and recorded else {}
    return {"cases": str(len(found.cases)), "held": str(found.held), "recorded": str(int(recorded)), **told}


_MOST_REASONS = 8


def take_in(log: LogInput, work: JobContext) -> Mapping[str, str]:
    """Takes a log in."""
    path = log_of(log, work)
    refuse_bomb(path, work.step)
    options = IngestOptions(who=work.who, at=work.at)
    report = ingest(open_log(log, work), work.ledger, progress=work.step, options=options)
    (work.folder / MAPPING).unlink(missing_ok=True)
    for line in _lines(report):
        work.say(line.text, **line.values)
    drop_upload(work.folder.parent, log.upload)
    _refuse_nothing(report, path)
    return _taken_in(report)


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


def _taken_in(report: IngestReport) -> Mapping[str, str]:
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


def withdraw_file(given: WithdrawInput, work: JobContext) -> Mapping[str, str]:
    """Takes a file out of the ledger, unless a case rests on it."""

    def refuse_resting(accounts: frozenset[str] | None) -> None:
        if cases := find_cases_of(work.ledger / FOLDER, accounts):
            raise JobError("{cases} {n:rests|rest} on it: it stays", cases=", ".join(cases[:_MOST_CASES]), n=len(cases))

    gone = withdraw(
        work.ledger, given.place, given.sha256, who=work.who, why=given.why, at=work.at,
        check=refuse_resting, progress=work.step,
    )  # fmt: skip
    work.say(N_("{table}: {rows:,} {rows:row|rows} of {name} went"), table=gone.table, rows=gone.rows, name=gone.name)
    return {"rows": str(gone.rows)}


_HOUR = 3_600_000_000
_DAYS, _MOST_CASES = 90, 5


def lay_out(given: CaseInput, work: JobContext) -> Mapping[str, str]:
    """Lays out a case."""
    ledger, case = work.ledger, given.case
    folder = ledger / FOLDER
    if not has_casebook(folder):
        raise NoSuchCaseError("no case has been registered yet", file=folder)
    with open_cases(folder, new=False) as cases:
        found, numbers = cases.find(case), cases.numbers(case)
    reads = lay_out_case(ledger, folder, found, numbers, work.settings.utc_offset_hours * _HOUR, work.step)
    return {"case": case, "reads": str(reads)}


def hold_rights(_given: object, work: JobContext) -> Mapping[str, str]:
    """Holds rights against use; what of it goes into the queue is for whoever reads it."""
    found = review_rights(work.ledger, work.ledger / FOLDER, _DAYS, work.at, work.step)
    return {"accounts": str(found.accounts)}


def hold_partners(_given: object, work: JobContext) -> Mapping[str, str]:
    """Holds partners against their contracts; what of it goes into the queue is for whoever reads it."""
    found = review_partners(work.ledger, work.ledger / FOLDER, work.settings.contracts, work.at, work.step)
    return {"partners": str(len(found.partners))}


def look_for_parcels(_given: object, work: JobContext) -> Mapping[str, str]:
    """Looks for shipments without a parcel; what of it goes into the queue is for whoever reads it."""
    found = review_parcels(work.ledger, work.ledger / FOLDER, work.at, work.step)
    return {"groups": str(len(found.groups)), "askers": str(len(found.askers))}


PACK = "pack.zip"


def stamp_packs(given: StampInput, work: JobContext) -> Mapping[str, str]:
    """Has packs stamped."""
    stamped, waiting = 0, 0
    for pack in _packs(given.of, work.folder.parent):
        work.step("stamp", stamped + waiting, 0)
        if _try_stamp(pack, work.settings.stamp_url or read_wish(pack) or "", work):
            stamped += 1
        else:
            waiting += 1
    if waiting and not stamped:
        raise JobError("no stamp was had, and what waits goes on waiting: try again later")
    return {"stamped": str(stamped), "waiting": str(waiting)}


def stamp_export(pack: Path, seal: str, work: JobContext) -> dict[str, str]:
    """Has a new pack stamped, or keeps the wish (rule 4); nothing where no service is set."""
    url = work.settings.stamp_url
    if url is None:
        return {}
    keep_wish(pack, StampWish(url=url, seal=seal, at=work.at))
    work.step("stamp", 0, 0)
    return {"stamped": "1"} if _try_stamp(pack, url, work) else {"waiting": "1"}


def _packs(of: str, jobs: Path) -> Iterator[Path]:
    """Packs that are to be stamped. JobError: there is no such pack."""
    if not of:
        yield from sorted(wish.parent / PACK for wish in jobs.glob(f"j-*/{wish_path(Path(PACK)).name}"))
        return
    pack = jobs / of / PACK
    if number_of(of) is None or not pack.is_file():
        raise JobError("the pack isn't kept here any more: make it anew", key="of")
    yield pack


def _try_stamp(pack: Path, url: str, work: JobContext) -> bool:
    """Return whether a pack was stamped; what hinders that is said."""
    try:
        with pack.open("rb") as file:
            said = have_stamped(pack, url, read_sealed(file))
    except (StampError, EvidenceError) as error:
        work.say(N_("{job}: no time stamp yet: {reason}"), job=pack.parent.name, reason=error.message)
        return False
    work.say(N_("{job}: stamped {at} by {by}"), job=pack.parent.name, at=iso(said.at), by=said.by)
    return True


_MOST_PROOFS = 2000
_load_traced = later("tracing.work", "load_traced")


def export_pack(given: CaseInput, work: JobContext) -> Mapping[str, str]:
    """Makes a pack."""
    case, why, to = given.case, given.why, given.to
    made = export_case(_request(work, case, why, _load_traced(given, work)), work.step)
    work.step("write", 0, 0)
    part, place = work.folder / "pack.part", work.folder / PACK
    with part.open("wb") as file:
        seal = write_pack(made.pack, file)
    size, digest, items = part.stat().st_size, file_digest(part), len(made.pack.items)
    part.replace(place)
    with open_cases(work.ledger / FOLDER, new=False) as cases:
        pack = Pack(seal=seal, digest=digest, size=size, items=items)
        cases.seal_pack(case, pack, work.who, why, work.at, to=to)
    stamped = stamp_export(place, seal, work)
    if made.missing is not None:
        work.say(N_("no PDF was made, neither list nor statement: {reason}"), reason=made.missing.message)
    name = f"{made.pack.head.name}.zip"
    told = {"seal": seal, "sha256": digest, "size": str(size), "items": str(items), "file": PACK, "name": name}
    return told | stamped


def _request(work: JobContext, case: str, why: str, traced: Traced | None) -> PackRequest:
    settings = work.settings
    notes, keys = newest_checkpoint(work)
    key = settings.checkpoint_key
    attached = _attached(work, case)
    there = tuple(one for one in attached if one.path.is_file())
    return PackRequest(
        ledger=work.ledger,
        case=case,
        who=work.who,
        why=why,
        at=work.at // 1_000_000 * 1_000_000,
        unit=settings.unit,
        offset=offset_text(settings.utc_offset_hours),
        templates=settings.templates,
        canaries=settings.canaries,
        contracts=settings.contracts,
        checkpoint=notes[0][0] if notes else None,
        keys=tuple((key.name, one) for one in keys) if key is not None and notes else (),
        most_proofs=_MOST_PROOFS,
        attached=there,
        lost=len(attached) - len(there),
        traced=traced,
    )


def _attached(work: JobContext, case: str) -> tuple[Attached, ...]:
    """Files of the case, each where it is kept (rule 8)."""
    with open_cases(work.ledger / FOLDER, new=False) as cases:
        rows = cases.dossier(case).files
    return tuple(
        Attached(
            path=file_place(work.settings.folder / FILES, one.digest),
            name=f"{one.digest[:12]}-{safe_name(one.name)}",
            source=one.name,
            sha256=one.digest,
            sm3=one.sm3 or "",
            at=one.at,
            who=one.who,
        )
        for one in rows
    )


_MOST_WORDS, _PLACES, _AROUND = 60, 3, 18


def look_for_words(_given: object, work: JobContext) -> Mapping[str, str]:
    """Looks for them; a person accepts them."""
    work.step("market_words", 0, 0)
    with open_market(market_folder(work), work.settings.market_database) as market:
        texts = {row.offer: row.said for row, _, _ in Reads(market).all_offers()}
        decided = decided_words(market)
    known = [
        Word(word=one.word, zh=one.meaning, en=one.meaning, kind=WordKind(one.kind), source=one.who, date="")
        for one in decided
        if one.state == "accepted"
    ]
    passed = {one.word for one in decided}
    found = propose_words(texts.values(), known, most=_MOST_WORDS + len(passed))
    masked = {offer: " ".join(mask_text(text).split()) for offer, text in texts.items()}
    seen = tuple(
        WordSeen(
            word=one.word,
            kind=one.kind.value,
            texts=one.texts,
            elsewhere=one.elsewhere,
            near=one.near,
            places=_places(one.word, masked),
        )
        for one in found
        if one.word not in passed
    )
    kept = seen[:_MOST_WORDS]
    return {**WORDS.keep(work.folder, kept), "words": str(len(kept)), "texts": str(len(texts))}


def _places(word: str, texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Where a word stands, in texts that differ."""
    out: dict[str, str] = {}
    for offer, text in texts.items():
        at = text.find(word)
        if at >= 0:
            around = text[max(0, at - _AROUND) : at + len(word) + _AROUND]
            out.setdefault(around, offer)
        if len(out) == _PLACES:
            break
    return tuple((offer, around) for around, offer in out.items())


def market_folder(work: JobContext) -> Path:
    """The folder of the market's watch. JobError: none is set."""
    folder = work.settings.market
    if folder is None:
        raise JobError("no market is watched here: an administrator names its folder where the console is started")
    return folder
