"""What a report says, in order, for every reader: made once, shown by the text and the page alike."""

from collections.abc import Iterator
from dataclasses import dataclass

from wayseal.model.sources import VerdictKind
from wayseal.page.words import Voice
from wayseal.trace._result import LeakRow, SawRow, SourceRow, TraceResult
from wayseal.trace.report._json import listed

LETTERS = "ABCDEF"
"""The leading sources carry a letter through all pictures and tables."""


_SHOWN = 6
"""Accounts of a pool that are named in a sentence; the JSON report has all."""
_PART = 0.8
"""From this probability on a session or device is said to be what an account's numbers point at."""

_ROUTE_ONLY = "missing.no_reads_before_sale"


@dataclass(frozen=True, slots=True, kw_only=True)
class LostLeaks:
    """Leaks with a remark (most could not be used), by reason: rows in the order of the file."""

    reason: str
    rows: tuple[LeakRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The words of a report. All strings are ready to show (for a page: markup)."""

    verdict: str
    headline: str
    plain: tuple[str, ...]
    meaning: tuple[str, ...]
    next_steps: tuple[str, ...]
    fit: str
    quality: tuple[str, ...]
    missing_tables: tuple[tuple[str, str], ...]
    lost: tuple[LostLeaks, ...]
    sources: tuple[SourceRow, ...]
    lead: SourceRow | None
    next_best: SawRow | None


def build_story(result: TraceResult, voice: Voice) -> Story:
    """The story of a result in the words of `voice`."""
    sources = tuple(listed(result.sources))
    lead = sources[0] if sources else None
    runner_up = next_best(result, lead)
    return Story(
        verdict=voice.say(f"verdict.{result.verdict}"),
        headline=_headline(result, lead, voice),
        plain=tuple(_plain(result, lead, runner_up, voice)),
        meaning=tuple(_meaning(result, lead, voice)),
        next_steps=tuple(_next_steps(result, sources, voice)),
        fit=voice.note(result.fit.note),
        quality=tuple(voice.note(note) for note in result.quality),
        missing_tables=tuple(_missing_tables(result, voice)),
        lost=tuple(_lost(result, voice)),
        sources=sources,
        lead=lead,
        next_best=runner_up,
    )


def next_best(result: TraceResult, lead: SourceRow | None) -> SawRow | None:
    """The source that saw most of the leaked, leaving out the leading one and those it can't be told from."""
    out = {lead.source, *lead.set} if lead else set()
    rows = [row for row in result.saw if row.source not in out and row.saw > 0]
    return min(rows, key=lambda r: (-r.saw, r.expected, r.source), default=None)


def usable(row: LeakRow) -> bool:
    """Whether a leak took part in the trace. One that no account read still speaks by its route."""
    return row.found and (row.missing is None or row.missing.code == _ROUTE_ONLY)


def _unknown(row: LeakRow) -> bool:
    """Whether a number could be read and the ledger doesn't know it."""
    return not row.found and (row.missing is None or row.missing.code == "missing.not_in_ledger")


def _headline(result: TraceResult, lead: SourceRow | None, voice: Voice) -> str:
    if lead is None or result.verdict is VerdictKind.INSUFFICIENT:
        return voice.say("headline.insufficient")
    if result.verdict is VerdictKind.SHORTLIST and 1 < len(lead.set) <= 3:
        sources = voice.all_of(voice.id(source) for source in lead.set)
        return voice.say("headline.shortlist_set", sources=sources)
    if result.verdict is VerdictKind.SHORTLIST:
        return voice.say("headline.shortlist", source=voice.named(lead.source, lead.kind))
    if len(lead.set) > 1:
        return voice.say("headline.named_set", n=len(lead.set))
    return voice.say("headline.named_one", source=voice.named(lead.source, lead.kind))


def _plain(result: TraceResult, lead: SourceRow | None, runner_up: SawRow | None, voice: Voice) -> Iterator[str]:
    n = result.found
    if n == 0:
        yield voice.say("plain.nobody")
    elif lead is None:
        yield voice.say("plain.no_source", n=n)
    else:
        yield voice.say(
            f"plain.{lead.kind}",
            source=voice.id(lead.source),
            saw=lead.saw,
            n=n,
            expected=lead.expected,
        )
    if n and runner_up:
        yield voice.say(
            "plain.next_best" if lead else "plain.saw_most",
            saw=runner_up.saw,
            n=n,
            source=voice.id(runner_up.source),
            expected=runner_up.expected,
        )
    elif n and lead:
        yield voice.say("plain.next_best_none")
    lost = sum(not usable(row) for row in result.leak_rows)
    if lost and n:
        yield voice.say("plain.not_found", lost=lost, n=result.leaks)


def _meaning(result: TraceResult, lead: SourceRow | None, voice: Voice) -> Iterator[str]:
    if lead and len(lead.set) > 1:
        sources = voice.all_of(voice.id(source) for source in lead.set)
        yield voice.say("meaning.probability_set", sources=sources, p=lead.set_probability)
    elif lead:
        source = voice.id(lead.source)
        yield voice.say("meaning.probability", source=source, p=lead.probability)
        if lead.log10_lr > 0.3:
            yield voice.say("meaning.ratio", source=source, lr=lead.log10_lr)
    if part := _part(result, lead):
        named = voice.named(part.source, part.kind)
        yield voice.say("meaning.part", account=voice.id(part.account or ""), part=named, p=part.probability)
    if result.found:
        yield voice.say("meaning.unknown", share=result.unknown_share)
    if result.verdict is VerdictKind.SHORTLIST:
        yield voice.say("meaning.shortlist")
    closing = "insufficient" if result.verdict is VerdictKind.INSUFFICIENT else "lead"
    yield voice.say(f"meaning.{closing}")


def _part(result: TraceResult, lead: SourceRow | None) -> SourceRow | None:
    """The session or device inside the leading account that is likely to be the source by itself."""
    inside = [row for row in result.sources if lead and row.account == lead.source and row.probability >= _PART]
    return max(inside, key=lambda row: row.probability, default=None)


def _next_steps(result: TraceResult, sources: tuple[SourceRow, ...], voice: Voice) -> Iterator[str]:
    if result.verdict is VerdictKind.NAMED:
        yield from (voice.say(f"next.{step}") for step in ("confirm", "hear", "preserve", "contain"))
    if sources and len(sources[0].set) > 1:
        names = voice.all_of(voice.id(source) for source in sources[0].set)
        yield voice.say("next.separate", sources=names)
    if result.verdict is VerdictKind.NAMED:
        return
    yield from _tests(result, voice)
    target = _target(result.found)
    yield voice.say("next.buy_more", more=target - result.found, target=target)
    yield voice.say("next.other_routes")
    yield voice.say("next.record_times")
    lost = sum(map(_unknown, result.leak_rows))
    if lost:
        yield voice.say("next.lost_numbers", lost=lost, n=result.found + lost)
    if result.missing_tables:
        yield voice.say("next.bring_tables")
    yield voice.say("next.preserve")


def _tests(result: TraceResult, voice: Voice) -> Iterator[str]:
    """Numbers to be looked up and the best canaries; in general words where a shortlist has no canary worked out."""
    for row in (row for row in result.next if row.test == "lookup"):
        numbers = voice.all_of(voice.id(number) for number in row.ask["waybill"])
        yield voice.say("next.lookup", number=numbers, bits=row.bits)
    canaries = [row for row in result.next if row.test == "canary"]
    for row in canaries:
        names = voice.all_of(voice.id(actor) for actor in row.actors[:_SHOWN])
        more = max(len(row.actors) - _SHOWN, 0)
        yield voice.say("next.canary_more" if more else "next.canary_for", sources=names, more=more, bits=row.bits)
    if result.verdict is VerdictKind.SHORTLIST and not canaries:
        yield voice.say("next.canary")


def _target(found: int) -> int:
    """How many usable numbers to aim for: 10, then 20, then twice as many."""
    if found < 8:
        return 10
    return 20 if found < 16 else 2 * found


def _missing_tables(result: TraceResult, voice: Voice) -> Iterator[tuple[str, str]]:
    for table in result.missing_tables:
        code = f"table.{table}"
        yield table, voice.say(code) if voice.has(code) else ""


def _lost(result: TraceResult, voice: Voice) -> Iterator[LostLeaks]:
    reasons: dict[str, list[LeakRow]] = {}
    for row in result.leak_rows:
        if row.missing is not None:
            reasons.setdefault(voice.note(row.missing), []).append(row)
        elif not row.found:
            reasons.setdefault(voice.say("missing.not_in_ledger"), []).append(row)
    for reason, rows in reasons.items():
        yield LostLeaks(reason=reason, rows=tuple(rows))


def sets(sources: tuple[SourceRow, ...]) -> list[SourceRow]:
    """One row for each set of sources that can't be told apart, in order."""
    first: dict[frozenset[str], SourceRow] = {}
    for row in sources:
        if len(row.set) > 1:
            first.setdefault(frozenset(row.set), row)
    return list(first.values())


def ranges(numbers: list[int]) -> str:
    """Line numbers in short: 3, 7, 12–15."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in runs)
