"""How somebody writes, apart from what: shares of signs and kinds of characters (rule 2)."""

import unicodedata
from collections.abc import Sequence

MOST = 6
"""Texts of a shop that are looked at."""
_MARKS = "!！~～.。,，:：…"
_SIZE = 9 + len(_MARKS) // 2


def measure(texts: Sequence[str]) -> tuple[float, ...]:
    """The style of texts: a vector whose parts lie between 0 and 1."""
    joined = "\n".join(texts[:MOST])[:4000]
    count = max(1, len(joined))
    kinds = [unicodedata.category(sign) for sign in joined]
    marks = [joined.count(sign) / count for sign in _MARKS]
    halves = [(marks[2 * n] - marks[2 * n + 1]) * 4 for n in range(len(_MARKS) // 2)]
    lines = joined.count("\n") / count
    return (
        sum(kind[0] == "N" for kind in kinds) / count,
        sum(kind in ("Ll", "Lu") for kind in kinds) / count,
        sum(kind == "Lu" for kind in kinds) / count,
        sum(kind == "So" for kind in kinds) / count * 2,
        sum(kind[0] == "P" for kind in kinds) / count,
        sum(kind in ("Sm", "Sk", "Sc") for kind in kinds) / count * 2,
        joined.count(" ") / count * 2,
        min(1.0, lines * 8),
        min(1.0, len(joined) / max(1, len(texts[:MOST])) / 400),
        *halves,
    )
