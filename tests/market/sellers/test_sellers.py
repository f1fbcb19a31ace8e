"""Rules 1 to 7: who is joined, who is not, and that it can be said why."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.market.sellers.making import DAY, FOOTER, PICTURE, TEXTS, flip, offer, some
from wayseal.market.sellers import Join, Offer, Sellers, Signal, Split, link_all
from wayseal.market.types import HandleKind


def groups(sellers: Sellers) -> set[frozenset[str]]:
    return {frozenset(seller.offers) for seller in sellers.all()}


def are_one(sellers: Sellers, a: str, b: str) -> bool:
    return sellers.id_of(a) == sellers.id_of(b)


AFTER = (12, 20)
SAME: dict[str, tuple[Offer, Offer, Signal]] = {
    "one shop": (offer("a:1", TEXTS[0]), offer("a:2", TEXTS[1]), Signal.SHOP),
    "a handle": (offer("a:1", TEXTS[0], ["1"]), offer("b:1", TEXTS[1], ["2", "1"]), Signal.HANDLE),
    "an invite": (
        offer("a:1", TEXTS[0], ["x"], kind=HandleKind.INVITE),
        offer("b:1", TEXTS[1], ["x"], kind=HandleKind.INVITE),
        Signal.HANDLE,
    ),
    "a code": (
        offer("a:1", TEXTS[0], ["x"], kind=HandleKind.QR),
        offer("b:1", TEXTS[1], ["x"], kind=HandleKind.QR),
        Signal.QR,
    ),
    "a picture saved again": (
        offer("a:1", TEXTS[0], ["1"], [PICTURE]),
        offer("b:1", TEXTS[1], ["2"], [flip(PICTURE, 3)], AFTER),
        Signal.PICTURE,
    ),
    "a picture's mirror": (
        offer("a:1", TEXTS[0], ["1"], [PICTURE]),
        offer("b:1", TEXTS[1], ["2"], [flip(PICTURE, 2) ^ ((1 << 64) - 1)], AFTER),
        Signal.MIRROR,
    ),
    "a text under another handle": (
        offer("a:1", TEXTS[0], ["1"]),
        offer("b:1", TEXTS[0].replace("中午", "晚上") + "～", ["2"], days=AFTER),
        Signal.TEXT,
    ),
    "a text in other widths and signs": (
        offer("a:1", "ＫＤ" + TEXTS[2], ["1"]),
        offer("b:1", "kd 🔥".join(["", TEXTS[2][:9] + "，" + TEXTS[2][9:]]), ["2"], days=AFTER),
        Signal.TEXT,
    ),
}
APART: dict[str, tuple[Offer, Offer]] = {
    "nothing": (offer("a:1", TEXTS[0], ["1"]), offer("b:1", TEXTS[1], ["2"])),
    "handles of other kinds": (
        offer("a:1", TEXTS[0], ["1"]),
        offer("b:1", TEXTS[1], ["1"], kind=HandleKind.PHONE),
    ),
    "a place in the web": (
        offer("a:1", TEXTS[0], ["shop.example"], kind=HandleKind.LINK),
        offer("b:1", TEXTS[1], ["shop.example"], kind=HandleKind.LINK),
    ),
    "another picture": (
        offer("a:1", TEXTS[0], ["1"], [PICTURE]),
        offer("b:1", TEXTS[1], ["2"], [flip(PICTURE, 9)], AFTER),
    ),
    "a text that is copied beside it": (offer("a:1", TEXTS[0], ["1"]), offer("b:1", TEXTS[0], ["2"])),
    "a few words": (offer("a:1", "出单号", ["1"]), offer("b:1", "出单号", ["2"], days=AFTER)),
    "no words": (offer("a:1", "", ["1"]), offer("b:1", "！！", ["2"], days=AFTER)),
}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("name", SAME)
def test_who_is_one(name: str, late: bool) -> None:
    """At once, or the second one later."""
    a, b, signal = SAME[name]
    if late:
        sellers = link_all([a])
        links = sellers.add(b)
    else:
        sellers = link_all([a, b])
        links = sellers.seller_of(a.id).links
    assert are_one(sellers, a.id, b.id)
    assert sellers.seller_of(b.id).offers == (a.id, b.id)
    if signal is Signal.SHOP:
        assert links == (), "what a site says itself needs no link"
        return
    (link,) = [one for one in links if one.signal is signal]
    assert (link.a, link.b, link.captures) == (a.id, b.id, (a.capture, b.capture))
    assert "1" not in link.detail or signal is not Signal.HANDLE, "no value"


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("name", APART)
def test_who_is_not_one(name: str, late: bool) -> None:
    a, b = APART[name]
    sellers = link_all([a] if late else [a, b])
    if late:
        sellers.add(b)
    assert not are_one(sellers, a.id, b.id)
    assert {sellers.id_of(a.id), sellers.id_of(b.id)} == {seller.id for seller in sellers.all()}


def agency(own: bool, beside: bool) -> list[Offer]:
    """Eight who go through one agency, with its footer and its handle. own: they have handles of their own."""
    made = []
    rng = random.Random(5)
    for n in range(8):
        text = "".join(rng.sample("".join(TEXTS), 40)) + FOOTER
        days = (n % 3, 20.0 + n) if beside else (30.0 * n, 30.0 * n + 10)
        made.append(offer(f"s{n}:1", text, [*([f"own{n}"] if own else []), "agency"], days=days))
    return made


def test_an_agencys_footer_and_handle_join_nobody() -> None:
    assert len(groups(link_all(agency(own=True, beside=True)))) == 8
    sellers = link_all(agency(own=True, beside=True)[:6])
    for late in agency(own=True, beside=True)[6:]:
        assert sellers.add(late) == ()


def test_a_handle_that_is_all_that_they_have_is_theirs() -> None:
    assert len(groups(link_all(agency(own=False, beside=True)))) == 1


def test_a_stock_picture_joins_nobody() -> None:
    made = [offer(f"s{n}:1", TEXTS[n % 4][n:], [f"own{n}"], [flip(PICTURE, n % 3)], (n / 2, 20)) for n in range(8)]
    assert len(groups(link_all(made))) == 8


def test_many_who_copy_a_text_at_one_time_stay_apart() -> None:
    made = [offer(f"s{n}:1", TEXTS[0], [f"own{n}"], days=(n / 2, 20)) for n in range(8)]
    assert len(groups(link_all(made))) == 8


def test_one_after_the_other_is_one_seller() -> None:
    """A handle at a time: the first and the last have none together."""
    made = [offer(f"s{n}:1", TEXTS[n % 4], [f"h{n}", f"h{n + 1}"], days=(12.0 * n, 12.0 * n + 10)) for n in range(8)]
    sellers = link_all(made)
    assert len(groups(sellers)) == 1
    assert sellers.seller_of("s7:1").shops == tuple(f"s{n}" for n in range(8))


def test_a_shop_that_many_offer_in_is_no_seller() -> None:
    """An agency's own account at a site, or a channel."""
    rng = random.Random(3)
    texts = ["".join(rng.sample("".join(TEXTS), 40)) for _ in range(9)]
    made = [offer(f"channel:{n}", text, [f"own{n}"]) for n, text in enumerate(texts)]
    assert len(groups(link_all(made))) == 9
    lone = [offer(f"shop:{n}", text, ["own"]) for n, text in enumerate(texts)]
    assert len(groups(link_all(lone))) == 1


