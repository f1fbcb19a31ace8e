"""The tables of docs: purposes.md as the data has them."""

from collections.abc import Mapping

from wayseal.vault.policy import Purpose, Work

EITHER = {"en": "; ", "zh": "；"}
TICKET = {"en": "a ticket", "zh": "工单"}
UNTIL = {"en": " until {} after delivery", "zh": "，签收后 {} 内"}
DELIVERY = {"en": " until delivery", "zh": "，签收前"}
LAST_LEG = {"en": " at the outlet that delivers", "zh": "（限派送网点）"}
AT_MOST = {"en": ", at most {}", "zh": "，最多 {}"}
NONE = {"en": "none of its own", "zh": "不设"}


def code(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]


def hours(h: float) -> str:
    return f"{h / 24:g} d" if h % 24 == 0 and h > 72 else f"{h:g} h"


def until(h: int, lang: str) -> str:
    return UNTIL[lang].format(hours(h)) if h else DELIVERY[lang]


def purpose_row(purpose: Purpose, lang: str) -> list[str]:
    """Purpose, what it is, who, opened by, shows, kept."""
    ways = []
    if purpose.custody:
        where = LAST_LEG[lang] if purpose.last_leg else ""
        ways.append(f"{code(sorted(purpose.custody))}{where}{until(purpose.grace_h, lang)}")
    if purpose.ticket_h is not None:
        ways.append(TICKET[lang] + until(purpose.ticket_h, lang))
    return [
        f"`{purpose.code}`",
        purpose.zh if lang == "zh" else purpose.en,
        code(sorted(purpose.roles)),
        EITHER[lang].join(ways),
        ", ".join(f"`{name}` {form}" for name, form in purpose.fields.items()),
        hours(purpose.lasts_s / 3600),
    ]


def added(base: int, per: Mapping[Work, float]) -> str:
    return " + ".join([str(base), *(f"{each:g} × {kind}" for kind, each in per.items())])


def budget_row(purpose: Purpose, lang: str) -> list[str]:
    """Purpose, account, outlet, at once, a day, who may agree."""
    budget = purpose.budget
    base = budget.outlet_base
    return [
        f"`{purpose.code}`",
        added(budget.base, budget.per) + AT_MOST[lang].format(budget.cap),
        NONE[lang] if base is None else added(base, budget.outlet_per),
        *(
            ", ".join(f"{kind} {most}" for kind, most in most_of.items())
            for most_of in (purpose.bulk, purpose.bulk_day)
        ),
        code(sorted(purpose.approvers)),
    ]


def written(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
