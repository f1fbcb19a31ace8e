"""Rewards as finance sees them: a code, what it is worth, and that it was paid. Nothing here leads to a report.

1. A code is typed into a form, never into an address, and is counted as a guess until one is found.
2. That it was paid asks for a fresh proof of who it is, and is on record before anybody is told.
"""

from starlette.responses import Response

from wayseal.cases.errors import RewardError
from wayseal.cases.hotline.codes import Code, find_code, pay_code
from wayseal.cases.hotline.rewards import read_code
from wayseal.console.hotline import HotlineOffice
from wayseal.console.roles import FINANCE
from wayseal.console.web._ask import REFUSALS, Ask, Pages
from wayseal.console.web.pages._casework import me
from wayseal.console.web.pages._hotline import on_hotline

PAGES = Pages(on_hotline)
_MISTAKES = (*REFUSALS, RewardError)


@PAGES.get("/rewards", FINANCE)
def show_rewards(
    ask: Ask, office: HotlineOffice, error: Exception | None = None, code: Code | None = None, typed: str = ""
) -> Response:
    """The form for a code, and what was found. typed: the code, to be paid; none where it can't be."""
    today = office.desk.today()
    return ask.page("rewards", error=error, found=code, code_typed=typed, late=code is not None and today > code.until)


@PAGES.post("/rewards", FINANCE, again=show_rewards, refusals=_MISTAKES)
def look_up(ask: Ask, office: HotlineOffice) -> Response:
    """What a code is worth."""
    return show_rewards(ask, office, code=_find(ask, office), typed=ask.line("reward_code"))


@PAGES.post("/rewards/pay", FINANCE, again=show_rewards, refusals=_MISTAKES, confirmed=True)
def pay(ask: Ask, office: HotlineOffice) -> Response:
    """Says that it was paid (rule 2)."""
    code = _find(ask, office).code
    desk = office.desk
    return show_rewards(
        ask, office, code=pay_code(desk.database, desk.record, code, ask.line("voucher"), me(ask), desk.now())
    )


def _find(ask: Ask, office: HotlineOffice) -> Code:
    """Rule 1. ThrottledError: too many tries."""
    ask.access.count_guess(ask.whose)
    mac = read_code(ask.line("reward_code"), lambda code: ask.access.keys.mac("reward", code))
    if mac is None:
        raise RewardError("this is no code: four times four letters and digits", key="reward_code")
    found = find_code(office.desk.database, office.desk.record, mac)
    ask.access.forget_guesses(ask.whose)
    return found