def test_pictures_make_no_chain_without_an_end() -> None:
    """Each shop shows the last picture of the one before, a little changed, and one of its own."""
    rng = random.Random(9)
    pictures = [rng.getrandbits(64) for _ in range(61)]
    made = [
        offer(f"s{n}:1", "", [], [pictures[n], flip(pictures[n + 1], 1)], (12.0 * n, 12.0 * n + 10)) for n in range(60)
    ]
    assert max(len(group) for group in groups(link_all(made))) <= 6, "who doesn't resemble the centre stays out"


def test_pictures_alone_join_a_few_shops() -> None:
    made = [offer(f"s{n}:1", "", [], [PICTURE], (12.0 * n, 12.0 * n + 10)) for n in range(40)]
    assert max(len(group) for group in groups(link_all(made))) == 24


def test_a_persons_word_comes_first_and_can_be_undone() -> None:
    a, b, _ = SAME["a handle"]
    c = offer("c:1", TEXTS[2], ["9"])
    sellers = link_all([a, b, c], [Split(a=a.id, b=b.id), Join(a=b.id, b=c.id)])
    assert groups(sellers) == {frozenset({a.id}), frozenset({b.id, c.id})}
    (link,) = sellers.seller_of(c.id).links
    assert (link.signal, link.captures) == (Signal.PERSON, (b.capture, c.capture))
    sellers.add(offer("d:1", TEXTS[3], ["1", "9"]))
    assert not are_one(sellers, a.id, b.id), "nor by way of a third"
    sellers.judge([])
    assert are_one(sellers, a.id, b.id)
    assert are_one(sellers, c.id, "d:1")
    sellers.judge([Join(a="nobody", b=a.id)])


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_offers_come_changes_nothing(seed: int) -> None:
    made = some(seed)
    wanted = link_all(made)
    random.Random(seed).shuffle(made)
    again = link_all([*made, *made[:5]])
    assert groups(again) == groups(wanted)
    assert again.all() == wanted.all()


