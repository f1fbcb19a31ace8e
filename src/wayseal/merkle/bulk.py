"""Many hashes at once.

1. What is hashed in bulk is byte for byte what hashlib gives.

SHA-256 (FIPS 180-4) of many messages of one length at once, in lanes that the compiler makes vectors of.

One message after the other costs 15 to 40 ns a block and a microsecond a call; 16 side by side cost less than 30 ns a
block and no call. The layout is what the vectoriser understands: one flat array, rows of LANES numbers, the state in
rows 0 to 7, the 16 words of the schedule in rows 8 to 23.
"""

import hashlib
from collections.abc import Sequence
from math import isqrt
from types import FunctionType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wayseal.merkle.hashing import SIZE
from wayseal.model.runtime import kernel, part

LANES = 16
BLOCK = 64
Words: TypeAlias = npt.NDArray[np.uint32]
State: TypeAlias = tuple[np.uint32, np.uint32, np.uint32, np.uint32, np.uint32, np.uint32, np.uint32, np.uint32]
Four: TypeAlias = tuple[np.uint32, np.uint32, np.uint32, np.uint32]


def _cube_root(x: int) -> int:
    """The whole part of the cube root."""
    low, high = 0, 1 << (x.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= x else (low, middle - 1)
    return low


_PRIMES = [n for n in range(2, 312) if all(n % k for k in range(2, isqrt(n) + 1))]
ROUNDS = np.array([_cube_root(p << 96) & 0xFFFFFFFF for p in _PRIMES], np.uint32)
"""First 32 bits of the fractional parts of the cube roots of the first 64 primes."""
START = np.array([isqrt(p << 64) & 0xFFFFFFFF for p in _PRIMES[:8]], np.uint32)
"""The same of the square roots of the first 8."""


@part
def turned(x: np.uint32, right: int) -> np.uint32:
    """`x` rotated right."""
    return np.uint32(np.uint32(x >> np.uint32(right)) | np.uint32(x << np.uint32(32 - right)))


@part
def step(s: State, k: np.uint32, w: np.uint32) -> State:
    """One round."""
    a, b, c, d, e, f, g, h = s
    x = np.uint32(h + np.uint32(turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)))
    x = np.uint32(x + np.uint32(g ^ np.uint32(e & np.uint32(f ^ g))) + k + w)
    y = np.uint32(turned(a, 2) ^ turned(a, 13) ^ turned(a, 22))
    y = np.uint32(y + np.uint32(np.uint32(a & b) | np.uint32(c & np.uint32(a | b))))
    return np.uint32(x + y), a, b, c, np.uint32(d + x), e, f, g


@part
def four_steps(s: State, r: int, w: Four) -> State:
    """Rounds r to r + 3."""
    s = step(s, ROUNDS[r], w[0])
    s = step(s, ROUNDS[r + 1], w[1])
    s = step(s, ROUNDS[r + 2], w[2])
    return step(s, ROUNDS[r + 3], w[3])


@part
def next_word(w0: np.uint32, w1: np.uint32, w9: np.uint32, w14: np.uint32) -> np.uint32:
    """The schedule's word 16 places after `w0`."""
    x = np.uint32(turned(w1, 7) ^ turned(w1, 18) ^ np.uint32(w1 >> np.uint32(3)))
    y = np.uint32(turned(w14, 17) ^ turned(w14, 19) ^ np.uint32(w14 >> np.uint32(10)))
    return np.uint32(w0 + x + w9 + y)


@part
def next_four(a: Four, b: Four, c: Four, d: Four) -> Four:
    """The four words that follow 16."""
    w0 = next_word(a[0], a[1], c[1], d[2])
    w1 = next_word(a[1], a[2], c[2], d[3])
    w2 = next_word(a[2], a[3], c[3], w0)
    return w0, w1, w2, next_word(a[3], b[0], d[0], w1)


@part
def put_four(q: Words, place: int, w: Four) -> None:
    """Stores four words of one lane, a row each."""
    q[place], q[place + LANES], q[place + 2 * LANES], q[place + 3 * LANES] = w


@part
def get_four(q: Words, place: int) -> Four:
    """Loads what `put_four` stored."""
    return q[place], q[place + LANES], q[place + 2 * LANES], q[place + 3 * LANES]


