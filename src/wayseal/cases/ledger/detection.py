"""Detection that makes cases: what it is told beside the reads, how what it finds is registered and laid out.

1. Beside the reads it knows verdicts, reads of canaries, and partners' breaches.
2. What is found is registered as cases, and gets their ids and the names that may be shown. In a dry run, and where the
   casebook can't be written, nothing is recorded, and accounts have the names that they would have.
3. Canaries that came out or were touched come into the queue by themselves, once each.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wayseal.cases import open_cases
from wayseal.cases.book import Known, RecordedCase
from wayseal.cases.decisions import Lead
from wayseal.cases.errors import ReadOnlyError
from wayseal.cases.ledger.arrivals import WHO, canary_leads
from wayseal.cases.ledger.casebook import FOLDER, can_write_casebook, load_known, masking
from wayseal.cases.types import Alert
from wayseal.detect import Case, DetectResult, ExternalEvidence, ExternalVerdict, Options, detect
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.partners import Contract, Kind, PartnersResult, breaches_of, check_partners, load_contracts
from wayseal.detect.report import with_casebook_names
from wayseal.detect.timeline import CaseRequest, keep_timeline, lay_out
from wayseal.detect.window import DAY_US, WindowError, window_of
from wayseal.ledger import Snapshot, open_ledger
from wayseal.ledger.upkeep import refuse_backup
from wayseal.model.period import Period
from wayseal.model.progress import Progress
from wayseal.trace.canary import RegisterState, read_state

Row = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorCounts:
    """The counts of one detector: (account, µs, count), and some or all of the reads: (account, µs, waybill)."""

    rows: Sequence[Row]
    reads: Sequence[tuple[str, int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A request for a run of detection.

    Attributes:
        ledger: The ledger.
        options: How detection decides.
        canaries: A register of canaries.
        contracts: A folder of partners' contracts.
        opened: Who opens all cases, and why.
        dry: Nothing is recorded.
    """

    ledger: Path
    options: Options
    canaries: Path | None = None
    contracts: Path | None = None
    opened: tuple[str, str] | None = None
    dry: bool = False

    @property
    def folder(self) -> Path:
        """Where detection keeps what it keeps."""
        return self.ledger / FOLDER