@pytest.mark.parametrize("seed", range(3))
def test_every_offer_is_one_sellers_also_while_they_come(seed: int) -> None:
    made = sorted(some(seed), key=lambda one: one.at)
    sellers = link_all(made[:20])
    for late in made[20:]:
        sellers.add(late)
        assert sellers.add(late) == (), "seen again"
    offers = [one for seller in sellers.all() for one in seller.offers]
    assert sorted(offers) == sorted(one.id for one in made)
    assert len({seller.id for seller in sellers.all()}) == len(sellers.all())
    for seller in sellers.all():
        assert {sellers.id_of(one) for one in seller.offers} == {seller.id}


def ids(offers: Sequence[Offer]) -> list[str]:
    return [seller.id for seller in link_all(offers).all()]


def test_a_seller_keeps_his_id_when_others_join() -> None:
    a, b, _ = SAME["a handle"]
    assert ids([a]) == ids([a, b])


def test_texts_are_compared_by_their_sound() -> None:
    """Here every second character is written as another; `sound` knows which."""
    other = str.maketrans({sign: chr(0xAC00 + number) for number, sign in enumerate(sorted(set(TEXTS[0])))})
    back = {ord(written): sign for sign, written in other.items()}
    turned = "".join(sign.translate(other) if n % 2 else sign for n, sign in enumerate(TEXTS[0]))
    a, b = offer("a:1", TEXTS[0], ["1"]), offer("b:1", turned, ["2"], days=AFTER)

    def sound(texts: Sequence[str]) -> list[str]:
        return ["".join(chr(back.get(ord(sign), ord(sign))) for sign in text) for text in texts]

    assert not are_one(link_all([a, b]), a.id, b.id)
    assert are_one(link_all([a, b], sound=sound), a.id, b.id)
    sellers = link_all([a], sound=sound)
    sellers.add(b)
    assert are_one(sellers, a.id, b.id)


def test_who_is_still_there_when_another_takes_his_text_is_another() -> None:
    a, b = offer("a:1", TEXTS[0], ["1"], days=(0, 1)), offer("b:1", TEXTS[0], ["2"], days=(3, 20))
    gone, there = link_all([a]), link_all([a])
    there.see(a.id, b.last_at)
    for sellers in (gone, there):
        sellers.add(b)
    assert are_one(gone, a.id, b.id)
    assert not are_one(there, a.id, b.id)


def writing(n: int, rng: random.Random, way: tuple[str, str, str]) -> str:
    """Words nobody else has, in a way of writing: what it opens with, what stands between, how the address is told."""
    opens, between, label = way
    signs = sorted(set("".join(TEXTS)))
    phrases = ["".join(rng.choices(signs, k=6)) for _ in range(4)]
    return f"{opens}{between.join(phrases)}{between}{label}{90_000 + n}"


def market(ways: Sequence[tuple[str, str, str]]) -> list[Offer]:
    """A shop for each way, one after the other, a day each; no two share a word, an address or a picture."""
    rng = random.Random(11)
    return [
        offer(f"s{n}:1", writing(n, rng, way), [str(90_000 + n)], days=(n / 2, n / 2 + 0.4))
        for n, way in enumerate(ways)
    ]


ODD = ("§", "‖", "鹅号☞")