@kernel
def compress(state: Words, q: Words) -> None:
    """Takes one block a lane into `state` (8 rows); q: 24 rows, of which 8 to 23 hold the block."""
    for i in range(8 * LANES):
        q[i] = state[i]
    for r in range(0, 64, 16):
        for lane in range(LANES):
            a, b, c, d = get_four(q, lane)
            e, f, g, h = get_four(q, 4 * LANES + lane)
            s = (a, b, c, d, e, f, g, h)
            w, x = get_four(q, 8 * LANES + lane), get_four(q, 12 * LANES + lane)
            y, z = get_four(q, 16 * LANES + lane), get_four(q, 20 * LANES + lane)
            s = four_steps(s, r, w)
            s = four_steps(s, r + 4, x)
            s = four_steps(s, r + 8, y)
            s = four_steps(s, r + 12, z)
            put_four(q, lane, (s[0], s[1], s[2], s[3]))
            put_four(q, 4 * LANES + lane, (s[4], s[5], s[6], s[7]))
            w = next_four(w, x, y, z)
            x = next_four(x, y, z, w)
            y = next_four(y, z, w, x)
            z = next_four(z, w, x, y)
            put_four(q, 8 * LANES + lane, w)
            put_four(q, 12 * LANES + lane, x)
            put_four(q, 16 * LANES + lane, y)
            put_four(q, 20 * LANES + lane, z)
    for i in range(8 * LANES):
        state[i] = np.uint32(state[i] + q[i])


@part
def swapped(x: np.uint32) -> np.uint32:
    """The four bytes in the other order."""
    low = np.uint32(np.uint32(x & np.uint32(0x00FF00FF)) << np.uint32(8))
    x = np.uint32(low | np.uint32(np.uint32(x >> np.uint32(8)) & np.uint32(0x00FF00FF)))
    return np.uint32(np.uint32(x << np.uint32(16)) | np.uint32(x >> np.uint32(16)))


@kernel
def hash_padded(messages: Words, out: Words) -> None:
    """Digests (n, 8) of padded messages (n, 16 a block), both in the byte order of the machine's memory.

    n is a multiple of LANES; the machine is little-endian.
    """
    state, q = np.empty(8 * LANES, np.uint32), np.empty(24 * LANES, np.uint32)
    count, width = messages.shape
    for i in range(0, count, LANES):
        for k in range(8):
            for lane in range(LANES):
                state[k * LANES + lane] = START[k]
        for block in range(0, width, 16):
            for lane in range(LANES):
                for k in range(16):
                    q[(8 + k) * LANES + lane] = swapped(messages[i + lane, block + k])
            compress(state, q)
        for lane in range(LANES):
            for k in range(8):
                out[i + lane, k] = swapped(state[k * LANES + lane])


Digests: TypeAlias = npt.NDArray[np.uint8]
"""n hashes: uint8 (n, 32)."""
_AT_ONCE = 4096
WORTH = 1 << 62 if isinstance(compress, FunctionType) else 48
"""Fewest messages for which the kernel beats hashlib; without the compiler it never does."""


class Messages:
    """Room for up to `most` messages of `size` bytes each, to be filled and hashed again and again.

    rows: uint8 (most, size), to be written to.
    """

    def __init__(self, most: int, size: int) -> None:
        blocks = (size + 9 + BLOCK - 1) // BLOCK
        most += -most % LANES
        self._padded = np.zeros((most, blocks * BLOCK), np.uint8)
        self._padded[:, size] = 0x80
        self._padded[:, -8:] = np.frombuffer((8 * size).to_bytes(8, "big"), np.uint8)
        self.rows = self._padded[:, :size]
        self._out = np.empty((most, 8), np.uint32)

    def hashes(self, count: int) -> Digests:
        """SHA-256 of the first `count` messages (rule 1)."""
        if count < WORTH:
            rows = self.rows[:count]
            joined = b"".join(hashlib.sha256(row.tobytes()).digest() for row in rows)
            return np.frombuffer(joined, np.uint8).reshape(count, SIZE)
        whole = count + -count % LANES
        with np.errstate(over="ignore"):
            hash_padded(self._padded[:whole].view(np.uint32), self._out[:whole])
        return self._out[:count].copy().view(np.uint8)


def parents(nodes: Digests) -> Digests:
    """Hashes of the nodes over each two of `nodes`; a last one without a sibling has none."""
    count = len(nodes) // 2
    pairs = np.ascontiguousarray(nodes[: 2 * count]).reshape(count, 2 * SIZE)
    room = Messages(min(count, _AT_ONCE), 1 + 2 * SIZE)
    room.rows[:, 0] = 1
    out = np.empty((count, SIZE), np.uint8)
    for start in range(0, count, _AT_ONCE):
        some = pairs[start : start + _AT_ONCE]
        room.rows[: len(some), 1:] = some
        out[start : start + len(some)] = room.hashes(len(some))
    return out


def stacked(hashes: Sequence[bytes]) -> Digests:
    """Hashes as an array."""
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, SIZE)
