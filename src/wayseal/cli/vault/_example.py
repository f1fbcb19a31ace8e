"""What the quick start shows: a small courier with parcels of people who don't exist."""

from wayseal.model.fields import Field
from wayseal.model.kinds import ActorKind, ScanKind
from wayseal.model.records import Actor, Parcel, Scan, Ticket
from wayseal.model.times import time_at
from wayseal.vault import Caller, Vault

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR


NUMBERS = tuple(f"YT000000000000{n}" for n in range(1, 5))
"""What is sealed; the last one was delivered."""


MORE = tuple(f"YT000000000000{n}" for n in range(5, 8))
"""What `docs/examples/parcels.csv` holds: its scans are there already."""

_ORIGIN, _DESTINATION, _ELSEWHERE = "杭州西湖", "深圳南山", "成都武侯"


_PEOPLE = (
    ("courier-12", "courier", _DESTINATION),
    ("courier-31", "courier", _ELSEWHERE),
    ("clerk-3", "clerk", _ORIGIN),
    ("agent-7", "customer_service", None),
    ("analyst-1", "analyst", None),
    ("manager-2", "regional_manager", None),
)


_NAMES = ("王样本", "李示例", "张虚构", "陈假名")


def fill_vault(vault: Vault, caller: Caller, now: int) -> dict[str, int]:
    """Puts people, parcels, scans and tickets into a new vault; how many of each."""
    trained = time_at(now + 365 * _DAY)
    people = [
        Actor(actor=name, kind=ActorKind.PERSON, role=role, outlet=outlet, trained_until=trained)
        for name, role, outlet in _PEOPLE
    ]
    people.append(Actor(actor="shop-a", kind=ActorKind.PARTNER, role="partner", trained_until=trained))
    vault.actors(caller, people, now=now)
    vault.seal(caller, [_make_parcel(n, number) for n, number in enumerate(NUMBERS)], now=now)
    scans = _make_scans(now)
    vault.scans(caller, scans, now=now)
    ticket = Ticket(ticket="T-1", waybill=NUMBERS[3], actor="agent-7", kind="complaint", opened_at=time_at(now - _HOUR))
    vault.tickets(caller, [ticket], now=now)
    return {"people": len(people), "parcels": len(NUMBERS), "scans": len(scans), "tickets": 1}


def _make_parcel(place: int, number: str) -> Parcel:
    return Parcel(
        waybill=number,
        values={
            Field.SENDER_NAME: "示例商店",
            Field.SENDER_PHONE: f"1380000000{place}",
            Field.SENDER_ADDRESS: "浙江省杭州市西湖区虚构路1号",
            Field.RECIPIENT_NAME: _NAMES[place],
            Field.RECIPIENT_PHONE: f"1390000000{place}",
            Field.RECIPIENT_ADDRESS: f"广东省深圳市南山区不存在街{place + 1}号2栋301室",
            Field.GOODS: "样品",
        },
        origin_outlet=_ORIGIN,
        destination_outlet=_DESTINATION,
    )


def _make_scans(now: int) -> list[Scan]:
    steps = ((ScanKind.PICKUP, _ORIGIN, 20), (ScanKind.ARRIVE, _DESTINATION, 3))
    made = [
        Scan(waybill=number, at=time_at(now - hours * _HOUR), kind=kind, outlet=outlet)
        for number in (*NUMBERS, *MORE)
        for kind, outlet, hours in steps
    ]
    return [
        *made,
        Scan(waybill=NUMBERS[3], at=time_at(now - 2 * _HOUR), kind=ScanKind.DELIVERED, outlet=_DESTINATION),
    ]
