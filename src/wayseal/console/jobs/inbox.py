"""What concerns somebody, out of the casebook and of jobs, and what of it they have seen.

1. Nothing is copied: acts, cases and jobs are asked each time. What is older than `KEPT_US` leaves the inbox.
2. Seen is what came up to a moment, and what was marked by itself since: one mark a person.
3. Of a job that a schedule started only what went wrong is told.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wayseal.cases import Cases
from wayseal.cases.inbox import Concern, News
from wayseal.console.access.types import Person
from wayseal.console.jobs._jobs import Jobs
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES

MARK = "inbox"
"""The name of the mark (rule 2)."""
KEPT_US = 30 * 86_400_000_000
MOST = 99
"""So many at most are counted, and told in one notice."""
_MOST_SEEN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What somebody has seen (rule 2). upto: microseconds after 1970; some: keys of what came behind that."""

    upto: int
    some: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """As the mark keeps it."""
        newest = sorted(self.some, key=lambda key: -_at(key))[:_MOST_SEEN]
        return json.dumps({"upto": self.upto, "some": newest})

    def has(self, one: News) -> bool:
        """Check whether something was seen."""
        return one.at <= self.upto or one.key in self.some

    def with_(self, key: str) -> "Seen":
        """The same, with one more."""
        return Seen(upto=self.upto, some=self.some | {key})


def seen_of(text: str, now: int) -> Seen:
    """Read a mark; "" where there is none yet."""
    kept: dict[str, Any] = json.loads(text or "{}")
    upto = max(int(kept.get("upto", 0)), now - KEPT_US)
    return Seen(upto=upto, some=frozenset(key for key in kept.get("some", ()) if _at(key) > upto))


def news_of(
    cases: Cases | None,
    jobs: Jobs | None,
    person: Person,
    since: int,
    now: int,
    limit: int,
    kind: Concern | None = None,
) -> list[News]:
    """Find what concerns somebody after a moment, the newest first: a statement of either database.

    Args:
        cases: The casebook; None: there is none.
        jobs: All jobs; None: none ended since.
        person: Who; whose role sees no cases is told of none.
        since: The moment.
        now: Up to when.
        limit: So many at most.
        kind: Only what is of one kind; None: of all.

    Returns:
        It.
    """
    found: list[News] = []
    if cases is not None and person.role in CASE_ROLES and kind is not Concern.JOB:
        found += cases.inbox(person.login, since, now, limit, kind)
    if jobs is not None and person.role in LEDGER_ROLES and kind in (None, Concern.JOB):
        for job in jobs.ended(person.login, since, now, limit):
            what = job.state.value
            found.append(News(at=job.ended_at or 0, kind=Concern.JOB, what=what, id=job.id, of=job.kind))
    return sorted(found, key=lambda one: (-one.at, one.id))[:limit]


def unseen_of(cases: Cases | None, jobs: Jobs | None, person: Person, seen: Seen, now: int) -> Sequence[News]:
    """The same, of what they haven't seen, up to `MOST`."""
    found = news_of(cases, jobs, person, seen.upto, now, MOST + len(seen.some))
    return [one for one in found if not seen.has(one)][:MOST]


def _at(key: str) -> int:
    at = key.partition(".")[0]
    return int(at) if at.isascii() and at.isdigit() and len(at) < 18 else 0