def ways(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    return [(rng.choice("🔥📦"), ",", rng.choice(("qq:", "扣扣 "))) for _ in range(count)]


def test_who_writes_as_hardly_anybody_does_took_the_place_of_one_who_went() -> None:
    """Rule 8: no word, no address and no picture in common."""
    usual = ways(random.Random(2), 60)
    made = market([*usual, ODD, ODD])
    old, new = made[-2:]
    sellers = link_all(made, ended=[one.id for one in made[:-1]])
    assert groups(sellers) == {frozenset({one.id}) for one in made[:-2]} | {frozenset({old.id, new.id})}
    assert {one.signal for one in sellers.seller_of(new.id).links} == {Signal.STYLE, Signal.RHYTHM}
    assert not are_one(link_all(made), old.id, new.id), "nobody knows that it is gone"
    sellers = link_all(made[:-1], ended=[one.id for one in made[:-2]])
    assert sellers.add(new) == ()
    assert {one.signal for one in sellers.end([old.id])} == {Signal.STYLE, Signal.RHYTHM}
    assert are_one(sellers, old.id, new.id)
    sellers.judge([Split(a=old.id, b=new.id)])
    assert not are_one(sellers, old.id, new.id)
    sellers.judge([])
    assert are_one(sellers, old.id, new.id)
    few = [*made[:9], old, new]
    assert not are_one(link_all(few, ended=[one.id for one in few[:-1]]), old.id, new.id), "too few to say"


def test_whose_way_of_writing_two_had_who_went_is_neither_s() -> None:
    made = market([*ways(random.Random(2), 60), ODD, ODD, ODD])
    for n, first_day, last_day in ((60, 26.0, 30.3), (61, 26.0, 30.4), (62, 30.5, 40)):
        made[n] = replace(made[n], at=made[0].at + int(first_day * DAY), last_at=made[0].at + int(last_day * DAY))
    first, second, new = made[-3:]
    assert are_one(
        link_all([*made[:-3], second, new], ended=[one.id for one in (*made[:-3], second)]), second.id, new.id
    )
    sellers = link_all(made, ended=[one.id for one in made[:-1]])
    assert not are_one(sellers, first.id, new.id)
    assert not are_one(sellers, second.id, new.id)


def test_who_is_there_again_under_an_address_of_his_is_not_looked_for() -> None:
    made = market([*ways(random.Random(2), 60), ODD, ODD])
    old, new = made[-2:]
    again = offer("again:1", TEXTS[3], [old.handles[0].value], days=(30.45, 60))
    sellers = link_all([*made, again], ended=[one.id for one in made[:-1]])
    assert are_one(sellers, old.id, again.id)
    assert not are_one(sellers, old.id, new.id)


def test_a_way_of_writing_speaks_against_whoever_takes_a_picture() -> None:
    """A picture would do, days later; everything about the writing is another's."""
    made = market([*ways(random.Random(2), 60), ODD, ODD, ("◆", "~", "企鹅=")])
    old, *others = (replace(one, pictures=((PICTURE, 1),)) for one in made[-3:])
    for other, same in zip(others, (True, False), strict=True):
        new = replace(other, at=old.last_at + 6 * DAY, last_at=old.last_at + 9 * DAY)
        sellers = link_all([*made[:-3], old, new], ended=[one.id for one in (*made[:-3], old)])
        assert are_one(sellers, old.id, new.id) is same


def test_who_follows_a_shop_that_is_gone_needs_less_in_common() -> None:
    """Rule 8: most of a text, under another address, hours after the old shop went; and nobody else went."""
    half = TEXTS[0][:30] + TEXTS[1][:12]
    old = offer("a:1", TEXTS[0], ["1"], days=(0, 9))
    new = offer("b:1", half, ["2"], days=(9.2, 20))
    late = offer("c:1", half, ["2"], days=(60, 70))
    assert not are_one(link_all([old, new]), old.id, new.id), "nobody knows that it is gone"
    assert are_one(link_all([old, new], ended=[old.id]), old.id, new.id)
    gone = [offer(f"g{n}:1", "", [f"g{n}"], days=(0, 59)) for n in range(60)]
    assert not are_one(link_all([old, late, *gone], ended=[one.id for one in (old, *gone)]), old.id, late.id)
    sellers = link_all([old])
    sellers.add(new)
    assert not are_one(sellers, old.id, new.id)
    links = sellers.end([old.id])
    assert {one.signal for one in links} == {Signal.TEXT, Signal.RHYTHM}
    assert are_one(sellers, old.id, new.id)
    assert sellers.end([old.id]) == (), "that is known"
    sellers = link_all([old], ended=[old.id])
    sellers.see(old.id, old.last_at)
    sellers.add(new)
    assert not are_one(sellers, old.id, new.id), "it is there again"


def test_nothing_is_known_of_nothing() -> None:
    sellers = link_all([])
    assert sellers.all() == ()
    assert sellers.add(offer("a:1", TEXTS[0], ["1"], [PICTURE])) == ()
    with pytest.raises(KeyError):
        sellers.id_of("x")
