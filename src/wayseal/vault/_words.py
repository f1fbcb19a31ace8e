"""What refuses, in words: the vault itself, a budget, or a rule of the policy."""

from wayseal.vault.policy import Policy
from wayseal.vault.policy.budgets import OVER
from wayseal.vault.requests import Refused

WORDS: dict[str, tuple[str, str]] = {
    "exists": ("该运单号下已有封存信息", "something is sealed under this number already"),
    "damaged": ("封存内容与封存时不符，已停止显示", "what is sealed there isn't what was sealed; nothing is shown"),
    "erased": ("该运单的个人信息已销毁", "what was sealed under the waybill has been erased"),
    "revises": ("该用途不能更改这些字段", "the purpose doesn't change all of these fields"),
    "quota": ("今日查找次数已用完", "today's look-ups are used up"),
}
"""Rule of the vault itself: (Chinese, English)."""
_OVER = {over.rule: (over.zh, over.en) for over in OVER.values()}
_GONE = ("该请求已按当时的规则拒绝", "it was refused by a rule that the policy doesn't have any more")


def words_of(policy: Policy, rule: str) -> tuple[str, str]:
    """What any rule that refuses says: (Chinese, English)."""
    return policy.words(rule) or _OVER.get(rule) or WORDS.get(rule, _GONE)


def refused(waybill: str, rule: str, *, seq: int) -> Refused:
    """A refusal by one of these rules."""
    zh, en = WORDS[rule]
    return Refused(waybill=waybill, rule=rule, zh=zh, en=en, seq=seq)
