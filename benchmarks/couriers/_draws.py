"""What families have in common: usual staff, usual oddities, and drawing of leaks."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from benchmarks.couriers._plan import Leak, Role, Staffing, Work

Rng = np.random.Generator
Maker = Callable[[Rng], Leak]
_EARLY, _ANYONE = 0.4, 0.3
_NOT_EARLY = ("interface", "dormant", "in_peak", "before_log")

_MIX: Mapping[Role, float] = {
    Role.CLERK: 0.33,
    Role.COURIER: 0.32,
    Role.SORTER: 0.2,
    Role.AGENT: 0.045,
    Role.CLAIMS: 0.02,
    Role.MANAGER: 0.014,
    Role.HEAD: 0.014,
    Role.IT: 0.006,
    Role.DESK: 0.004,
}


def staffing(rng: Rng, names: str, partners: tuple[int, int] = (2, 6), **changes: object) -> Staffing:
    """Staff of drawn shares. `changes`: fields of Staffing, or a role's name with its share's factor."""
    factors = {role: float(changes.pop(role.name.lower(), 1.0)) for role in Role}  # type: ignore[arg-type]
    mix = {role: share * factors[role] * float(rng.lognormal(0, 0.3)) for role, share in _MIX.items()}
    many = int(rng.integers(partners[0], partners[1] + 1))
    own = int(rng.integers(1, 4))
    rights = str(rng.choice(["none", "wide"]))
    base = Staffing(
        mix=mix,
        partners=many,
        channels=many + own,
        services=int(rng.integers(3, 7)),
        names=names,
        rights=rights,
        counter_devices=bool(rng.random() < 0.4),
        gateways=int(rng.choice([0, 0, 1, 3])),
        new_devices=float(rng.choice([0.0, 0.02, 0.06, 0.12])),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def work(rng: Rng, **changes: object) -> Work:
    """Work of drawn habits."""
    drawn = Work(
        parcels=float(rng.uniform(5.5, 8.5)),
        issue=float(rng.uniform(0.3, 1.0)),
        intake=float(rng.uniform(0.3, 0.9)),
        collect=float(rng.uniform(0.1, 0.6)),
        sort=float(rng.uniform(0.1, 0.5)),
        arrival=float(rng.uniform(0.2, 0.6)),
        out=float(rng.uniform(0.7, 1.0)),
        done=float(rng.uniform(0.1, 0.6)),
        counter=float(rng.uniform(0.03, 0.25)),
        calls=float(rng.uniform(0.04, 0.12)),
        ticketed=float(rng.uniform(0.5, 0.95)),
        oversight=float(rng.uniform(3, 40)),
        sample=float(rng.uniform(5, 60)),
        push=float(rng.uniform(0.05, 0.25)),
        track=float(rng.uniform(0.3, 2.0)),
        within=float(rng.uniform(0.15, 0.5)),
        neighbour=float(rng.choice([0.0, 0.01, 0.03, 0.1])),
        joint=float(rng.choice([0.0, 0.005, 0.02])),
        aside=float(rng.choice([0.002, 0.01, 0.03, 0.08])),
    )
    return replace(drawn, **changes)  # type: ignore[arg-type]


def usual(rng: Rng, **more: int) -> dict[str, int]:
    """Oddities that every courier has, and more: newcomers, leavers, the curious, wrong numbers, helping out."""
    odd = {
        "new_hire": int(rng.integers(8, 60)),
        "leaver": int(rng.integers(5, 40)),
        "curious": int(rng.integers(5, 40)),
        "misdialled": int(rng.integers(5, 120)),
        "helping_recorded": int(rng.integers(2, 16)),
        "helping_unrecorded": int(rng.integers(2, 16)),
    }
    return odd | more


def leak_of(kind: str, *figures: int, **how: object) -> Maker:
    """Leaks of a scheme, at one of the figures a day."""

    def make(rng: Rng) -> Leak:
        return Leak(kind=kind, a_day=int(rng.choice(figures)), **how)  # type: ignore[arg-type]

    return make


def of_people(rng: Rng, leak: Leak) -> Leak:
    """A leak that begins with the log or not, where it is of people who are there all the time."""
    if leak.kind in _NOT_EARLY:
        return leak
    return replace(leak, early=bool(rng.random() < _EARLY), anyone=bool(rng.random() < _ANYONE))


bulk = leak_of("bulk", 200, 300, 500, 1_000, 2_000, 5_000)
dump = leak_of("bulk", 2_000, 4_000, 8_000, once=True)
steady = leak_of("steady", 20, 20, 50, 100)
slow = leak_of("steady", 20, 25)
lanes = leak_of("lanes", 30, 60, 100, 200, 300)
interface = leak_of("interface", 200, 400, 600, 900)
stolen = leak_of("stolen", 200, 500, 1_000, 2_000)
stolen_by_night = leak_of("stolen", 300, 1_000, 2_000, odd_hours=True)
agent = leak_of("agent", 30, 60, 120, 200)
manager = leak_of("manager", 100, 200, 400)
own = leak_of("own", 20, 40, 80)
fresh = leak_of("fresh", 60, 200, 400)
new_hire = leak_of("new_hire", 30, 60, 200)
before_log = leak_of("before_log", 20, 50, 100, 300)


def ring(link: str) -> Maker:
    """A ring of 4 to 20 accounts at 10 to 30 a day each."""

    def make(rng: Rng) -> Leak:
        return Leak(kind="ring", a_day=int(rng.integers(10, 31)), accounts=int(rng.integers(4, 21)), link=link)

    return make


def some(rng: Rng, makers: tuple[Maker, ...], most: int = 5, none: float = 0.1) -> tuple[Leak, ...]:
    """Leaks: none at all by chance, else the first scheme and up to `most` in all, of any of these."""
    if rng.random() < none:
        return ()
    many = int(rng.integers(1, most + 1))
    chosen = [makers[0], *(makers[int(rng.integers(len(makers)))] for _ in range(many - 1))]
    return tuple(make(rng) for make in chosen)
