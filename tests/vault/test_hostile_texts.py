"""A caller's text takes time by its length, whatever stands in it: nobody stops the vault with one request."""

import itertools
import random
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.vault.sealing.waybills import RING
from wayseal.model.fields import VALUE, FieldKind
from wayseal.vault.masks import RULE_SETS, mask
from wayseal.vault.policy._policy import _TOKEN
from wayseal.vault.sealing.phones import lookup_tags, phone_tags

PIECES = (
    *(" ", "(", ")", "-", "+", "1", "1 ", "+1", "( ", "1-", "86", "0", "转", "1转", "*", "/", ".", "\u3000", "（"),
    *("\ufdfa", "㋉", "½", "①", "\u0301", "\u0301\u0327", "号", "1号", "路", "路1号", "省市", "甲", "A1 ", "St. "),
)
"""Spaces, brackets and signs that rules look for, and signs of which NFKC makes many."""


def spellings(length: int) -> list[str]:
    """Texts of this length out of each piece, and out of each pair of a few, with an end that fits nothing."""
    pairs = random.Random(7).sample(list(itertools.permutations(PIECES, 2)), 60)
    return [
        (a + b * length)[: length - 1] + end for a, b in [*zip(PIECES, PIECES, strict=True), *pairs] for end in "x1"
    ]


def least_seconds(work: Callable[[str], object], text: str) -> float:
    """CPU time of the quickest of three."""
    found = []
    for _ in range(3):
        start = time.thread_time()
        work(text)
        found.append(time.thread_time() - start)
    return min(found)


def grows_by_length(work: Callable[[str], object], most: int) -> None:
    """Four times the length takes about four times as long, not sixteen; a millisecond is the noise of small things."""
    for short, long in zip(spellings(most // 4), spellings(most), strict=True):
        assert least_seconds(work, long) < 9 * least_seconds(work, short) + 0.001, ascii(long[:20])


def test_tags_of_phones() -> None:
    grows_by_length(lambda text: phone_tags(RING, text), VALUE)
    grows_by_length(lambda text: lookup_tags(RING, text), VALUE)


@pytest.mark.parametrize("kind", FieldKind)
def test_masks(kind: FieldKind) -> None:
    for rules in RULE_SETS.values():
        mask("1号", kind, rules)  # loads what is loaded once
        grows_by_length(partial(mask, kind=kind, rules=rules), 400)


def test_words_of_a_policy() -> None:
    for piece in ('"', '"\\', '\\"', 'a"', ';"', '//"', '" '):
        short, long = (least_seconds(lambda text: list(_TOKEN.finditer(text)), piece * n) for n in (5_000, 20_000))
        assert long < 9 * short + 0.01, piece
