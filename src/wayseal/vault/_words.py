"""What the vault itself refuses, beside the rules of the policy, in words."""

from wayseal.vault._acts import Refused

WORDS: dict[str, tuple[str, str]] = {
    "exists": ("该运单号下已有封存信息", "something is sealed under this number already"),
    "damaged": ("封存内容与封存时不符，已停止显示", "what is sealed there isn't what was sealed; nothing is shown"),
    "erased": ("该运单的个人信息已销毁", "what was sealed under the waybill has been erased"),
    "quota": ("今日查找次数已用完", "today's look-ups are used up"),
}
"""Rule: (Chinese, English)."""


def refused(waybill: str, rule: str, *, seq: int) -> Refused:
    """A refusal by one of these rules."""
    zh, en = WORDS[rule]
    return Refused(waybill=waybill, rule=rule, zh=zh, en=en, seq=seq)
