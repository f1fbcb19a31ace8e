"""Labels of nobody: doors of three lengths, so that payloads have QR versions 5, 6 and 8."""

import random
from collections.abc import Iterator
from datetime import date

from wayseal.vault.keyring import Keyring
from wayseal.vault.labels import DayKey, LabelData, Party, day_key
from wayseal.vault.labels.payload import Content

ROADS = ("科技园路", "人民大道中段", "文三路", "解放东路", "王府井大街")
DOORS = ("5号楼1203室", "软件产业基地4栋B座裙楼2层203室东门", "某某产业园南区" * 6 + "12栋3单元2101室")
"""One for each version."""


def outlet_key() -> DayKey:
    """The key of a day."""
    return day_key(Keyring.new(0), "深圳南山科技园网点", date(2026, 3, 2))


def labels(count: int, seed: int, key: DayKey, door: str = DOORS[0]) -> Iterator[LabelData]:
    """So many, none like another."""
    rng = random.Random(seed)
    for _ in range(count):
        waybill = f"YT{rng.randrange(10**13):013d}"
        party = Party(
            name=rng.choice("李王张刘陈") + "**",
            phone=f"13{rng.randrange(10)}******{rng.randrange(100):02d}",
            address=f"广东省深圳市南山区{rng.choice(ROADS)}***",
        )
        yield LabelData(
            waybill=waybill,
            recipient=party,
            sender=party,
            route=f"755-南山{rng.choice('ABCD')}-{rng.randrange(100):02d}",
            outlet=key.outlet,
            printed="2026-03-02 14:05",
            payload=key.seal(waybill, Content(door=door)),
        )
