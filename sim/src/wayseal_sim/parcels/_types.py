"""What the simulator of parcels' lives passes on: the courier, shipments and their scans."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import Self

import numpy as np

from wayseal_sim._calendar import Calendar
from wayseal_sim._network import Network
from wayseal_sim._staff import Staff
from wayseal_sim.parcels._families import Shape
from wayseal_sim.types import DAY, Floats, Ints, Mask

LANES_A_SORTER = 4


class Kind(IntEnum):
    """Codes of kinds of scans, in the contract's order."""

    PICKUP, ARRIVE, DEPART, OUT_FOR_DELIVERY, DELIVERED, RETURNED, PROBLEM = range(7)


class How(IntEnum):
    """Codes of ways in which a scan came in, in the contract's order."""

    MACHINE, HANDHELD, TYPED, INTERFACE = range(4)


class Odd(IntEnum):
    """What is odd about honest shipments."""

    MISSORT, CARD, CAMPAIGN, PICKUP_POINT, AGENT, CLOCK, SORTER_DOWN, UNREAD = range(8)


class Skill(StrEnum):
    """How well a ghost is made: times invented; typical times; plausible weights too; a real parcel's own events."""

    CLUMSY = "clumsy"
    LANES = "lanes"
    WEIGHTS = "weights"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The courier before anything happens.

    hub: int64 (units,), which serves an outlet. reads: float64 (units, days), the share that a place's machine reads on
    a day of the log, 0 where it has none. gate: places that read by machine what leaves.
    """

    shape: Shape
    seed: int
    calendar: Calendar
    network: Network
    staff: Staff
    hub: Ints
    reads: Floats
    gate: Ints

    def day(self, at: Ints) -> Ints:
        """The day of the log, from 0, in China time; the last for what comes after it."""
        out: Ints = np.clip((at - self.calendar.start) // DAY, 0, self.reads.shape[1] - 1)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Arrays of equal length, int64."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, which: Ints | Mask) -> Self:
        """The rows that a mask or index chooses."""
        return type(self)(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """One after another."""
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipments(Columns):
    """What was issued; -1 for none.

    channel: of CHANNELS. weight, declared: grams. group: of empties, borrowed ones and ghosts. odd: of Odd.
    """

    issued: Ints
    channel: Ints
    customer: Ints
    origin: Ints
    destination: Ints
    weight: Ints
    declared: Ints
    group: Ints
    odd: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Events(Columns):
    """Scans; -1 for what is not written down. parcel: the place among shipments. kind: of Kind. entered: of How.

    device: an actor's handheld; from the number of actors on the sorters of places, LANES_A_SORTER each, then their
    terminals.
    trip: a key of the run or bag.
    """

    parcel: Ints
    at: Ints
    kind: Ints
    unit: Ints
    operator: Ints
    weight: Ints
    entered: Ints
    device: Ints
    trip: Ints

    def in_order(self) -> "Events":
        """By shipment, each one's by time."""
        return self.take(np.lexsort((self.at, self.parcel)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Shipments of one sender, outlet, operator and day that aren't what they seem.

    kind: ghost, empty or borrowed. skill: of ghosts. mode: how their scans came in. machine: whoever made them may
    write rows of machines. truck: they name a truck of that day.
    """

    kind: str
    customer: int
    outlet: int
    operator: int
    day: int
    size: int
    skill: str = ""
    mode: How = How.HANDHELD
    machine: bool = False
    truck: bool = False
