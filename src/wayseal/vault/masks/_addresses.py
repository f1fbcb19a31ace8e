"""Addresses: street, village and estate may be read, numbers of doors, buildings and rooms never.

The region is found first; numbers split what follows; between them stand words, of which those are shown that a row
knows. Behind a building or a room nothing is shown.
"""

import re
from collections.abc import Callable, Iterator

from wayseal.vault.masks import _regions
from wayseal.vault.masks._address_words import HIDE_DOOR, HIDE_ON, KEEP, REGION, SIGN, STARTS
from wayseal.vault.masks._english import english
from wayseal.vault.masks._normalize import HAN, LONGEST, clean, simple
from wayseal.vault.masks._rule import HIDDEN, Mask, MaskRule
from wayseal.vault.masks._surnames import SINGLE

_Scan = Callable[[str, int, int], Iterator[re.Match[str]]]
_HAN = re.compile(f"[{HAN}]").search
NOT_SCANNED = {"address.addressee", "address.word", "address.behind_door", "address.estate", "address.other"}
_SIGN = re.compile(SIGN).search
# 赵小路, 刘村: what stands apart, with no number of a door behind it, may be a person.
_PERSON = re.compile(rf"[{SINGLE}][{HAN}]{{1,2}}").fullmatch
_LAST = "last"  # what stands before a phone or the end
_MAYBE = {_LAST, HIDE_ON}
_APART = " ,.;:()/|_-"
_SPACE = re.compile(r"[ ,.;:()/|_\\-]*")
_is_space = _SPACE.fullmatch


def address_mask(rows: tuple[MaskRule, ...]) -> Mask:
    """The rows as a mask. An empty value stays empty."""
    if rows[0].show == REGION:
        return _up_to_district
    numbers = [row for row in rows if row.id not in NOT_SCANNED]
    scan = re.compile(f"(?={STARTS})(?:" + "|".join(f"({row.pattern})" for row in numbers) + ")").finditer
    shows = [""] + [_LAST if row.id == "address.long_number" else row.show for row in numbers]
    by_id = {row.id: re.compile(row.pattern) for row in rows}
    first, later = (_or_run(by_id[name].pattern) for name in ("address.word", "address.behind_door"))
    estate = by_id["address.estate"].fullmatch
    addressee = by_id["address.addressee"].search

    def shown(text: str, begin: int, spans: list[tuple[int, int]]) -> None:
        """Adds the spans that may be read from a place on."""
        wish = _SIGN(text, begin) and addressee(text, begin)
        end = wish.start() if wish else len(text)
        index, word = begin, first
        for found in scan(text, begin, end):
            start, row = found.start(), found.lastindex or 0
            show = shows[row]
            if index < start:
                words(word, text, index, start, show, spans)
            index = found.end()
            if show is KEEP:
                spans.append((start, index))
            elif show is HIDE_ON:
                return
            elif show is HIDE_DOOR:
                word = later
        if index < end:
            words(word, text, index, end, _LAST, spans)

    def words(word: _Scan, text: str, index: int, end: int, follows: str, spans: list[tuple[int, int]]) -> None:
        """Adds spans between two tokens. follows: how the second is shown, or that it is a phone or the end."""
        for found in word(text, index, end):
            if found.lastindex:
                start, index = span = found.span()
                apart = not start or text[start - 1] in _APART
                person = apart and follows in _MAYBE and _PERSON(text, start, index)
                if not (person and _is_space(text, index, end)):
                    spans.append(span)
        if index < end and follows is not KEEP and follows is not _LAST:
            index = _SPACE.match(text, index, end).end()  # type: ignore[union-attr]
            if estate(text, index, end):
                spans.append((index, end))

    def mask(value: str) -> str:
        text = clean(value)
        if not text:
            return HIDDEN if value else ""
        key = simple(text)
        if not _HAN(key):
            return english(text)
        spans = _regions.find(key)
        shown(key, spans[-1][1] if spans else 0, spans)
        return render(text, spans)

    return mask


def _or_run(pattern: str) -> _Scan:
    """Takes what the pattern does as a group, or else all that stands before the next chance for it."""
    return re.compile(f"({pattern})|[{HAN}]+|[^{HAN}]+").finditer


def render(text: str, spans: list[tuple[int, int]]) -> str:
    """The text of the spans, in their order; stars for what lies between, unless that is a separator."""
    out: list[str] = []
    index, size = 0, len(text)
    for start, end in spans:
        if index < start:
            out.append((" " if out else "") if _is_space(text, index, start) else HIDDEN)
        out.append(text[start:end])
        index = end
    if index < size and not _is_space(text, index, size):
        out.append(HIDDEN)
    return "".join(out)


def region(address: str) -> str:
    """Province, city and district or county of an address as it writes them; stars where none is found."""
    if len(address) > LONGEST:
        return HIDDEN
    text = clean(address)
    if not text:
        return HIDDEN if address else ""
    key = simple(text)
    if not _HAN(key):
        return english(text, regions_alone=True)
    return "".join([text[start:end] for start, end in _regions.find(key)]) or HIDDEN


def _up_to_district(value: str) -> str:
    found = region(value)
    return found if found.endswith(HIDDEN) or not found else found + HIDDEN
