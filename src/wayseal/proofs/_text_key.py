"""The key of a text: XXH64 with seed 0, in whole numbers.

The ledger makes keys by the million with a compiled form of it; this one needs no compiler, and is for one.
"""

_ALL = (1 << 64) - 1
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def text_key(text: str) -> int:
    """64 bits; never 0, which stands for no text."""
    return _xxh64(text.encode()) or 1


def _xxh64(data: bytes) -> int:
    at, size = 0, len(data)
    if size >= 32:
        lanes = [_P1 + _P2, _P2, 0, -_P1]
        while at + 32 <= size:
            lanes = [_mix(lane & _ALL, data[at + 8 * n : at + 8 * n + 8]) for n, lane in enumerate(lanes)]
            at += 32
        h = sum(_turned(lane, left) for lane, left in zip(lanes, (1, 7, 12, 18), strict=True)) & _ALL
        for lane in lanes:
            h = ((h ^ _mix(0, lane.to_bytes(8, "little"))) * _P1 + _P4) & _ALL
    else:
        h = _P5
    h = (h + size) & _ALL
    while at + 8 <= size:
        h = (_turned(h ^ _mix(0, data[at : at + 8]), 27) * _P1 + _P4) & _ALL
        at += 8
    if at + 4 <= size:
        word = int.from_bytes(data[at : at + 4], "little") * _P1 & _ALL
        h = (_turned(h ^ word, 23) * _P2 + _P3) & _ALL
        at += 4
    for byte in data[at:]:
        h = _turned(h ^ (byte * _P5 & _ALL), 11) * _P1 & _ALL
    h = (h ^ h >> 33) * _P2 & _ALL
    h = (h ^ h >> 29) * _P3 & _ALL
    return h ^ h >> 32


def _mix(lane: int, word: bytes) -> int:
    return _turned((lane + int.from_bytes(word, "little") * _P2) & _ALL, 31) * _P1 & _ALL


def _turned(x: int, left: int) -> int:
    return (x << left | x >> 64 - left) & _ALL