def find_cases(
    request: Detection,
    now: int,
    progress: Progress,
    around: Callable[[DetectResult], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> tuple[DetectResult, bool]:
    """Looks, and registers what was found where that may and can be done (rule 2). A dry run may look into a backup.

    Args:
        request: What to do.
        now: Microseconds after 1970.
        progress: Told how far it is.
        around: Is open while cases are registered.

    Returns:
        What was found, and whether it was recorded.

    Raises:
        BackupRefusedError: The ledger is a backup.
        ReadOnlyError: Somebody is to open cases, and the casebook can't be written.
    """
    if not request.dry:
        refuse_backup(request.ledger)
    folder = request.folder
    with open_ledger(request.ledger) as snapshot:
        recorded = not request.dry and can_write_casebook(request.ledger, folder)
        if request.opened is not None and not recorded:
            raise ReadOnlyError("can't be written, so that nobody could record who saw names", file=folder)
        known = load_known(folder, writable=recorded)
        options = replace(request.options, folder=folder if recorded else None)
        evidence, leads = _gather(request, snapshot, known, progress)
        result = detect(snapshot, options, evidence, progress)
        if not recorded:
            return mask_cases(result, folder, known), False
        with around(result):
            shown, found = register_cases(result, folder, request.opened, now)
        if leads:
            with open_cases(folder) as cases:
                cases.enqueue_once(leads, WHO, now)
        lay_out_cases(snapshot, found, options, folder, progress)
    return shown, True


def gather(request: Detection, snapshot: Snapshot, known: Known, progress: Progress) -> ExternalEvidence:
    """Gather the evidence that detection is given beside the reads (rule 1)."""
    return _gather(request, snapshot, known, progress)[0]


def _gather(
    request: Detection, snapshot: Snapshot, known: Known, progress: Progress
) -> tuple[ExternalEvidence, tuple[Lead, ...]]:
    """The same, and what of it wants a decision by itself (rule 3)."""
    contracts = None if request.contracts is None else load_contracts(request.contracts)
    counts: dict[str, DetectorCounts] = {}
    leads: tuple[Lead, ...] = ()
    if request.canaries is not None:
        state = read_state(request.canaries)
        counts["canary_touch"] = count_canary_reads(snapshot, state)
        leads += canary_leads(state, counts["canary_touch"].reads)
    if contracts is not None:
        found = find_breaches(snapshot, contracts, request.options, progress)
        counts["partner_contract"] = count_breaches(found, request.options.offset)
    return collect_evidence(known, counts), leads


def collect_evidence(known: Known, counts: dict[str, DetectorCounts]) -> ExternalEvidence:
    """Verdicts of a casebook, and what was counted, by detector."""
    verdicts = [ExternalVerdict(actors=v.actors, true=v.true, until=v.read_until) for v in known.verdicts]
    return ExternalEvidence(
        counted={name: one.rows for name, one in counts.items()},
        reads={name: one.reads for name, one in counts.items()},
        verdicts=verdicts,
        linked=known.linked,
    )


def count_canary_reads(snapshot: Snapshot, state: RegisterState) -> DetectorCounts:
    """Reads of canaries by accounts that they were not made for."""
    made = {c.waybill: set(c.pool) for c in state.watch.canaries}
    reads = snapshot.reads(np.unique(snapshot.keys(sorted(made))), ("waybill", "at", "actor"))
    waybills = snapshot.names("waybill", reads["waybill"].to_numpy())
    actors = snapshot.names("actor", reads["actor"].to_numpy())
    at = reads["at"].cast("int64").to_pylist()
    found = [(a, t, w) for w, a, t in zip(waybills, actors, at, strict=True) if a not in made.get(w, {a})]
    return DetectorCounts(rows=[(a, t, 1) for a, t, _ in found], reads=found)


def find_breaches(
    snapshot: Snapshot, contracts: Sequence[Contract], options: Options, progress: Progress
) -> PartnersResult | None:
    """Partners' reads against their contracts, on the days that detection looks at, its past included."""
    window = window_of(snapshot.activity(), options.offset, options.since, options.until)
    if window is None:
        return None
    since, until = (day * DAY_US - options.offset for day in (window.past, window.last + 1))
    return check_partners(snapshot, contracts, period=Period(since=since, until=until), progress=progress)


def count_breaches(found: PartnersResult | None, offset: int) -> DetectorCounts:
    """The reads in breach by account and day, and some of them. offset: of local days, µs."""
    if found is None:
        return DetectorCounts(rows=(), reads=())
    return DetectorCounts(rows=_count_by_day(found, offset), reads=_collect_examples(found))


def _count_by_day(found: PartnersResult, offset: int) -> list[Row]:
    """The most reads of an account and day in breach of one thing: how many reads break several isn't known.

    That a partner has no contract here is no breach.
    """
    most: dict[tuple[str, int], int] = {}
    for actor, rows in breaches_of(found).items():
        for day, kind, reads in rows:
            if kind is not Kind.NO_CONTRACT:
                most[actor, day] = max(most.get((actor, day), 0), reads)
    return [(actor, day * DAY_US - offset, reads) for (actor, day), reads in most.items()]


def _collect_examples(found: PartnersResult) -> list[tuple[str, int, str]]:
    some_reads = [b.examples for p in found.partners for b in p.breaches if b.kind is not Kind.NO_CONTRACT]
    some_reads += [p.calls.only_ours.examples for p in found.partners if p.calls is not None]
    return list(dict.fromkeys((e.actor, e.at, e.waybill) for some in some_reads for e in some))


def register_cases(
    result: DetectResult, folder: Path, opened: tuple[str, str] | None, now: int
) -> tuple[DetectResult, tuple[CaseRequest, ...]]:
    """The result with the ids of its cases, how they stand and the names that may be shown.

    opened: who opens all of them, and why. now: microseconds. Also what `lay_out_cases` takes.
    """
    if not result.cases:
        return result, ()
    order = sorted(range(len(result.cases)), key=lambda k: (result.cases[k].alerted_at, k))
    with open_cases(folder) as writer:
        ids = dict(zip(order, writer.register([_alert(result, k) for k in order], now), strict=True))
        if opened is not None:
            writer.unmask(tuple(dict.fromkeys(ids.values())), *opened, now)
        known = {id_: (writer.find(id_), writer.numbers(id_)) for id_ in dict.fromkeys(ids.values())}
        names, pseudonyms = writer.known().opened, writer.pseudonyms
    each = [ids[k] for k in range(len(ids))]
    shown = with_casebook_names(
        result, each, [known[id_][0].state.value for id_ in each], lambda a: a if a in names else pseudonyms.of(a)
    )
    return shown, tuple(request_of(*known[id_], case) for id_, case in zip(each, result.cases, strict=True))


def mask_cases(result: DetectResult, folder: Path, known: Known) -> DetectResult:
    """The result without ids, under the casebook's pseudonyms where they can be read, else under some of this run."""
    none: Sequence[str] = [""] * len(result.cases)
    return with_casebook_names(result, none, none, masking(folder, known))


def _alert(result: DetectResult, at: int) -> Alert:
    case = result.cases[at]
    names = tuple(dict.fromkeys(r.detector for p in case.people for r in p.reasons))
    return Alert(
        actors=case.actors,
        alerted_at=case.alerted_at,
        score=round(case.score, 6),
        detectors=names,
        parcels_a_day=round(case.parcels_a_day, 3),
        worth=case.worth,
        read_until=case.until,
    )


def request_of(case: RecordedCase, numbers: tuple[str, ...], found: Case | None = None) -> CaseRequest:
    """Make the request to lay out a case. numbers: that it is about; found: as detection found it."""
    return CaseRequest(
        case=case.id,
        actors=case.actors,
        detectors=case.detectors,
        since=case.alerted_at,
        until=case.read_until,
        numbers=numbers,
        found=found,
    )


def lay_out_cases(
    snapshot: Snapshot, cases: Sequence[CaseRequest], options: Options, folder: Path, progress: Progress
) -> int:
    """Lays cases out and keeps them: how many reads they have. LedgerError; OSError: the disk refuses.

    options: those of the detection that found them. folder: where detection keeps what it keeps.
    """
    if not cases:
        return 0
    templates = load_templates(None) if options.templates is None else options.templates
    facts = update_facts(snapshot, folder, templates, options.offset, progress)
    made = lay_out(snapshot, cases, templates, facts, progress)
    for timeline in made:
        keep_timeline(folder, timeline)
    return sum(len(timeline.reads) for timeline in made)


def lay_out_case(
    ledger: Path, folder: Path, case: RecordedCase, numbers: tuple[str, ...], offset: int, progress: Progress
) -> int:
    """Lays a case out as it stands now: how many reads it has.

    It is weighed as detection finds it in the usual window, else in one that ends with the case. numbers: that it is
    about. offset: of local days, microseconds ahead of UTC. LedgerError; OSError: the disk refuses.
    """
    usual = Options(offset=offset, folder=folder)
    with open_ledger(ledger) as snapshot:
        found = find_case(snapshot, case, usual, progress)
        wanted = request_of(case, numbers, None if found is None else found[1])
        return lay_out_cases(snapshot, [wanted], usual, folder, progress)


def find_case(
    snapshot: Snapshot,
    case: RecordedCase,
    usual: Options,
    progress: Progress,
    evidence: Callable[[Options], ExternalEvidence] = lambda _: ExternalEvidence(),
) -> tuple[DetectResult, Case] | None:
    """Find a case anew: in the usual window, else in one that ends with it; None: detection finds it no more.

    evidence: what detection is told beside the reads.
    """
    last = (case.read_until + usual.offset) // DAY_US
    for options in (usual, replace(usual, until=last)):
        try:
            result = detect(snapshot, options, evidence(options), progress)
        except WindowError:  # what is on sale may turn up weeks after the log's end
            continue
        shared = [(len(set(one.actors) & set(case.actors)), -place) for place, one in enumerate(result.cases)]
        most, place = max(shared, default=(0, 0))
        if most:
            return result, result.cases[-place]
    return None
