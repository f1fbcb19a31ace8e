"""Detection over a ledger, from facts to cases.

What is usual among peers at the end of a window, as it was learnt.

It is kept with a version, so that a case can be held to it later. The version is a digest of the content: two runs
that learnt the same have the same.

How much of what was read could be judged at all: whether it means something that nobody stands out.

A first read can be judged where a table knows its parcel, and where something explains at least one first read of its
account: if no table knows any work of an account, work and pulling look alike. Reads of unknown parcels count as judged
where they are so few that each of them is a sign (`View.gaps`).

Logged questions as a shop asks them: origin by destination, route after route.

1. A question names routes where its filter names both an origin and a destination (city, region or outlet), each with
   one value or several; a question that can't be read, or names only one end, names none.
2. What is counted is how many different routes an account asked for on a local day.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import __version__
from wayseal.detect._alerts import find_alerts, learn_lift
from wayseal.detect._cases import CaseInputs, build_cases
from wayseal.detect._judge import MAIN, Finding, judge
from wayseal.detect._link import LinkedAccounts, link_accounts
from wayseal.detect._missing_work import find_missing_work
from wayseal.detect._result import (
    NOTHING,
    Case,
    DetectResult,
    ExternalEvidence,
    FirstReads,
    Judged,
    MissingWork,
    Remark,
)
from wayseal.detect._score import find_odds
from wayseal.detect._service_area import settle_by_service_area
from wayseal.detect._signals import Signals, measure_signals
from wayseal.detect._supporting_reads import add_supporting_reads
from wayseal.detect._view import NOBODY, AccountPosts, OutletPlaces, View, build_view, without_gaps
from wayseal.detect.detectors import FRESH_ALONE, Detector, detectors
from wayseal.detect.explain import Template, TemplateKind, find_common_rights, load_templates
from wayseal.detect.facts import Facts, update_facts
from wayseal.detect.peers import FITTED
from wayseal.detect.policy import FALSE_ALARM
from wayseal.detect.window import DAY_US, Window, window_of
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.progress import Progress, silent
from wayseal.model.times import clock_us
from wayseal.store.durable import replace_file

_DIGITS = 9


def learn_baseline(view: View, findings: Sequence[Finding]) -> Mapping[str, object]:
    """Groups of peers with their role, size class and number of people; by detector what is usual on the last day.

    hours: share of the group's reads by hour of the local day. version: digest of all that.
    """
    people = np.bincount(view.group, minlength=len(view.groups))
    hours = _hours(view)
    groups = [
        {
            "role": role,
            "size": size,
            "people": int(people[g]),
            "hours": [round(float(x), 4) for x in hours[g]],
            "detectors": {f.name: _usual(f, g) for f in findings},
        }
        for g, (role, size) in enumerate(view.groups)
    ]
    content: dict[str, object] = {"last_day": view.day + view.shape[1] - 1, "groups": groups}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {"version": digest[:16], **content}


def _usual(finding: Finding, group: int) -> dict[str, float]:
    names = (*FITTED, "low", "high")
    return {name: float(f"{getattr(finding.usual, name)[group, -1]:.{_DIGITS}g}") for name in names}


def _hours(view: View) -> np.ndarray:
    out = np.zeros((len(view.groups), 24))
    hours = view.hours
    clock = hours["hour"].to_numpy() % 24
    np.add.at(out, (view.group[hours["actor"].to_numpy()], clock), hours["reads"].to_numpy())
    shares: np.ndarray = out / np.maximum(out.sum(axis=1, keepdims=True), 1)
    return shares


LEAST_JUDGED = 0.5
"""Share of first reads that could be judged, below which it means nothing that nobody stands out: with tables of half
of the parcels all ten insiders of a simulated courier were still named, with a quarter eight, with a tenth five."""


def count_judged(view: View | None, skip: int) -> tuple[Judged, tuple[Remark, ...]]:
    """The part judged from the view's column `skip` on, and remarks on the rest; None: no reads."""
    if view is None or not view.reads[:, skip:].any():
        return Judged(first_reads=0, left_out=0, enough=False), ()
    s = view.suspects
    strange = ~(s.weak | s.own | s.plain | s.learnt)
    unexplained = view.count(s.plain | strange)
    working = view.first.sum(axis=1) > unexplained.sum(axis=1)
    left_out = (view.count(strange) if view.gaps else np.zeros_like(view.first))[:, skip:].sum(axis=1)
    first = view.first[:, skip:].sum(axis=1)
    known = first - left_out
    every, could = int(first.sum()), int(known[working].sum())
    enough = could >= LEAST_JUDGED * every
    idle = (known > 0) & ~working
    share = float(known[idle].sum() / max(every, 1))
    said = Remark(code="not.idle_accounts", values={"n": int(idle.sum()), "share": share})
    remarks = (said,) if not enough and idle.any() else ()
    return Judged(first_reads=could, left_out=int(left_out.sum()), enough=enough), remarks


