"""Leakers who hide: under a shared login, behind a colleague, by what they sell, or until somebody orders."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from wayseal_sim._emit import Dictionaries, Texts
from wayseal_sim._fields import BEYOND_CODE
from wayseal_sim._leakers import Candidates, LeakSource
from wayseal_sim._market import Sales
from wayseal_sim._numbers import render
from wayseal_sim._planted import Hand
from wayseal_sim._scenario import Scenario
from wayseal_sim.text import hexes, mix
from wayseal_sim.types import MINUTE, NEVER, Ints, stream

_OWN_DEVICE, _HAND_DEVICE = 1 << 41, 1 << 42
_ORDERED_LEAST, _ORDERED_MOST = 20, 240
"""Minutes from an order to its delivery."""


def under_one_login(words: Dictionaries, logins: Sequence[tuple[int, ...]]) -> Dictionaries:
    """The dictionaries of a world in which the people of each shared login are one account, each on an own device."""
    people = np.array([k for sharers in logins for k in sharers], np.int64)
    if not len(people):
        return words
    login_of, device_of = words.login_of.copy(), words.device_of.copy()
    login_of[people] = np.array([sharers[0] for sharers in logins for _ in sharers], np.int64)
    device_of[people] = len(words.devices) + np.arange(len(people))
    own = hexes("d-", mix(_OWN_DEVICE + people, words.salt + 1))
    return replace(words, login_of=login_of, device_of=device_of, devices=pa.concat_arrays([words.devices, own]))


def with_hands(words: Dictionaries, hands: Sequence[Hand]) -> Dictionaries:
    """The dictionaries with somebody more for each hand, who uses that login from elsewhere."""
    if not hands:
        return words
    login = np.array([hand.login for hand in hands], np.int64)
    places = sorted({hand.address for hand in hands if hand.address is not None})
    ip = [len(words.ips) + places.index(h.address) if h.address is not None else words.ip_of[h.login] for h in hands]
    own = np.flatnonzero([hand.device for hand in hands])
    device = words.device_of[login]
    device[own] = len(words.devices) + np.arange(len(own))
    shows = np.array([BEYOND_CODE if hand.beyond else -1 for hand in hands], np.int64)
    fresh = hexes("d-", mix(_HAND_DEVICE + own, words.salt + 1))
    return replace(
        words,
        login_of=np.concatenate([words.login_of, words.login_of[login]]),
        device_of=np.concatenate([words.device_of, device]),
        devices=pa.concat_arrays([words.devices, fresh]),
        ip_of=np.concatenate([words.ip_of, np.array(ip, np.int64)]),
        ips=pa.concat_arrays([words.ips, pa.array(places, pa.string())]),
        via_of=np.concatenate([words.via_of, words.via_of[login]]),
        has_session=np.concatenate([words.has_session, words.has_session[login]]),
        fast=np.concatenate([words.fast, words.fast[login]]),
        shows=np.concatenate([words.shows, shows]) if len(words.shows) else words.shows,
        asks=np.concatenate([words.asks, words.asks[login]]),
    )


def device_of(words: Dictionaries, source: LeakSource) -> str:
    """The device of the person who leaks under a shared login."""
    text: str = words.devices[int(words.device_of[source.person])].as_py()
    return text


def look_up(
    scenario: Scenario, sources: tuple[LeakSource, ...], piles: tuple[Candidates, ...], sales: Sales, seed: int
) -> Sales:
    """The sales with the orders of those who look a number up once it is ordered, and when they did."""
    mine = np.isin(sales.pile, [k for k, source in enumerate(sources) if source.to_order])
    if not mine.any():
        return sales
    rng, n = stream(seed, 16), len(sales.sold)
    since = np.zeros(n, np.int64)
    for k, pile in enumerate(piles):
        since[sales.pile == k] = pile.since[sales.item[sales.pile == k]]
    wait = (rng.uniform(_ORDERED_LEAST, _ORDERED_MOST, n) * MINUTE).astype(np.int64)
    asked = np.maximum(sales.sold - wait, since)
    read = asked + ((sales.sold - asked) * rng.uniform(0.2, 0.95, n)).astype(np.int64)
    logged = rng.random(n) >= scenario.lost_rows
    never = np.full(n, NEVER)
    return replace(
        sales,
        asked=np.where(mine, asked, never),
        read=np.where(mine, read, never),
        logged=np.where(mine, logged, False),
    )


def looked_up(
    sources: tuple[LeakSource, ...], piles: tuple[Candidates, ...], sales: Sales
) -> tuple[Texts, Ints, Ints, Ints]:
    """The logged look-ups in order of time: texts of the numbers, when, which of the texts, by whom."""
    rows = np.flatnonzero(sales.logged)
    rows = rows[np.argsort(sales.read[rows], kind="stable")]
    number = np.array([piles[sales.pile[r]].number[sales.item[r]] for r in rows], np.int64)
    texts = Texts(len(rows))
    texts.put(0, render(number))
    actor = np.array([sources[sales.pile[r]].key for r in rows], np.int64)
    return texts, sales.read[rows], np.arange(len(rows)), actor
