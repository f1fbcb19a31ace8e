"""Texts and pictures laid out so that near-same ones are found: all pairs at once, or those of one more."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from wayseal.market.sellers._book import Union
from wayseal.market.sellers._kernels import F64, I64, U32, U64, agreeing
from wayseal.market.sellers._pictures import near_one, near_pictures
from wayseal.market.sellers._texts import (
    HASHES,
    Flat,
    Rarity,
    compare,
    flatten,
    near_texts,
    pairs_of,
    sketches,
    split_pairs,
)
from wayseal.market.sellers._weigh import LEAST_LIKE

_AGREE = int(0.3 * HASHES)


class Rows:
    """Pairs of things, found by either. rows: (a, b, …) of each."""

    def __init__(self, rows: np.ndarray[tuple[int, int], np.dtype[Any]], count: int) -> None:
        turned = rows.copy()
        turned[:, 0], turned[:, 1] = rows[:, 1], rows[:, 0]
        both = np.concatenate([rows, turned])
        self._rows = both[np.argsort(both[:, 0], kind="stable")]
        self._starts = np.searchsorted(self._rows[:, 0], np.arange(count + 1))

    def of(self, number: int) -> np.ndarray[tuple[int, int], np.dtype[Any]]:
        """Rows (b, …) of one thing."""
        if number + 1 >= len(self._starts):
            return self._rows[:0, 1:]
        return self._rows[self._starts[number] : self._starts[number + 1], 1:]


class PictureIndex:
    """Pictures by number. keys: (hash, hash of the mirror) of each."""

    def __init__(self, keys: Sequence[tuple[int, int]]) -> None:
        self._count = len(keys)
        self._hashes: U64 = np.array([key[0] for key in keys], np.uint64)
        self._mirrors: U64 = np.array([key[1] for key in keys], np.uint64)
        self._families = Union()
        rows = near_pictures(self._hashes, self._mirrors)
        self._near = Rows(rows, self._count)
        for a, b in rows[:, :2].tolist():
            self._families.join_two(a, b)

    def near(self, number: int) -> Sequence[tuple[int, int, bool]]:
        """(number, bits, mirrored) of those that are near-same."""
        return [(other, bits, bool(mirrored)) for other, bits, mirrored in self._near.of(number).tolist()]

    def family(self, number: int) -> int:
        """The same for pictures that near-same ones lead to."""
        return self._families.find(number)

    def add(self, number: int, key: tuple[int, int]) -> Sequence[tuple[int, int, bool]]:
        """Takes in one, if it is new; what is near-same to it."""
        found = [one for one in near_one(self._hashes[: self._count], *key) if one[0] != number]
        self._families.join((number, *(one[0] for one in found)))
        if number >= self._count:
            if self._count == len(self._hashes):
                room = np.zeros(self._count + 1024, np.uint64)
                self._hashes, self._mirrors = np.append(self._hashes, room), np.append(self._mirrors, room)
            self._hashes[self._count], self._mirrors[self._count] = key
            self._count += 1
        return found


class TextIndex:
    """Texts without footers by number."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._grams = split_pairs(flatten(texts))
        self._more: list[U32] = []
        self._rarity = Rarity(self._grams)
        rarity = self._rarity.of(self._grams.codes)
        sums = np.concatenate(([0.0], np.cumsum(rarity, dtype=np.float64)))
        self._information = [float(one) for one in np.diff(sums[self._grams.starts])]
        self._sketches = sketches(self._grams)
        self._first = self._count = len(texts)
        self._near = Rows(np.concatenate(near_texts(self._grams, rarity, self._sketches), axis=1), len(texts))

    def information(self, number: int) -> float:
        """Nats in a text."""
        return self._information[number]

    def near(self, number: int) -> Sequence[tuple[int, float, float]]:
        """(number, likeness, shared information) of those that are alike."""
        return [(int(other), likeness, shared) for other, likeness, shared in self._near.of(number).tolist()]

    def likeness(self, some: Sequence[int], others: Sequence[int]) -> F64:
        """How alike each of some texts is to each of others, as Jaccard of pairs of characters, rare ones more."""
        parts = [self._of(number) for number in (*some, *others)]
        starts = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
        flat = Flat(np.concatenate([np.zeros(0, np.uint32), *parts]), starts)
        rows, columns = np.indices((len(some), len(others))).reshape(2, -1)
        measured = compare(flat, self._rarity.of(flat.codes), np.stack([rows, len(some) + columns], axis=1))
        return measured[:, 0].reshape(len(some), len(others))

    def add(self, number: int, text: str) -> Sequence[tuple[int, float, float]]:
        """Takes in one, if it is new; what is alike to it."""
        grams = self._of(number) if number < self._count else pairs_of(text)
        made = sketches(Flat(grams, np.array([0, len(grams)], np.int64)))[0]
        agree = np.zeros(self._count, np.int64)
        agreeing(self._sketches, self._count, made, agree)
        places = np.flatnonzero(agree >= _AGREE) if len(grams) else np.zeros(0, np.int64)
        found = self._compare(grams, places[places != number])
        if number >= self._count:
            self._append(grams, made)
        return found

    def _of(self, number: int) -> U32:
        if number >= self._first:
            return self._more[number - self._first]
        return self._grams.codes[self._grams.starts[number] : self._grams.starts[number + 1]]

    def _compare(self, grams: U32, places: I64) -> list[tuple[int, float, float]]:
        if not len(places):
            return []
        parts = [grams, *(self._of(place) for place in places.tolist())]
        starts = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
        flat = Flat(np.concatenate(parts), starts)
        pairs = np.stack([np.zeros(len(places), np.int64), np.arange(1, len(places) + 1)], axis=1)
        measured = compare(flat, self._rarity.of(flat.codes), pairs)
        return [
            (place, likeness, information)
            for place, (likeness, information) in zip(places.tolist(), measured.tolist(), strict=True)
            if likeness >= LEAST_LIKE
        ]

    def _append(self, grams: U32, made: U32) -> None:
        if self._count == len(self._sketches):
            self._sketches = np.concatenate([self._sketches, np.zeros((1024, HASHES), np.uint32)])
        self._sketches[self._count] = made
        self._count += 1
        self._more.append(grams)
        self._information.append(float(self._rarity.of(grams).sum()))
