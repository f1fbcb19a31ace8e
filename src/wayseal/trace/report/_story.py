"""The sentences of a report."""

from collections.abc import Iterator
from math import isfinite

from wayseal.model.kinds import VerdictKind
from wayseal.page import Report
from wayseal.page.words import Translator
from wayseal.trace._result import LeakRow, SawRow, SourceRow, TraceResult
from wayseal.trace.report._json import listed

_PART = 0.8
"""From this probability on a session or device is said to be what an account's numbers point at."""

_ROUTE_ONLY = "missing.no_reads_before_sale"


class Story(Report[TraceResult]):
    """The sentences on a trace in the words of a translator."""

    texts = __package__

    def __init__(self, result: TraceResult, translator: Translator) -> None:
        super().__init__(result, translator)
        self.sources = tuple(listed(result.sources))
        self.lead = self.sources[0] if self.sources else None

    def say(self, key: str, /, **values: object) -> str:
        """A text by its whole code."""
        return self.translator.say(key, **values)

    def next_best(self) -> SawRow | None:
        """The source that saw most of the leaked, leaving out the leading one and those it can't be told from."""
        out = {self.lead.source, *self.lead.set} if self.lead else set()
        rows = [row for row in self.r.saw if row.source not in out and row.saw > 0]
        return min(rows, key=lambda r: (-r.saw, r.expected, r.source), default=None)

    def ids(self, sources: tuple[str, ...]) -> str:
        """Several ids in a sentence."""
        return self.translator.all_of(map(self.translator.id, sources))

    def headline(self) -> str:
        """The answer in a line."""
        lead, verdict = self.lead, self.r.verdict
        if lead is None or verdict is VerdictKind.INSUFFICIENT:
            return self.say("headline.insufficient")
        if verdict is VerdictKind.SHORTLIST and 1 < len(lead.set) <= 3:
            return self.say("headline.shortlist_set", sources=self.ids(lead.set))
        if verdict is VerdictKind.SHORTLIST:
            return self.say("headline.shortlist", source=self.translator.named(lead.source, lead.kind))
        if len(lead.set) > 1:
            return self.say("headline.named_set", n=len(lead.set))
        return self.say("headline.named_one", source=self.translator.named(lead.source, lead.kind))

    def plain(self) -> Iterator[str]:
        """The sightings, in counts."""
        n, lead, runner_up = self.r.found, self.lead, self.next_best()
        if n == 0:
            yield self.say("plain.nobody")
        elif lead is None:
            yield self.say("plain.no_source", n=n)
        else:
            yield self.say(f"plain.{lead.kind}", **self._counts(lead))
        if n and runner_up:
            yield self.say("plain.next_best" if lead else "plain.saw_most", **self._counts(runner_up))
        elif n and lead:
            yield self.say("plain.next_best_none")
        lost = sum(not usable(row) for row in self.r.leak_rows)
        if lost and n:
            yield self.say("plain.not_found", lost=lost, n=self.r.leaks)

    def _counts(self, row: SourceRow | SawRow) -> dict[str, str | float]:
        return {"source": self.translator.id(row.source), "saw": row.saw, "n": self.r.found, "expected": row.expected}

    def meaning(self) -> Iterator[str]:
        """The meaning of the probabilities, and its limits."""
        lead, verdict = self.lead, self.r.verdict
        if lead and len(lead.set) > 1:
            yield self.say("meaning.probability_set", sources=self.ids(lead.set), p=lead.set_probability)
        elif lead:
            source = self.translator.id(lead.source)
            yield self.say("meaning.probability", source=source, p=lead.probability)
            if lead.log10_lr > 0.3:
                yield self.say("meaning.ratio", source=source, lr=lead.log10_lr)
        if part := self._part():
            named = self.translator.named(part.source, part.kind)
            yield self.say(
                "meaning.part", account=self.translator.id(part.account or ""), part=named, p=part.probability
            )
        if self.r.found:
            yield self.say("meaning.unknown", share=self.r.unknown_share)
        if verdict is VerdictKind.SHORTLIST:
            yield self.say("meaning.shortlist")
        yield self.say("meaning.insufficient" if verdict is VerdictKind.INSUFFICIENT else "meaning.lead")

    def _part(self) -> SourceRow | None:
        """The session or device inside the leading account that is likely to be the source by itself."""
        lead = self.lead
        inside = [row for row in self.r.sources if lead and row.account == lead.source and row.probability >= _PART]
        return max(inside, key=lambda row: row.probability, default=None)

    def named(self) -> list[SourceRow]:
        """The sources that the verdict names; none where it names nobody."""
        if self.lead is None or self.r.verdict is not VerdictKind.NAMED:
            return []
        return [row for row in self.sources if row.source in {self.lead.source, *self.lead.set}]

    def next_steps(self) -> Iterator[str]:
        """The next steps, in order."""
        r, named = self.r, self.r.verdict is VerdictKind.NAMED
        if named:
            hear = "hear" if any(map(isfinite, (h for row in self.named() for h in row.delays_h))) else "hear_untimed"
            yield from (self.say(f"next.{step}") for step in ("confirm", hear, "preserve", "contain"))
        if self.lead and len(self.lead.set) > 1:
            yield self.say("next.separate", sources=self.ids(self.lead.set))
        if named:
            return
        if r.verdict is VerdictKind.SHORTLIST:
            yield self.say("next.canary")
        target = _target(r.found)
        yield self.say("next.buy_more", more=target - r.found, target=target)
        yield self.say("next.other_routes")
        yield self.say("next.record_times")
        lost = sum(map(_unknown, r.leak_rows))
        if lost:
            yield self.say("next.lost_numbers", lost=lost, n=r.found + lost)
        if r.missing_tables:
            yield self.say("next.bring_tables")
        yield self.say("next.preserve")

    def remark(self, row: LeakRow) -> str:
        """The remark on a leak, or nothing."""
        if row.missing is not None:
            return self.translator.note(row.missing)
        return "" if row.found else self.say("missing.not_in_ledger")

    def remarks(self) -> Iterator[str]:
        """Remarks on leaks (most could not be used), each with the lines of the file that it is about."""
        lines: dict[str, list[int]] = {}
        for row in self.r.leak_rows:
            if remark := self.remark(row):
                lines.setdefault(remark, []).append(row.line)
        for remark, found in lines.items():
            yield self.say("ui.lost_lines", lines=len(found), list=ranges(found), reason=remark)


def usable(row: LeakRow) -> bool:
    """Tell if a leak took part in the trace. One that no account read still speaks by its route."""
    return row.found and (row.missing is None or row.missing.code == _ROUTE_ONLY)


def _unknown(row: LeakRow) -> bool:
    """True if a number could be read and the ledger doesn't know it."""
    return not row.found and (row.missing is None or row.missing.code == "missing.not_in_ledger")


def _target(found: int) -> int:
    """How many usable numbers to aim for: 10, then 20, then twice as many."""
    if found < 8:
        return 10
    return 20 if found < 16 else 2 * found


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
