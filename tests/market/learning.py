"""A record whose people decided on offers in words that the model doesn't know. All texts are invented."""

from collections.abc import Iterator
from pathlib import Path

from tests.market.log.lines_of import DAY, START, act, offered, reading
from wayseal.market.log import Line, LineKind, open_market

_KEPT = (
    "冰糖串有的来，{more}",
    "今天刚串的冰糖串，{more}",
    "谁要冰糖串，{more}，懂的来",
    "出冰糖串，{more}，先试后拿",
    "冰糖串一手的，{more}",
)
_OF_KEPT = ("母婴的多", "保健品那边的", "江浙沪为主", "老客户优先", "一天两千串")
_DISMISSED = (
    "收藏旧面单，{more}，有的联系",
    "老面单回收，{more}，看年份给价",
    "出民国底单一张，{more}",
    "收解放前的快信底单，{more}",
    "旧面单一本，{more}，换书",
)
_OF_DISMISSED = ("品相要好", "邮戳清楚", "纸不能破", "带信封更好", "九十年代以前")
NEW, OLD, USUAL = "出一批冰糖串，要的私 13812345678", "收民国快递底单，旧面单也要", "出母婴面单，带电话"
"""What nobody decided on: an advert in the new words, a collector's, and one in words that the model knows."""
SELLERS = 13


def texts() -> Iterator[tuple[str, str, str, str]]:
    """Offers that were decided on: id, shop, text, state."""
    for state, forms, more in (("kept", _KEPT, _OF_KEPT), ("dismissed", _DISMISSED, _OF_DISMISSED)):
        whole = [form.format(more=one) for form in forms for one in more]
        for at, text in enumerate(whole):
            yield f"site-a/{state}-{at}", f"site-a/{state[0]}{at % SELLERS}", text, state


def offer(name: str, shop: str, text: str, at: int = START) -> Line:
    return offered(name, at, shop=shop, title="", text=text, reading=reading("other"))


def decide(name: str, state: str) -> Line:
    return act(LineKind.TRIAGED, START + DAY, offer=name, state=state)


def write_decisions(folder: Path, *states: str) -> None:
    """A record with decisions of some states, and three offers that nobody decided on."""
    lines = [
        offer(name, name, text) for name, text in (("site-a/new", NEW), ("site-a/old", OLD), ("site-a/usual", USUAL))
    ]
    for name, shop, text, state in texts():
        if state in states:
            lines += [offer(name, shop, text), decide(name, state)]
    with open_market(folder) as record:
        record.append(lines)
