"""A courier with a vault, large enough to be asked for a while: outlets, couriers, a platform that seals."""

import time
from dataclasses import dataclass
from pathlib import Path

from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.model.fields import Field
from wayseal.model.kinds import ActorKind, ScanKind
from wayseal.model.records import Actor, Parcel, Scan
from wayseal.model.times import time_at
from wayseal.vault import Vault, new_vault
from wayseal.vault.keyring import Keyring
from wayseal.vault.policy import default_texts
from wayseal.vault.requests import Caller
from wayseal.vault.tables import CHAINS

OUTLETS = 20
COURIERS = 200
YEAR = 365 * 86_400_000_000
OPERATOR = Caller(client="cli", actor="operator", scopes=frozenset(), request="benchmark")
PLATFORM = Caller(client="shop", actor="platform", scopes=frozenset(), request="benchmark")
ADDRESSES = (
    "浙江省杭州市西湖区文三路18号2幢3单元501室",
    "广东省深圳市南山区科技园路5号软件大厦12楼1203室",
    "四川省成都市武侯区人民南路四段27号商鼎国际2栋1单元1804",
    "河北省保定市清苑区李庄镇东村三组12号",
)
SURNAMES = "王李张刘陈杨赵黄周吴"
GIVEN = "伟芳娜敏静丽强磊洋艳"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What was made: secrets of the clients, numbers by outlet."""

    courier_secret: str
    shop_secret: str
    numbers: dict[str, list[str]]
    keyring: Path


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


def parcels(count: int) -> list[Parcel]:
    """Parcels with seven fields; every tenth recipient has two parcels."""
    return [
        Parcel(
            waybill=f"YT{n:013d}",
            values={
                Field.SENDER_NAME: SURNAMES[n % 10] + GIVEN[n // 10 % 10],
                Field.SENDER_PHONE: f"138{n % 5000:08d}",
                Field.SENDER_ADDRESS: ADDRESSES[n % 4],
                Field.RECIPIENT_NAME: SURNAMES[n // 7 % 10] + GIVEN[n % 10] + GIVEN[n // 3 % 10],
                Field.RECIPIENT_PHONE: f"139{n - n % 10 % 2:08d}",
                Field.RECIPIENT_ADDRESS: ADDRESSES[n // 4 % 4],
                Field.GOODS: "衣服",
            },
            origin_outlet=f"o{(n + 7) % OUTLETS}",
            destination_outlet=f"o{n % OUTLETS}",
        )
        for n in range(count)
    ]


def seed(main_url: str, keys_url: str, folder: Path, count: int) -> Seeded:
    """Makes the vault in empty databases, and seals and scans `count` parcels."""
    main, keys = open_database(main_url), open_database(keys_url)
    upgrade(main, CHAINS["main"])
    upgrade(keys, CHAINS["keys"])
    keyring = Keyring.new(now())
    keyring.save(folder / "keyring.json")
    new_vault(main, keys, keyring, "vault.example", *default_texts(), OPERATOR, now())
    vault = Vault(main, keys, keyring)
    try:
        secrets = _people(vault)
        made = parcels(count)
        for start in range(0, count, 500):
            some = made[start : start + 500]
            vault.seal(PLATFORM, some, now=now())
            vault.scans(OPERATOR, [_scan(p, start) for p in some], now=now())
    finally:
        vault.close()
    numbers: dict[str, list[str]] = {}
    for parcel in made:
        numbers.setdefault(str(parcel.destination_outlet), []).append(parcel.waybill)
    return Seeded(courier_secret=secrets[0], shop_secret=secrets[1], numbers=numbers, keyring=folder / "keyring.json")


def courier(n: int) -> tuple[str, str]:
    """Id and outlet of a courier."""
    return f"courier-{n}", f"o{n % OUTLETS}"


def _people(vault: Vault) -> tuple[str, str]:
    at = now()
    records = [
        Actor(actor=name, kind=ActorKind.PERSON, role="courier", outlet=outlet, trained_until=time_at(at + YEAR))
        for name, outlet in map(courier, range(COURIERS))
    ]
    vault.actors(OPERATOR, [*records, Actor(actor="platform", kind=ActorKind.PARTNER, role="partner")], now=at)
    scopes = frozenset({"disclose"})
    courier_secret = vault.add_client(
        OPERATOR, "scanner-app", scopes=scopes, acts_for=frozenset({"courier"}), per_second=100_000, now=at
    )
    shop_secret = vault.add_client(
        OPERATOR,
        "shop",
        scopes=scopes | {"seal"},
        actor="platform",
        acts_for=frozenset({"partner"}),
        per_second=100_000,
        now=at,
    )
    return courier_secret, shop_secret


def _scan(parcel: Parcel, n: int) -> Scan:
    return Scan(
        waybill=parcel.waybill, at=time_at(now() - n), kind=ScanKind.ARRIVE, outlet=str(parcel.destination_outlet)
    )
