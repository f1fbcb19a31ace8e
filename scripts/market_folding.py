"""Makes the tables by which texts are folded: `python -m scripts.market_folding`.

Unicode's own data (compatibility forms, lower case, categories) comes from Python's `unicodedata`, traditional →
simplified from OpenCC (Apache-2.0), readings of characters from pypinyin (MIT). The file says which versions made it;
the same versions make the same bytes. Both packages are needed here alone, so no lock has them:
`pip install opencc==1.4.2 pypinyin==0.55.0`.
"""

import importlib.metadata
import sys
import unicodedata
from pathlib import Path

import numpy as np
import opencc
import pypinyin

OUT = Path(__file__).parents[1] / "src/wayseal/market/reading/data/folding.npz"
FIRST_HAN, LAST_HAN = 0x3400, 0x9FFF
SKIPPED = frozenset({"Cf", "Mn", "Me", "Cc", "Cs"})
BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")
SORTS = {"other": 0, "space": 1, "symbol": 2, "letter": 3, "han": 4, "latin": 5, "digit": 6}


def fold_char(char: str, simplify: opencc.OpenCC) -> str:
    """What a character becomes by itself: "" if it is dropped."""
    if char in BREAKS:
        return " "
    if unicodedata.category(char) in SKIPPED:
        return ""
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).lower())
    kept = "".join(c for c in unicodedata.normalize("NFD", wide) if unicodedata.category(c) not in SKIPPED)
    return "".join(simplify.convert(c) if is_han(c) else c for c in unicodedata.normalize("NFC", kept))


def is_han(char: str) -> bool:
    """Whether a character is one of the ideographs."""
    return unicodedata.name(char, "").startswith("CJK UNIFIED") or char == "〇"


def sort_of(char: str) -> int:
    """Which sort of character one is, after folding."""
    if "a" <= char <= "z":
        return SORTS["latin"]
    if "0" <= char <= "9":
        return SORTS["digit"]
    if is_han(char):
        return SORTS["han"]
    group = unicodedata.category(char)[0]
    return SORTS[{"Z": "space", "P": "symbol", "S": "symbol", "L": "letter", "N": "letter"}.get(group, "other")]


def reading_of(char: str) -> str:
    """The commonest reading of a character, without tone; "" if none is known."""
    found = pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, errors="ignore")
    return found[0][0].replace("ü", "v") if found else ""


def main() -> None:
    """Write the tables."""
    simplify = opencc.OpenCC("t2s")
    codes, lengths, into, sorts = [], [], [], []
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        sorts.append(sort_of(char))
        folded = fold_char(char, simplify)
        if folded != char:
            codes.append(code)
            lengths.append(len(folded))
            into += [ord(c) for c in folded]
    change = np.flatnonzero(np.diff(np.array([-1, *sorts])))
    readings = [reading_of(chr(code)) for code in range(FIRST_HAN, LAST_HAN + 1)]
    names = sorted(set(readings))
    versions = [
        f"Unicode {unicodedata.unidata_version}",
        *(f"{name} {importlib.metadata.version(name)}" for name in ("opencc", "pypinyin")),
    ]
    OUT.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        OUT,
        codes=np.array(codes, np.uint32),
        lengths=np.array(lengths, np.uint8),
        into=np.array(into, np.uint32),
        sort_starts=change.astype(np.uint32),
        sorts=np.array(sorts, np.uint8)[change],
        syllables=np.array([names.index(r) for r in readings], np.uint16),
        syllable_names=np.array(names),
        versions=np.array(versions),
    )


if __name__ == "__main__":
    main()
