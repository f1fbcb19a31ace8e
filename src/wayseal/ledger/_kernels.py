"""The inner loops of ingest: dictionaries, partitions, order, first marks, sums."""

import numpy as np

from wayseal.ledger._keys import P1, ZERO
from wayseal.ledger._layout import Bytes, Codes, Flags, Ints, Longs, Offsets, Words
from wayseal.model.runtime import kernel

COLLISION = np.uint32(2**32 - 1)
"""Code of a text whose key another text holds."""
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
PLACE_OF_BIT = np.zeros(64, np.int64)
"""Place of a bit by the six top bits of its product with the sequence."""
PLACE_OF_BIT[[((1 << n) * int(DE_BRUIJN) & (1 << 64) - 1) >> 58 for n in range(64)]] = np.arange(64)
SMALL = 256
"""Longest group of rows that is put in order in place."""


@kernel
def encode_texts(
    start: int,
    offsets: Offsets,
    data: Bytes,
    hashes: Words,
    slots: Ints,
    keys: Words,
    ends: Longs,
    texts: Bytes,
    count: int,
    out: Codes,
) -> tuple[int, int]:
    """Codes (from 1; 0 for empty) of texts from row `start` on, adding unknown ones to the dictionary.

    slots: power of two, -1 where free. keys[code - 1], texts[ends[code - 1]:ends[code]] are the entries.
    Returns (row it stopped at, entries now): it stops early where there is no room for another entry.
    """
    mask = len(slots) - 1
    for i in range(start, len(out)):
        size = offsets[i + 1] - offsets[i]
        if size == 0:
            out[i] = 0
            continue
        at = np.int64((hashes[i] * P1) >> np.uint64(32)) & mask
        while slots[at] >= 0 and keys[slots[at]] != hashes[i]:
            at = (at + 1) & mask
        entry = slots[at]
        if entry < 0:
            if count >= len(keys) or ends[count] + size > len(texts):
                return i, count
            slots[at] = count
            keys[count] = hashes[i]
            for k in range(size):
                texts[ends[count] + k] = data[offsets[i] + k]
            ends[count + 1] = ends[count] + size
            count += 1
            out[i] = count
            continue
        same = ends[entry + 1] - ends[entry] == size
        k = 0
        while same and k < size:
            same = texts[ends[entry] + k] == data[offsets[i] + k]
            k += 1
        out[i] = entry + 1 if same else COLLISION
    return len(out), count


@kernel
def fill_slots(keys: Words, count: int, slots: Ints) -> None:
    """Puts the first `count` entries into empty `slots`."""
    mask = len(slots) - 1
    for entry in range(count):
        at = np.int64((keys[entry] * P1) >> np.uint64(32)) & mask
        while slots[at] >= 0:
            at = (at + 1) & mask
        slots[at] = entry


@kernel
def find_codes(wanted: Words, keys: Words, slots: Ints, out: Codes) -> None:
    """Code of each key; 0 for key 0 and for one that is not there."""
    mask = len(slots) - 1
    for i in range(len(wanted)):
        at = np.int64((wanted[i] * P1) >> np.uint64(32)) & mask
        while slots[at] >= 0 and keys[slots[at]] != wanted[i]:
            at = (at + 1) & mask
        out[i] = slots[at] + 1


@kernel
def group_rows(ids: Words, shift: int, groups: int, order: Codes, bounds: Longs) -> None:
    """Stable order of rows by `ids >> shift` (below `groups`); group g is order[bounds[g]:bounds[g + 1]]."""
    move = np.uint64(shift)
    for i in range(len(ids)):
        bounds[np.int64(ids[i] >> move) + 1] += 1
    for g in range(groups):
        bounds[g + 1] += bounds[g]
    place = bounds[:-1].copy()
    for i in range(len(ids)):
        group = np.int64(ids[i] >> move)
        order[place[group]] = i
        place[group] += 1


