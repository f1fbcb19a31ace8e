"""What became of planned looks (rule 6)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wayseal.market.types import Look
from wayseal.market.watch._schedule import Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMade:
    """A look that was planned and not made. reason: a word for it (`budget`, `robots`, `stopped`, `source_removed`)."""

    planned: Planned
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Planned looks.

    Attributes:
        planned: How many.
        made: How many were made, whatever they saw.
        named: How many were not, by reason.
        unnamed: Those of which nothing is known.
    """

    planned: int
    made: int
    named: Mapping[str, int]
    unnamed: tuple[Planned, ...]

    @property
    def share_made(self) -> float:
        """Share that was made; 1 where none was planned."""
        return self.made / self.planned if self.planned else 1.0


def account(planned: Iterable[Planned], looks: Iterable[Look], not_made: Iterable[NotMade]) -> Account:
    """What became of planned looks.

    Args:
        planned: All that were planned.
        looks: All that were made; they say for when they had been planned.
        not_made: Those that were not, with reasons.

    Returns:
        The account.
    """
    wanted = list(planned)
    made = {(look.source, look.target, look.planned_at) for look in looks}
    reasons = {one.planned: one.reason for one in not_made}
    left = [one for one in wanted if (one.source, one.key, one.at) not in made]
    named = Counter(reasons[one] for one in left if one in reasons)
    unnamed = tuple(one for one in left if one not in reasons)
    return Account(planned=len(wanted), made=len(wanted) - len(left), named=named, unnamed=unnamed)
