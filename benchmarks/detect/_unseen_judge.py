"""How a method did on unseen couriers: a row of plain values for each world, and tables of many rows.

1. An account is found if a case names it, at any score; an innocent is accused if a case of LIKELY or more names it.
2. Lost are an account's pulls of the log up to the time at which it was reported.
3. `own` and `manager` are kept apart: work explains what they sell. Rings and interfaces are groups of their own.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from benchmarks.detect._unseen_methods import Said
from benchmarks.detect._unseen_world import Insider, Told
from benchmarks.registry import Table

Row = dict[str, Any]
LIKELY = 0.5
FAST, SLOW, MOST_LOST = 200, 50, 300
APART = ("own", "manager")
GROUPS = ("fast", "slow", "between", "ring", "interface", *APART)
BINS = (0.0, 0.1, 0.5, 0.8, 0.95, 0.99, 1.0)


def group_of(kind: str, meant: int) -> str:
    """The group in which a leak is counted."""
    if kind in GROUPS:
        return kind
    return "fast" if meant >= FAST else "slow" if meant <= SLOW else "between"


def judged(told: Told, said: Said) -> Row:
    """A method's row of a world."""
    at: dict[str, int] = {}
    likely: set[str] = set()
    for case in said.cases:
        for account, when in case.at.items():
            at[account] = min(when, at.get(account, when))
            likely |= {account} if case.score >= LIKELY else set()
    return {
        "family": told.family,
        "half": told.half,
        "seed": told.seed,
        "held": said.held,
        "enough": said.enough,
        "insiders": [_insider(insider, at, likely) for insider in told.insiders],
        "cases": [_case(told, case.score, case.at, case.by) for case in said.cases],
    }


def _insider(insider: Insider, at: Mapping[str, int], likely: set[str]) -> Row:
    found = [a for a in insider.accounts if a in at]
    return {
        "kind": insider.kind,
        "meant": insider.meant,
        "once": insider.once,
        "link": insider.link,
        "accounts": len(insider.accounts),
        "pulled": sum(len(p) for p in insider.pulls.values()),
        "found": len(found),
        "likely": sum(a in likely for a in insider.accounts),
        "lost": [insider.lost(a, at[a]) for a in found],
    }


def _case(told: Told, score: float, at: Mapping[str, int], by: Mapping[str, Any]) -> Row:
    innocents = [a for a in at if a not in told.pullers]
    return {
        "score": score,
        "accounts": len(at),
        "right": len(innocents) < len(at),
        "innocents": [
            {"account": a, "role": told.role.get(a, "?"), "trap": told.innocents.get(a, ""), "by": by.get(a, [])}
            for a in innocents
        ],
    }


def lines_of(rows: Sequence[Row]) -> Iterator[Table]:
    """All tables of many rows, one method after another."""
    by_method: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_method[row["method"]].append(row)
    for method, mine in by_method.items():
        families = list(dict.fromkeys(row["family"] for row in mine))
        parts = [(family, [r for r in mine if r["family"] == family]) for family in families]
        yield Table(_HEAD, [_summary(name, part) for name, part in (*parts, ("all", mine))], f"## {method}")
        yield _accused(mine)
        yield _schemes(mine)
        yield Table(
            ("score", *(name for name, _ in (*parts, ("all", mine))), "mean score"),
            _reliability([part for _, part in (*parts, ("all", mine))]),
        )


_HEAD = (
    "family", "worlds", f"≥ {FAST} a day", f"within {MOST_LOST} lost", f"≤ {SLOW} a day", "between", "rings",
    "interfaces", "own", "manager", f"innocents ≥ {LIKELY} a world", "quiet worlds clean", "cases a world",
    f"right at ≥ {LIKELY}",
)  # fmt: skip