@kernel
def radix_pass(digits: Ints, before: Codes, after: Codes, size: int) -> None:
    """One stable pass of a radix sort: `before` in the order of `digits`."""
    place = np.zeros(size + 1, np.int64)
    for i in range(len(before)):
        place[digits[before[i]] + 1] += 1
    for d in range(size):
        place[d + 1] += place[d]
    for i in range(len(before)):
        d = digits[before[i]]
        after[place[d]] = before[i]
        place[d] += 1


@kernel
def comes_before(a: int, b: int, key: Words, at: Longs, source: Ints, row: Longs) -> bool:
    """True if row `a` stands before row `b` in the ledger's order."""
    if key[a] != key[b]:
        return bool(key[a] < key[b])
    if at[a] != at[b]:
        return bool(at[a] < at[b])
    if source[a] != source[b]:
        return bool(source[a] < source[b])
    return bool(row[a] < row[b])


@kernel
def order_group(order: Codes, start: int, stop: int, key: Words, at: Longs, source: Ints, row: Longs) -> bool:
    """Puts order[start:stop] in order by insertion; False if it is long and not in order yet."""
    if stop - start > SMALL:
        for i in range(start + 1, stop):  # noqa: SIM110 - compiled, which `all` is not
            if comes_before(order[i], order[i - 1], key, at, source, row):
                return False
        return True
    for i in range(start + 1, stop):
        moving = order[i]
        k = i - 1
        while k >= start and comes_before(moving, order[k], key, at, source, row):
            order[k + 1] = order[k]
            k -= 1
        order[k + 1] = moving
    return True


@kernel
def order_rows(
    key: Words, at: Longs, source: Ints, row: Longs, shift: int, bits: int, order: Codes, long: Longs
) -> int:
    """Order by (key, at, source, row), where `bits` bits of the keys from `shift` up carry their order.

    Groups that are too long to be put in order here are left as pairs (start, stop) in `long`; returns how many.
    """
    n = len(key)
    low = bits // 2
    digits = np.empty(n, np.int32)
    move, mask = np.uint64(shift), np.uint64((1 << low) - 1)
    high = np.uint64((1 << (bits - low)) - 1)
    for i in range(n):
        digits[i] = np.int32((key[i] >> move) & mask)
        order[i] = i
    half = np.empty(n, np.uint32)
    radix_pass(digits, order, half, 1 << low)
    for i in range(n):
        digits[i] = np.int32((key[i] >> (move + np.uint64(low))) & high)
    radix_pass(digits, half, order, 1 << (bits - low))
    found = 0
    start = 0
    for i in range(1, n + 1):
        if i < n and key[order[i]] >> move == key[order[start]] >> move:
            continue
        if i - start > 1 and not order_group(order, start, i, key, at, source, row):
            long[found, 0] = start
            long[found, 1] = i
            found += 1
        start = i
    return found


@kernel
def slot_of(value: np.uint64, bits: int) -> np.int64:
    """Where `value` belongs in a table of 2**bits places."""
    return np.int64((value * P1) >> np.uint64(64 - bits))


@kernel
def table_bits(rows: int) -> int:
    """Bits of the smallest table that so many rows fill to two thirds at most; at least 1."""
    bits = 1
    while (1 << bits) * 2 < rows * 3:
        bits += 1
    return bits


@kernel
def longest_run(starts: Longs) -> int:
    """Rows of the longest run [starts[r], starts[r + 1])."""
    longest = 0
    for r in range(len(starts) - 1):
        longest = max(longest, starts[r + 1] - starts[r])
    return longest


@kernel
def mark_firsts(
    starts: Longs, ids: Words, old: Flags, was_first: Flags, first: Flags, moved: Flags, fresh: Flags
) -> int:
    """First row of each id in each run of rows [starts[r], starts[r + 1]), in row order; id 0 has none.

    old, was_first: rows that are in the ledger already, and their mark there. first: the mark now. moved: old rows
    that lose it. fresh: firsts whose (run, id) pair no old row had. Returns how many moved.
    """
    most = 1 << table_bits(longest_run(starts))
    place = np.empty(most, np.int64)
    stamp = np.zeros(most, np.int64)
    lost = 0
    for r in range(len(starts) - 1):
        bits = table_bits(starts[r + 1] - starts[r])
        mask = (1 << bits) - 1
        for i in range(starts[r], starts[r + 1]):
            if ids[i] == ZERO:
                continue
            at = slot_of(ids[i], bits)
            while stamp[at] == r + 1 and ids[place[at]] != ids[i]:
                at = (at + 1) & mask
            if stamp[at] != r + 1:
                stamp[at] = r + 1
                place[at] = i
                first[i] = True
                fresh[i] = not old[i]
            if was_first[i] and place[at] != i:
                moved[i] = True
                fresh[place[at]] = False
                lost += 1
            elif old[i]:
                fresh[place[at]] = False
    return lost


