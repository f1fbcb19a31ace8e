"""Patterns that somebody wrote into a mapping, matched in time that grows with the text and with nothing else.

1. They are RE2's, which comes with Arrow, and Python's as well: neither looks ahead or behind, nor refers back to what
   it found, and a name stands in them once.
2. A pattern stands for a whole text. A bracket without a name only groups.
3. All that a mapping writes like that is bounded together (`MOST`), and how often something is repeated in it: RE2
   writes repetitions out, and may walk through all of them with each letter.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

MOST = 4000
"""Letters of patterns, each as often as it is repeated."""
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?:[0-9]*,)?([0-9]{1,9})[0-9]*,?\}|.", re.DOTALL)
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)", re.DOTALL)


def size_of(pattern: str) -> int:
    """How long a pattern is once its repetitions are written out (rule 3)."""
    groups, last = [0], 0
    for token in _TOKEN.finditer(pattern):
        if token[0] == "(":
            groups.append(0)
        elif token[0] == ")" and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif token[1]:
            groups[-1] += last * max(0, int(token[1]) - 1)
            last *= int(token[1])
        else:
            last = 1
            groups[-1] += 1
    return sum(groups)


def names_of(pattern: str) -> tuple[str, ...]:
    """The names in a pattern. ValueError: it isn't one (rule 1)."""
    try:
        names = tuple(re.compile(pattern).groupindex)
        match_whole(pa.array([], pa.string()), pattern)
    except (re.error, RecursionError, OverflowError, pa.ArrowInvalid) as error:
        raise ValueError(str(error)) from None
    return names


def match_whole(texts: pa.Array, pattern: str) -> pa.StructArray:
    """Extract what each text holds under the names of a pattern; null where the pattern isn't all of it (rule 2)."""
    grouped = _PIECE.sub(lambda found: "(?:" if found[0] == "(" else found[0], pattern)
    return pc.extract_regex(texts, rf"\A(?:{grouped})\z")