_ENDS = ("city", "region", "outlet")
_DAY = 86_400_000_000
_MOST = 10_000
"""Routes of one question that are told apart; more are as bad."""


def count_route_sweeps(snapshot: Snapshot, offset: int) -> list[tuple[str, int, int]]:
    """(account, µs of the first question of the day, different routes) by account and local day (rules 1 and 2)."""
    rows = snapshot.loose("queries").select(["actor", "at", "filter"])
    asked: dict[tuple[str, int], tuple[int, set[tuple[str, str]]]] = {}
    at = rows["at"].cast(pa.int64()).to_pylist()
    for actor, when, text in zip(rows["actor"].to_pylist(), at, rows["filter"].to_pylist(), strict=True):
        found = set(itertools.islice(routes(text), _MOST))
        if not found:
            continue
        key = (actor, (when + offset) // _DAY)
        first, all_ = asked.get(key, (when, set()))
        asked[key] = (min(first, when), all_ | found)
    return [(actor, first, len(all_)) for (actor, _), (first, all_) in sorted(asked.items())]


def routes(text: str) -> Iterator[tuple[str, str]]:
    """The routes that a filter names (rule 1)."""
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(asked, dict):
        return
    yield from itertools.product(_values(asked, "origin"), _values(asked, "destination"))


def _values(asked: dict[str, object], end: str) -> list[str]:
    out: list[str] = []
    for kind in _ENDS:
        value = asked.get(f"{end}_{kind}")
        values = value if isinstance(value, list) else [value]
        out += [f"{kind}:{v}" for v in values if isinstance(v, str)]
    return out


FEW = 10
"""Of fewer accounts than these nobody can say what is usual."""
PEERS = "peers.json"
"""The peers that were learnt, in the folder of the facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to look.

    Attributes:
        since: First local day since 1970; None: four weeks before the last.
        until: Last local day since 1970, included; None: that of the log.
        budget: New cases a day at most.
        offset: Local time, microseconds ahead of UTC.
        templates: Templates of work; None: the built-in ones.
        folder: Where facts are kept; None: nowhere.
        false_alarm: What a false alarm costs, in parcels a day (`is_worth`).
    """

    since: int | None = None
    until: int | None = None
    budget: int = 20
    offset: int = field(default_factory=clock_us)
    templates: Sequence[Template] | None = None
    folder: Path | None = None
    false_alarm: float = FALSE_ALARM


def detect(
    snapshot: Snapshot,
    options: Options | None = None,
    external: ExternalEvidence = NOTHING,
    progress: Progress = silent,
) -> DetectResult:
    """Finds the accounts whose reads no work explains.

    Args:
        snapshot: The ledger as it is.
        options: How to look; None: as usual.
        external: What it is told from outside of the ledger.
        progress: Called with a step's name, what is done and what there is in all.

    Returns:
        Cases, and what could not be judged.

    Raises:
        LedgerError: A file of the ledger is damaged or missing.
        WindowError: The window can't be looked at.
        OSError: Facts can't be kept.
    """
    o = options or Options()
    window = window_of(snapshot.activity(), o.offset, o.since, o.until)
    templates = load_templates(None) if o.templates is None else o.templates
    facts = update_facts(snapshot, o.folder, templates, o.offset, progress)
    remarks = [*_missing_tables(snapshot), *_common_rights(snapshot, templates)]
    if window is None:
        return _result(snapshot, o, None, None, facts, (), 0, (*remarks, Remark(code="not.no_reads")))
    progress("judge", 0, 1)
    if "queries" in snapshot.tables:
        external = replace(
            external, counted={**external.counted, "route_sweeps": count_route_sweeps(snapshot, o.offset)}
        )
    asked = _route_askers(external, window, o.offset)
    view = view_of(snapshot, facts, window, snapshot.keys(asked))
    view = with_external_counts(view, snapshot, external)
    if view.gaps:
        remarks.append(Remark(code="not.unknown_waybills", values={"share": view.gaps}))
    if (people := int((view.reads > 0).any(axis=1).sum())) < FEW:
        remarks.append(Remark(code="not.few_accounts", values={"n": people}))
    able, silent_ones = usable_detectors(snapshot, facts, external)
    findings = judge(view, able, cleared_days(view, snapshot, external))
    progress("judge", 1, 1)
    usual = learn_baseline(view, findings)
    if o.folder is not None:
        replace_file(o.folder / PEERS, json.dumps(usual, indent=1, sort_keys=True).encode())
    cases, held = _make_cases(snapshot, view, window, findings, external, asked, o, progress)
    result = _result(snapshot, o, window, view, facts, cases, held, (*remarks, *silent_ones))
    return replace(result, peers=str(usual["version"]))


def _make_cases(
    snapshot: Snapshot,
    view: View,
    window: Window,
    findings: Sequence[Finding],
    external: ExternalEvidence,
    asked: Sequence[str],
    options: Options,
    progress: Progress,
) -> tuple[tuple[Case, ...], int]:
    first = window.first - window.past
    lift = learn_lift(view, *verdicts_by_group(view, snapshot, external))
    told = [[k for k in _places_of(view, snapshot, case).tolist() if k >= 0] for case in external.linked]
    groups, signals = measure_view(view, findings, first, told)
    odds = find_odds(signals.values, lift[signals.actors, None])
    alerted, without = find_alerts(view, signals, odds, first, options.budget)
    names = _names(snapshot, dict(zip(snapshot.keys(asked).tolist(), asked, strict=True)))
    inputs = CaseInputs(
        view=view, findings=findings, signals=signals, odds=odds, names=names, first_day=first,
        false_alarm=options.false_alarm,
    )  # fmt: skip
    made, held = build_cases(inputs, alerted, without, groups)
    return add_supporting_reads(made, snapshot, inputs, alerted, lift, external.reads, progress), held


def measure_view(
    view: View, findings: Sequence[Finding], first: int, told: Sequence[Sequence[int]] = ()
) -> tuple[tuple[LinkedAccounts, ...], Signals]:
    main = next((f.evidence.total[:, first:].max(axis=1) for f in findings if f.name == MAIN), np.zeros(view.shape[0]))
    groups = link_accounts(view, main, told)
    return groups, measure_signals(view, findings, groups, first)


def measure(
    snapshot: Snapshot, folder: Path, *, dated: bool = True
) -> tuple[View, int, tuple[LinkedAccounts, ...], Signals]:
    """The view of the usual window of a log that isn't empty, its first column asked about, links and signals.

    folder: where facts are kept; dated: False hides when parcels began. What models of scores are learnt from.
    """
    o = Options(folder=folder)
    window = window_of(snapshot.activity(), o.offset, None, None)
    if window is None:
        raise ValueError("a log without reads has no signals")
    facts = update_facts(snapshot, o.folder, load_templates(None), o.offset, silent)
    view = view_of(snapshot, facts, window)
    view = replace(view, suspects=replace(view.suspects, dated=view.suspects.dated & dated))
    first = window.first - window.past
    return view, first, *measure_view(view, judge(view, usable_detectors(snapshot, facts, NOTHING)[0]), first)


def _names(snapshot: Snapshot, asked: Mapping[int, str]) -> Callable[[str, Sequence[int]], list[str]]:
    """Texts of keys. asked: of accounts that read nothing, which the ledger need not know."""

    def names(kind: str, keys: Sequence[int]) -> list[str]:
        texts = snapshot.names(kind, np.array(keys, np.uint64))
        return [text or asked.get(int(key), "") for key, text in zip(keys, texts, strict=True)]

    return names


def _route_askers(external: ExternalEvidence, window: Window, offset: int) -> list[str]:
    """Accounts that asked for routes in these days, sorted: they may have read nothing."""
    start, end = window.past * DAY_US - offset, (window.last + 1) * DAY_US - offset
    return sorted({actor for actor, at, _ in external.counted.get("route_sweeps", ()) if actor and start <= at < end})


def view_of(snapshot: Snapshot, facts: Facts, window: Window, others: UInts = NOBODY) -> View:
    """The window's days. others: keys of accounts that belong to it though they read nothing."""
    who, where = account_posts(snapshot), outlet_places(snapshot)
    view = build_view(facts, who, snapshot.numbers, window.past, window.last, others, where)
    return without_gaps(settle_by_service_area(view))


def account_posts(snapshot: Snapshot) -> AccountPosts:
    actors = snapshot.actors().combine_chunks()
    names = ("actor", "role", "kind", "outlet", "region")
    ids, role, kind, outlet, region = (actors[n].combine_chunks() for n in names)
    housed = pc.not_equal(pc.fill_null(outlet, ""), "")
    return AccountPosts(
        keys=snapshot.hashed(ids),
        role=role,
        kind=kind.cast(pa.string()),
        place=pc.if_else(housed, outlet, region),
        outlet=snapshot.hashed(outlet),
        region=snapshot.hashed(region),
    )


def outlet_places(snapshot: Snapshot) -> OutletPlaces:
    """Where the ledger's outlets lie."""
    outlets = snapshot.outlets().combine_chunks()
    keys, city, region = (snapshot.hashed(outlets[n].combine_chunks()) for n in ("outlet", "city", "region"))
    return OutletPlaces(keys=keys, city=city, region=region)


def with_external_counts(view: View, snapshot: Snapshot, external: ExternalEvidence) -> View:
    """The view with what others counted, in places of the view; what lies outside it is left out."""
    out = {}
    for name, rows in external.counted.items():
        place = _places_of(view, snapshot, [r[0] for r in rows])
        day = np.array([(r[1] + view.offset) // DAY_US - view.day for r in rows], np.int64)
        count = np.array([r[2] for r in rows], np.int64)
        there = (place >= 0) & (day >= 0) & (day < view.shape[1])
        out[name] = view.spread(place[there], day[there], count[there])
    return replace(view, external_counts=out)


def _places_of(view: View, snapshot: Snapshot, actors: Sequence[str]) -> Longs:
    order = np.argsort(view.keys)
    places: Longs = np.append(order, -1)[find_rows(view.keys[order], snapshot.keys(list(actors)))]
    return places


def _missing_tables(snapshot: Snapshot) -> list[Remark]:
    """Remarks on what explanations need and lack."""
    names = ("waybills", "scans", "tickets", "actors", "assignments", "outlets")
    return [Remark(code=f"not.{name}") for name in names if name not in snapshot.tables]


def _common_rights(snapshot: Snapshot, templates: Sequence[Template]) -> list[Remark]:
    """Rights that would be mandates, and are no sign of work since too many accounts hold them."""
    named = frozenset().union(*(t.rights for t in templates if t.by is TemplateKind.MANDATE))
    common = find_common_rights(snapshot.actors())
    return [
        Remark(code="not.common_right", values={"right": right, "share": share})
        for right, share in common.items()
        if right in named
    ]


def usable_detectors(
    snapshot: Snapshot, facts: Facts, external: ExternalEvidence
) -> tuple[list[Detector], list[Remark]]:
    """The detectors that have what they need, and a remark on each other one."""
    have = set(snapshot.tables) | _columns(facts)
    have |= {"canaries"} if "canary_touch" in external.counted else set()
    have |= {"contracts"} if "partner_contract" in external.counted else set()
    able, silent_ones = [], []
    for detector in detectors():
        lacking = [need for need in detector.needs if not have & set(need.split("|"))]
        if lacking:
            values = {"detector": detector.name, "needs": tuple(lacking)}
            silent_ones.append(Remark(code="not.detector", values=values))
        else:
            able += [detector, FRESH_ALONE] if detector.name == MAIN else [detector]
    return able, silent_ones


def _columns(facts: Facts) -> set[str]:
    kinds = set(pc.unique(facts.uses["kind"]).to_pylist())
    shown = {name: int(pc.max(facts.shown[name]).as_py() or 0) > 0 for name in ("action", "purpose", "fields")}
    out = {f"accesses.{name}" for name, there in shown.items() if there}
    return out | {f"accesses.{name}" for code, name in enumerate(("device", "ip")) if code in kinds}


def cleared_days(view: View, snapshot: Snapshot, external: ExternalEvidence) -> Flags:
    """Bool (a, d): days of accounts of which somebody has decided that they were work."""
    out = np.zeros(view.shape, np.bool_)
    for verdict in external.verdicts:
        if not verdict.true:
            place = _places_of(view, snapshot, verdict.actors)
            last = (verdict.until + view.offset) // DAY_US - view.day
            out[place[place >= 0], : max(0, last + 1)] = True
    return out


def verdicts_by_group(view: View, snapshot: Snapshot, external: ExternalEvidence) -> tuple[Longs, Longs]:
    """int64 (groups,) each: peers of how many accounts were found not to have pulled, and to have."""
    count = np.zeros((2, int(view.group.max(initial=-1)) + 1), np.int64)
    for verdict in external.verdicts:
        place = _places_of(view, snapshot, verdict.actors)
        np.add.at(count[int(verdict.true)], np.unique(view.group[place[place >= 0]]), 1)
    return count[0], count[1]


def _result(
    snapshot: Snapshot, o: Options, window: Window | None, view: View | None, facts: Facts, cases: tuple[Case, ...],
    held: int, not_judged: tuple[Remark, ...],
) -> DetectResult:  # fmt: skip
    first = 0 if window is None else window.first
    last = -1 if window is None else window.last
    skip = 0 if window is None else window.first - window.past
    stray = [] if window is None or not window.stray else [Remark(code="remark.stray", values={"n": window.stray})]
    judged, gaps = count_judged(view, skip)
    return DetectResult(
        wayseal=__version__,
        ledger=snapshot.path.name,
        digest=snapshot.digest,
        offset=o.offset,
        since=first * DAY_US - o.offset,
        until=(last + 1) * DAY_US - o.offset,
        budget=o.budget,
        false_alarm=o.false_alarm,
        accounts=0 if view is None else int((view.reads[:, skip:] > 0).any(axis=1).sum()),
        reads=0 if view is None else int(view.reads[:, skip:].sum()),
        first_reads=_first_reads(view, skip),
        judged=judged,
        first_days=() if view is None else _days(view, skip),
        not_judged=(*not_judged, *gaps),
        remarks=tuple(stray),
        cases=cases,
        held=held,
        missing_work=() if view is None else _missing_work(snapshot, view, skip, cases),
    )


def _missing_work(snapshot: Snapshot, view: View, skip: int, cases: Sequence[Case]) -> tuple[MissingWork, ...]:
    """Roles whose work no table knows; what accounts of cases worth acting on read is left out."""
    actors = [actor for case in cases if case.worth for actor in case.actors]
    apart = np.isin(view.keys, snapshot.keys(actors))
    return find_missing_work(view, snapshot.tables, skip, apart, lambda k: snapshot.names("actor", view.keys[[k]])[0])


def _first_reads(view: View | None, skip: int) -> FirstReads:
    if view is None:
        return FirstReads(all=0, explained=0, mandate=0, learnt=0, weak=0, unknown=0)
    s = view.suspects
    inside = s.day >= skip
    all_, mandate = int(view.first[:, skip:].sum()), int(view.mandate[:, skip:].sum())
    weak, learnt = (int((some & inside).sum()) for some in (s.weak, s.learnt))
    unknown = int((~(s.weak | s.own | s.plain | s.learnt) & inside).sum())
    left = all_ - mandate - int((inside & ~s.own).sum())
    return FirstReads(all=all_, explained=left, mandate=mandate, learnt=learnt, weak=weak, unknown=unknown)


def _days(view: View, skip: int) -> tuple[tuple[int, int, int], ...]:
    odd = view.count(view.suspects.plain | view.suspects.unknown).sum(axis=0)
    days = range(skip, view.shape[1])
    return tuple((view.day + d, int(view.first[:, d].sum()), int(odd[d])) for d in days)
