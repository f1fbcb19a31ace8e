"""What sellers write: altered for machines and not for people, and nobody's address."""

import re
import unicodedata

import pytest

from wayseal_sim.market._altered import alter, hide_digits
from wayseal_sim.market._texts import compose, draw_contact, draw_contacts, draw_style, written
from wayseal_sim.market.parts import FORBIDDEN, Trade
from wayseal_sim.types import stream

TEXT = "长期出快递面单实时一手数据每天三千条要的联系微信客服在线秒回价格好说"
NOBODYS = {
    "qq": r"9\d{10}",
    "phone": r"154\d{8}",
    "wechat": r"[a-z]+[a-z0-9]{10}",
    "telegram": r"[a-z]+_[a-z0-9]{10}",
    "invite": r"t\.me/\+[a-z0-9]{16}",
    "email": r"[a-z0-9]{10}@mail\.example",
}


def test_altering_is_by_share_and_leaves_the_rest() -> None:
    assert alter(TEXT, 0.0, stream(1)) == TEXT
    shares = []
    for share in (0.1, 0.4):
        runs = [alter(TEXT, share, stream(k)) for k in range(40)]
        shares.append(sum(sum(c not in run for c in TEXT) + len(run) - len(TEXT) for run in runs))
    assert 0 < 2 * shares[0] < shares[1]
    assert alter("abc 123", 1.0, stream(1)) == "abc 123"


@pytest.mark.parametrize("seed", range(30))
def test_hidden_digits_are_the_same_to_a_reader(seed: int) -> None:
    shown = hide_digits("91234567890", stream(seed), words=True)
    back = str.maketrans("零一二三四五六七八九壹贰叁肆伍陆柒捌玖⓪", "01234567891234567890")
    plain = unicodedata.normalize("NFKC", shown.translate(back))
    assert re.sub(r"[^0-9]", "", plain) == "91234567890"


@pytest.mark.parametrize("kind", NOBODYS)
def test_no_address_can_be_anybodys(kind: str) -> None:
    for seed in range(50):
        assert re.fullmatch(NOBODYS[kind], draw_contact(stream(seed), kind).value)


@pytest.mark.parametrize("trade", Trade)
def test_texts_vary_and_every_blank_is_filled(trade: Trade) -> None:
    texts = set()
    for seed in range(40):
        rng = stream(seed)
        style = draw_style(rng, 0.0)
        title, text = written(rng, compose(rng, trade, style), draw_contacts(rng), style, footer="代发")
        assert not re.search(r"[{}\x00]", title + text)
        assert text.endswith("\n代发")
        texts.add(text)
    assert len(texts) == 40


def test_forbidden_kinds_are_the_markets() -> None:
    assert set(FORBIDDEN) == {Trade.NUMBERS, Trade.LABELS, Trade.PERSONAL, Trade.INSIDER, Trade.EMPTY_PARCELS}