def _summary(name: str, rows: Sequence[Row]) -> tuple[str, ...]:
    leaks: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for leak in row["insiders"]:
            leaks[group_of(leak["kind"], leak["meant"])].append(leak)

    def found(group: str) -> str:
        return _share(sum(k["found"] for k in leaks[group]), sum(k["accounts"] for k in leaks[group]))

    fast = leaks["fast"]
    in_time = sum(n <= MOST_LOST for leak in fast for n in leak["lost"])
    rings = sum(2 * leak["found"] >= leak["accounts"] for leak in leaks["ring"])
    quiet = [row for row in rows if not row["insiders"]]
    likely = [case for row in rows for case in row["cases"] if case["score"] >= LIKELY]
    return (
        name,
        str(len(rows)),
        found("fast"),
        _share(in_time, sum(k["accounts"] for k in fast)),
        found("slow"),
        found("between"),
        _share(rings, len(leaks["ring"])),
        *(found(group) for group in ("interface", *APART)),
        f"{sum(len(case['innocents']) for case in likely) / len(rows):.2f}",
        _share(sum(not _accuses(row) for row in quiet), len(quiet)),
        f"{statistics.fmean(len(row['cases']) for row in rows):.1f}",
        _share(sum(case["right"] for case in likely), len(likely)),
    )


def _accuses(row: Row) -> bool:
    return any(case["score"] >= LIKELY for case in row["cases"])


def _share(some: int, of: int) -> str:
    return f"{some / of:.2f} ({some} of {of})" if of else "–"


def _accused(rows: Sequence[Row]) -> Table:
    """Innocents of likely cases by trap and role, and what weighed most."""
    count: Counter[tuple[str, str]] = Counter()
    worlds: dict[tuple[str, str], set[tuple[str, int]]] = defaultdict(set)
    weighed: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for case in row["cases"]:
            for one in case["innocents"] if case["score"] >= LIKELY else ():
                key = (one["trap"] or "–", one["role"])
                count[key] += 1
                worlds[key].add((row["family"], row["seed"]))
                weighed[key].update(name for name, *_ in one["by"][:1])
    return Table(
        ("trap", "role", "innocents", "worlds", "weighs most"),
        [
            (*key, str(n), str(len(worlds[key])), ", ".join(f"{k} {m}" for k, m in weighed[key].most_common(2)))
            for key, n in count.most_common()
        ],
    )


def _schemes(rows: Sequence[Row]) -> Table:
    """Accounts found by scheme and figure."""
    by: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        for leak in row["insiders"]:
            kind = leak["kind"] + (f" ({leak['link']})" if leak["link"] else "") + (", once" if leak["once"] else "")
            by[kind, leak["meant"] if leak["kind"] != "ring" else 0].append(leak)
    lines = []
    for (kind, meant), leaks in sorted(by.items()):
        lost = [n for leak in leaks for n in leak["lost"]]
        lines.append(
            (
                kind,
                f"{meant:,}" if meant else "10–30",
                _share(sum(k["found"] for k in leaks), sum(k["accounts"] for k in leaks)),
                _share(sum(k["likely"] for k in leaks), sum(k["accounts"] for k in leaks)),
                f"{statistics.median(lost):,.0f}" if lost else "–",
            )
        )
    return Table(("scheme", "a day", "accounts found", f"at ≥ {LIKELY}", "lost, median"), lines)


def _reliability(parts: Sequence[Sequence[Row]]) -> Iterator[tuple[str, ...]]:
    """Of each bin of scores: right of how many cases, in each part; at last the mean of all scores in it."""
    for low, high in pairwise(BINS):
        inside: Callable[[float], bool] = lambda score, low=low, high=high: low < score <= high  # type: ignore[misc] # noqa: E731
        cells = []
        for rows in parts:
            mine = [case["right"] for row in rows for case in row["cases"] if inside(case["score"])]
            cells.append(f"{sum(mine)} of {len(mine)}" if mine else "–")
        scores = [case["score"] for row in parts[-1] for case in row["cases"] if inside(case["score"])]
        yield (f"{low}–{high}", *cells, f"{statistics.fmean(scores):.3f}" if scores else "–")