@kernel
def mark_repeats(starts: Longs, ids: Words, old: Flags, repeat: Flags) -> int:
    """Rows that are not old and repeat an id of their run (an old row's, or an earlier one's); returns how many."""
    most = 1 << table_bits(longest_run(starts))
    held = np.empty(most, np.uint64)
    stamp = np.zeros(most, np.int64)
    found = 0
    for r in range(len(starts) - 1):
        bits = table_bits(starts[r + 1] - starts[r])
        mask = (1 << bits) - 1
        for turn in (True, False):
            for i in range(starts[r], starts[r + 1]):
                if ids[i] == ZERO or old[i] != turn:
                    continue
                at = slot_of(ids[i], bits)
                while stamp[at] == r + 1 and held[at] != ids[i]:
                    at = (at + 1) & mask
                if stamp[at] == r + 1:
                    if not turn:
                        repeat[i] = True
                        found += 1
                else:
                    stamp[at] = r + 1
                    held[at] = ids[i]
    return found


@kernel
def add_up(start: int, ids: Words, first: Longs, second: Longs, at: Longs, table: Longs, used: int) -> tuple[int, int]:
    """Adds to the place of ids[i] from row `start` on; stops early when the table is three fifths full.

    table[place] = (id + 1 as int64, or 0 where free; sum of first, of second; least at, greatest at); a power of two
    of places. Returns (row it stopped at, places used).
    """
    mask = len(table) - 1
    for i in range(start, len(ids)):
        name = np.int64(ids[i]) + 1
        place = np.int64((ids[i] * P1) >> np.uint64(32)) & mask
        while table[place, 0] != 0 and table[place, 0] != name:
            place = (place + 1) & mask
        if table[place, 0] == 0:
            if 5 * used >= 3 * len(table):
                return i, used
            used += 1
            table[place, 0] = name
            table[place, 3] = at[i]
            table[place, 4] = at[i]
        table[place, 1] += first[i]
        table[place, 2] += second[i]
        table[place, 3] = min(table[place, 3], at[i])
        table[place, 4] = max(table[place, 4], at[i])
    return len(ids), used


@kernel
def spread(old: Longs, table: Longs) -> None:
    """Puts the used places of one table into another, empty one."""
    mask = len(table) - 1
    for i in range(len(old)):
        if old[i, 0] != 0:
            place = np.int64((np.uint64(old[i, 0] - 1) * P1) >> np.uint64(32)) & mask
            while table[place, 0] != 0:
                place = (place + 1) & mask
            for k in range(5):
                table[place, k] = old[i, k]


@kernel
def lowest_bit(mask: np.uint64) -> int:
    """Place of the lowest bit that is set, by a de Bruijn sequence; mask isn't 0."""
    return int(PLACE_OF_BIT[((mask & (ZERO - mask)) * DE_BRUIJN) >> np.uint64(58)])


@kernel
def count_pairs(keys: Words, codes: Codes, chosen: Words, masks: Words, counts: Longs) -> None:
    """Adds to counts[p, code] the rows whose key is in `chosen` with bit p of its mask; both sorted by key."""
    at, n = np.searchsorted(chosen, keys[0]) if len(keys) else 0, len(chosen)
    for i in range(len(keys)):
        while at < n and chosen[at] < keys[i]:
            at += 1
        if at == n:
            return
        if chosen[at] != keys[i]:
            continue
        mask = masks[at]
        while mask != ZERO:
            counts[lowest_bit(mask), codes[i]] += 1
            mask &= mask - np.uint64(1)
