"""What refuses, in words: the vault itself, a budget, or a rule of the policy."""

from wayseal.model.messages import N_
from wayseal.model.records import Refused
from wayseal.page.languages import in_both
from wayseal.vault.policy import Policy
from wayseal.vault.policy.budgets import OVER

WORDS: dict[str, str] = {
    "exists": N_("something is sealed under this number already"),
    "damaged": N_("what is sealed there isn't what was sealed; nothing is shown"),
    "erased": N_("what was sealed under the waybill has been erased"),
    "revises": N_("the purpose doesn't change all of these fields"),
    "quota": N_("today's look-ups are used up"),
}
"""Rule of the vault itself, and what it says."""
_OVER = {over.rule: (over.zh, over.en) for over in OVER.values()}
_GONE = N_("it was refused by a rule that the policy doesn't have any more")


def words_of(policy: Policy, rule: str) -> tuple[str, str]:
    """Return the words of any rule that refuses: (Chinese, English)."""
    return policy.words(rule) or _OVER.get(rule) or in_both(WORDS.get(rule, _GONE))


def refused(waybill: str, rule: str, *, seq: int | None) -> Refused:
    """A refusal by one of these rules."""
    zh, en = in_both(WORDS[rule])
    return Refused(waybill=waybill, rule=rule, zh=zh, en=en, seq=seq)
