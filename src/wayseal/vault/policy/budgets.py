"""Budgets: how many disclosures a day, opened by work that arrived. Pure: who counts, and where, is another room's.

Obligations (code and tests cite the numbers):
1. Without work a budget is its base, however wide the account's rights. So a login that was stolen runs dry within
   about the work of its own outlet, and one of the head office without tickets gets next to nothing.
2. Work of a day counts on that day and the next; the budget of a day is never carried over.
3. An actor's budget never exceeds the cap. An outlet's has none: its work is its bound.
4. Parts of a disclosure don't count: what work opens is rounded down.
"""

from collections.abc import Mapping
from enum import StrEnum

from wayseal.model.messages import N_
from wayseal.page.languages import in_both
from wayseal.vault.policy._policy import Decision
from wayseal.vault.policy._purposes import Purpose, Work

UNLIMITED = (1 << 31) - 1
"""An outlet's budget where the purpose sets none."""
_DAY = 86_400_000_000


class BudgetScope(StrEnum):
    """Whose budget."""

    ACTOR = "actor"
    OUTLET = "outlet"


def _over(rule: str, text: str) -> Decision:
    zh, en = in_both(text)
    return Decision(allowed=False, rule=rule, zh=zh, en=en)


OVER = {
    BudgetScope.ACTOR: _over(
        "budget", N_("the account's budget of this purpose is used up for today; it opens as work arrives")
    ),
    BudgetScope.OUTLET: _over(
        "outlet_budget", N_("the outlet's budget of this purpose is used up for today; it opens as work arrives")
    ),
}
"""The refusal where a budget is used up."""


def allowance(purpose: Purpose, work: Mapping[str, int] | Mapping[Work, int], of: str) -> int:
    """Disclosures of this purpose that a day opens (obligations 1 to 4).

    work: by kind of `Work`, today's and the day before's together. of: `actor`, with the arrivals and what was issued
    of its outlet (or by itself) and its own tickets; or `outlet`, with all of the outlet's. Kinds that the purpose
    doesn't count change nothing.
    """
    budget = purpose.budget
    if of == BudgetScope.ACTOR:
        return min(budget.cap, budget.base + _opened(budget.per, work))
    if budget.outlet_base is None:
        return UNLIMITED
    return min(UNLIMITED, budget.outlet_base + _opened(budget.outlet_per, work))


def day_of(at: int, offset: int) -> int:
    """The day of a moment by the courier's clock: days since 1970. at, offset: microseconds, offset from UTC."""
    return (at + offset) // _DAY


def _opened(per: Mapping[Work, float], work: Mapping[str, int] | Mapping[Work, int]) -> int:
    return int(sum(each * work.get(kind, 0) for kind, each in per.items()))
