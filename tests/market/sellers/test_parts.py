"""Near-same pictures and texts against what one would count by hand."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.market.sellers.making import DAY, FOOTER, NOW, TEXTS, offer, some
from wayseal.market.sellers import Offer, _style, link_all
from wayseal.market.sellers._index import (
    Rarity,
    bare,
    candidates,
    compare,
    flatten,
    learn_footers,
    near_one,
    near_pictures,
    near_texts,
    sketches,
    split_pairs,
    strip,
)
from wayseal.market.sellers._style import measure_strangers, traits_of
from wayseal.market.sellers._weigh import succession
from wayseal.market.types import Handle, HandleKind


def test_no_pair_of_pictures_is_missed_and_none_told_that_is_none() -> None:
    rng = random.Random(4)
    hashes, mirrors = [], []
    for _ in range(60):
        hash_, mirror = rng.getrandbits(64), rng.getrandbits(64)
        for _ in range(4):
            flips = sum(1 << bit for bit in rng.sample(range(64), rng.randint(0, 9)))
            one = (hash_ ^ flips, mirror ^ flips)
            first, second = one if rng.random() < 0.7 else one[::-1]
            hashes.append(first)
            mirrors.append(second)
    wanted = {}
    for i, j in itertools.combinations(range(len(hashes)), 2):
        plain, turned = (hashes[i] ^ hashes[j]).bit_count(), (hashes[i] ^ mirrors[j]).bit_count()
        if plain <= 8 or turned <= 8:
            wanted[i, j] = (plain, 0) if plain <= 8 else (turned, 1)
    found = near_pictures(np.array(hashes, np.uint64), np.array(mirrors, np.uint64))
    assert {(a, b): (bits, mirrored) for a, b, bits, mirrored in found.tolist()} == wanted
    assert any(mirrored for _, mirrored in wanted.values())
    last = len(hashes) - 1
    one_by_one = near_one(np.array(hashes[:last], np.uint64), hashes[last], mirrors[last])
    assert {a: (bits, int(mirrored)) for a, bits, mirrored in one_by_one} == {
        a: how for (a, b), how in wanted.items() if b == last
    }


def test_likeness_is_that_of_pairs_of_characters_weighed_by_rarity() -> None:
    texts = [TEXTS[0], TEXTS[0][:30] + TEXTS[1][:9], TEXTS[1], ""]
    grams = split_pairs(flatten(texts))
    rarity = Rarity(grams).of(grams.codes)
    sets = [{text[n : n + 2] for n in range(len(text) - 1)} for text in texts]
    counts = {pair: sum(pair in one for one in sets) for pair in set.union(*sets)}
    nats = {pair: np.log((len(texts) + 1000) / (count + 1.0)) for pair, count in counts.items()}
    for a, b in itertools.combinations(range(4), 2):
        ((likeness, shared),) = compare(grams, rarity, np.array([[a, b]]))
        both, either = (sum(nats[pair] for pair in some) for some in (sets[a] & sets[b], sets[a] | sets[b]))
        assert abs(shared - both) < 1e-3
        assert abs(likeness - (both / either if either else 0.0)) < 1e-5


def test_texts_that_are_alike_are_found_without_comparing_all() -> None:
    rng = random.Random(8)
    signs = sorted(set("".join(TEXTS)))
    texts = ["".join(rng.choices(signs, k=45)) for _ in range(300)]
    texts += [text[:36] + "".join(rng.choices(signs, k=9)) for text in texts[:60]]
    grams = split_pairs(flatten(texts))
    pairs, measured = near_texts(grams, Rarity(grams).of(grams.codes), sketches(grams))
    found = {(a, b) for a, b in pairs.tolist()}
    assert found >= {(n, 300 + n) for n in range(60)}
    assert measured.min() >= 0.5
    assert len(candidates(sketches(grams))) < 1000, "of 64,620"


def test_footers_are_learnt_and_taken_out_whole() -> None:
    rng = random.Random(6)
    signs = sorted(set("".join(TEXTS)))
    bodies = ["".join(rng.choices(signs, k=30)) for _ in range(9)]
    texts = [bare(body + FOOTER) for body in bodies]
    at = np.full(9, NOW)
    footers = learn_footers(flatten(texts), np.arange(9), at)
    assert strip(texts, footers) == [bare(body) for body in bodies]
    assert not len(learn_footers(flatten(texts), np.zeros(9, np.int64), at)), "one seller's own is no footer"
    apart = NOW + np.arange(9) * 20 * DAY
    assert not len(learn_footers(flatten(texts), np.arange(9), apart)), "nor what comes one after the other"
    assert strip(["", "短"], footers) == ["", "短"]
    assert not len(learn_footers(flatten([]), np.zeros(0, np.int64), np.zeros(0, np.int64)))


def test_a_shop_follows_another_the_likelier_the_sooner_and_the_fewer_went() -> None:
    def worth(gap: float, *others: float) -> float:
        return succession(int(gap * DAY), np.array([gap, *others]) * DAY, known=100)

    assert worth(0.1) > worth(1) - 1e-9
    assert worth(0.1, 1, 2) > worth(2, 0.1, 1)
    assert worth(1) >= worth(1, 1, 1) > worth(1, *[1] * 40)
    assert worth(30, *[0.5] * 200) == -2.0
    assert worth(0.1) > succession(DAY // 10, np.array([DAY / 10]), known=5000), "others went before that was known"


def test_a_likeness_is_worth_what_strangers_leave_of_it() -> None:
    known = measure_strangers(np.random.default_rng(3).exponential(2.0, 20_000))
    nats = known.leave(np.array([-1.0, 1.0, 4.0, 8.0, 16.0])).tolist()
    assert nats == sorted(nats)
    assert abs(nats[2] - (2.0 + np.log(0.5))) < 0.1, (
        "half of all come-backs come so close, of strangers one in e squared"
    )
    assert abs(nats[4] - (8.0 + np.log(0.5))) < 1.0, "beyond what was seen, by the tail"
    spoilt = measure_strangers(np.append(np.random.default_rng(3).exponential(2.0, 20_000), [90.0] * 5))
    assert abs(spoilt.leave(np.array([16.0]))[0] - nats[4]) < 1.5, "a few of his own among the strangers move little"


def test_traits_are_read_off_a_text() -> None:
    text = "🔥顺丰单号|批·发|要的联系|扣扣:９0001|微信:kd77777"
    told = (
        Handle(kind=HandleKind.QQ, value="90001", at=(text.index("９"), text.index("９") + 5)),
        Handle(kind=HandleKind.WECHAT, value="kd77777"),
    )
    found = traits_of([replace(offer("a:1", text), handles=told, name="老张 Shop")])
    assert found == {
        "opens": "🔥",
        "between": "|",
        "disguised": "3",
        "name": "老张 shop",
        "closes": "联系",
        "label qq": "扣扣",
        "label wechat": "微信",
        "joint": ":",
        "lead": "|",
        "spelled": "hidden",
    }
    assert traits_of([offer("a:1", ""), offer("a:2", "", ["1"])]) == {}


def test_handles_and_signs_are_no_part_of_a_text() -> None:
    assert bare("ＱＱ：１２３４５６７  出单号🔥 VX_abcdef99，ＫＤ料") == "出单号料"
    assert bare("vx1234") == ""


def test_who_adds_one_offer_waits_for_no_other_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    sellers = link_all(some(3))
    asked: list[Sequence[Offer]] = []
    traits_of = _style.traits_of

    def noted(offers: Sequence[Offer]) -> dict[str, str]:
        asked.append(offers)
        return traits_of(offers)

    monkeypatch.setattr(_style, "traits_of", noted)
    sellers.add(offer("new:1", TEXTS[0]))
    assert 0 < len(asked) <= 2
