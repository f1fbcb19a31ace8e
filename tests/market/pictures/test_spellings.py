"""Spellings of a line, against all paths of small ones tried by hand."""

from itertools import product

import numpy as np
import pytest

from wayseal.market.pictures._text import END, Alphabet, spellings

CHARACTERS = ["blank", "0", "8", "6", "o", "Y", "T", "单", "１", " "]
DIGITS = Alphabet(CHARACTERS)


def _columns(rng: np.random.Generator, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    made = rng.dirichlet(np.full(len(CHARACTERS), 0.5), count)
    return made.astype(np.float32)


def _by_hand(seen: np.ndarray[tuple[int, ...], np.dtype[np.float64]], signs: list[str]) -> dict[str, float]:
    told: dict[str, float] = {}
    used = [n for n in range(seen.shape[1]) if seen[:, n].max() > 0]
    for path in product(used, repeat=len(seen)):
        kept = [n for place, n in enumerate(path) if n and (place == 0 or path[place - 1] != n)]
        text = "".join(signs[n] for n in kept)
        told[text] = told.get(text, 0.0) + float(np.prod([seen[k, n] for k, n in enumerate(path)]))
    return told


def test_a_search_finds_what_all_paths_say() -> None:
    rng = np.random.default_rng(5)
    for _ in range(6):
        alphabet = Alphabet(CHARACTERS[:4])
        seen = rng.dirichlet(np.full(4, 0.4), 3).astype(np.float32)
        wanted = _by_hand(alphabet.grouped(seen), alphabet.signs)
        found = dict(spellings(seen, alphabet, "0" * 8))
        assert sum(found.values()) <= 1 + 1e-6
        best = max(wanted, key=lambda text: wanted[text])
        assert next(iter(found)) == best
        assert found[best] == pytest.approx(wanted[best], rel=0.1)


def test_characters_are_put_together() -> None:
    seen = np.full((5, len(CHARACTERS)), 1e-6, np.float32)
    for column, character in enumerate(["Y", "o", "单", "１", "8"]):
        seen[column, CHARACTERS.index(character)] = 1.0
    assert spellings(seen, DIGITS, "12345678")[0][0] == f"YO{END}18"
    text, probability = DIGITS.likeliest(seen)
    assert text == "Yo单１8"
    assert probability == pytest.approx(1.0)
    assert DIGITS.likeliest(np.eye(1, len(CHARACTERS), dtype=np.float32)) == ("", 0.0)


def test_spaces_alone_make_no_other_spelling() -> None:
    seen = np.full((3, len(CHARACTERS)), 1e-6, np.float32)
    seen[0, 1] = seen[2, 2] = 1.0
    seen[1, [0, 9]] = 0.4, 0.6
    text, probability = spellings(seen, DIGITS, "12345678")[0]
    assert text == "0 8"
    assert probability == pytest.approx(1.0, abs=0.02)


def test_a_look_alike_stays_possible_and_a_short_line_has_no_spellings() -> None:
    seen = np.full((1, len(CHARACTERS)), 1e-7, np.float32)
    seen[0, CHARACTERS.index("8")] = 1.0
    told = dict(spellings(seen, DIGITS, "12345678"))
    assert 0 < told["6"] < 0.01
    assert told["8"] > 0.98
    assert spellings(seen, DIGITS, "2026") == ()


def test_many_columns_end() -> None:
    told = spellings(_columns(np.random.default_rng(2), 300), DIGITS, "12345678")
    assert len(told) > 3
    assert sum(share for _, share in told) <= 1 + 1e-6
