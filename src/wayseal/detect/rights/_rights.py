"""Rights against use: what `wayseal rights` says of a ledger.

Obligations (code and tests cite the numbers):
1. The period ends with the last local day of the log; there is no clock. Where the log is shorter than the period,
   `Period.whole` is false, and nothing is said of the days before it.
2. What the ledger's tables can't answer is named in `not_judged`, never guessed.
"""

from collections.abc import Sequence

import numpy as np

from wayseal import __version__
from wayseal.detect.explain import Template
from wayseal.detect.facts import ADDRESS, DEVICE, Facts, Progress
from wayseal.detect.rights import _account_checks
from wayseal.detect.rights._account_checks import find_dormant, find_untrained, find_wider
from wayseal.detect.rights._activity import AccountRecord, AccountState, Activity, count_activity
from wayseal.detect.rights._map import RightMap
from wayseal.detect.rights._result import Period, RightsResult
from wayseal.detect.rights._use import account_use, mandates_of, right_uses, role_uses, unpermitted_reads, use_of
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import Coder

_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_WORK = ("waybills", "scans", "tickets")
_EXPLAINING = (*_WORK, "outlets", "assignments")


def rights(
    snapshot: Snapshot, facts: Facts, templates: Sequence[Template], map_: RightMap, days: int, progress: Progress
) -> RightsResult:
    """Rights against use over the last `days` days of a ledger.

    facts: of the same snapshot; templates: what counts as work; map_: what rights permit. LedgerError.
    """
    period = period_of(facts, days)
    since = 0 if period is None else period.first * _DAY - period.offset
    counted, accounts = count_activity(snapshot, templates, since, progress)
    last = int(counted.last.max(initial=-1))
    states = [a.state(since, last) for a in accounts]
    if period is None:
        accounts, states = (), []
    works = bool(snapshot.tables & set(_WORK))
    uses = [use_of(a, s, counted, works) for a, s in zip(accounts, states, strict=True) if s is not AccountState.CLOSED]
    spans = _spans(snapshot, facts, counted, period)
    reads = counted.reads.sum(axis=(0, 2))
    return RightsResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        period=period,
        reads=int(reads.sum()),
        accounts=len(uses),
        days=days,
        not_judged=_not_judged(snapshot, accounts, int(reads[0]), spans, period),
        rights=right_uses(uses, map_),
        roles=role_uses(uses, map_),
        people=tuple(account_use(u, map_) for u in uses),
        dormant=find_dormant(accounts, states, counted, since, _unlisted(snapshot, counted, accounts)),
        wider=find_wider(uses, map_),
        shared=_account_checks.find_shared(accounts, *spans) if accounts else (),
        untrained=find_untrained(accounts, counted),
        mandates=mandates_of(uses, map_),
        beyond=unpermitted_reads(uses, map_),
    )


def period_of(facts: Facts, days: int) -> Period | None:
    """The period that a log can answer for (obligation 1); None without reads."""
    hours = facts.hours["hour"].to_numpy()[facts.hours["reads"].to_numpy() > 0].astype(np.int64)
    if not len(hours):
        return None
    local = np.unique((hours * _HOUR + facts.offset) // _DAY)
    first = max(int(local[0]), int(local[-1]) - days + 1)
    inside = int((local >= first).sum())
    last = int(local[-1])
    return Period(asked=days, first=first, last=last, silent=last - first + 1 - inside, offset=facts.offset)


_Spans = tuple[_account_checks.Spans, _account_checks.Spans, _account_checks.Spans]


def _spans(snapshot: Snapshot, facts: Facts, counted: Activity, period: Period | None) -> _Spans:
    """When devices, addresses and sessions were in use."""
    first = 0 if period is None else period.first
    coder = Coder(counted.keys)
    of_uses = coder.places(facts.uses["actor"].to_numpy()).astype(np.int64)
    devices, addresses = (_account_checks.spans_of_uses(facts.uses, kind, of_uses, first) for kind in (DEVICE, ADDRESS))
    sessions = snapshot.session_volumes(snapshot.ids("session"))
    places = coder.places(sessions["actor"].to_numpy()).astype(np.int64)
    since = first * _DAY - facts.offset
    return devices, addresses, _account_checks.spans_of_sessions(sessions, places, since, facts.offset)


def _unlisted(snapshot: Snapshot, counted: Activity, accounts: Sequence[AccountRecord]) -> list[tuple[str, int]]:
    """Accounts that read and don't stand in `actors`: names and places; none where that table is missing."""
    if not accounts:
        return []
    known = np.zeros(len(counted.keys), np.bool_)
    known[[a.place for a in accounts]] = True
    places = np.flatnonzero(~known & (counted.all_reads > 0))
    return list(zip(snapshot.names("actor", counted.keys[places]), places.tolist(), strict=True))


def _not_judged(
    snapshot: Snapshot, accounts: Sequence[AccountRecord], without_action: int, spans: _Spans, period: Period | None
) -> tuple[str, ...]:
    """Obligation 2: tables and columns whose absence leaves something unsaid."""
    if period is None:
        return ("accesses",)
    missing = [] if accounts else ["actors"]
    if accounts and not any(a.rights for a in accounts):
        missing.append("actors.rights")
    if accounts and all(a.trained is None for a in accounts):
        missing.append("actors.trained_until")
    if without_action:
        missing.append("accesses.action")
    names = ("accesses.device", "accesses.ip", "accesses.session")
    missing += [name for name, of in zip(names, spans, strict=True) if not len(of.actor)]
    return (*missing, *(t for t in _EXPLAINING if t not in snapshot.tables))
