"""Writes the sample of the tutorial.

`gateway.csv` is a courier's gateway log of four days, `bought.csv` numbers that were bought. Everything in them is
invented; the same run gives the same bytes: `python docs/examples/make_gateway_log.py [FOLDER]`.

One account of the delivery side (hz-yh-04) sells what it has looked up. The label printer sees every parcel and so
saw most of the sold numbers too: counting alone would accuse it.
"""

import csv
import random
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

DAYS = 4
PARCELS_A_DAY = 60
START = datetime(2026, 3, 2)  # noqa: DTZ001 (the log's clock is China time and says so nowhere)
OUTLETS = ("sh-pd", "sh-jd", "hz-yh", "su-gs")
CLERKS = 6
LEAKER = "hz-yh-04"
COLUMNS = ("请求时间", "登录账号", "会话", "运单号", "接口", "操作", "客户端IP", "状态码")


class Read(NamedTuple):
    """One row of the log."""

    at: datetime
    account: str
    number: str
    system: str
    action: str
    status: int = 200


def reads_of(number: str, rng: random.Random, born: datetime) -> Iterator[Read]:
    """The reads that one parcel's way through the network brings."""
    origin, destination = rng.sample(OUTLETS, 2)
    yield Read(born, "svc-print", number, "面单打印", "打印")
    picked = born + timedelta(minutes=rng.randint(8, 90))
    yield Read(picked, clerk(origin, rng), number, "网点系统", "查看")
    if rng.random() < 0.4:
        yield Read(picked + timedelta(hours=rng.uniform(1, 10)), "api-mall", number, "开放接口", "接口调用")
    arrived = born + timedelta(hours=rng.uniform(10, 20))
    for _ in range(rng.choice((1, 1, 2))):
        seen = arrived + timedelta(minutes=rng.randint(1, 300))
        yield Read(seen, clerk(destination, rng), number, "网点系统", "查看")
    if rng.random() < 0.15:
        called = arrived + timedelta(hours=rng.uniform(0, 8))
        yield Read(called, f"kf-{rng.randint(1, 3):02}", number, "客服工作台", "搜索")


def clerk(outlet: str, rng: random.Random) -> str:
    """Somebody on shift."""
    return f"{outlet}-{rng.randint(1, CLERKS):02}"


def log(rng: random.Random) -> list[Read]:
    """All rows, in the order of time, with the refused requests that every real log has."""
    reads: list[Read] = []
    for day in range(DAYS):
        for number in rng.sample(range(10**8, 10**9), PARCELS_A_DAY):
            born = START + timedelta(days=day, hours=rng.uniform(8, 19))
            reads += reads_of(f"YT0000{number}", rng, born)
    refused = [row._replace(at=row.at - timedelta(seconds=2), status=403) for row in reads[::45]]
    return sorted([*reads, *refused])


def bought(reads: Iterable[Read], rng: random.Random) -> list[tuple[str, datetime]]:
    """Ten numbers that the leaker had looked up, one of anybody's, and one that is in no log."""
    good = [r for r in reads if r.status == 200]
    own = {r.number: r.at for r in good if r.account == LEAKER}
    sold = rng.sample(sorted(own), 10)
    rows = [(n, own[n] + timedelta(hours=rng.lognormvariate(1.5, 0.9))) for n in sold]
    other = rng.choice([r for r in good if r.number not in own])
    rows.append((other.number, other.at + timedelta(hours=rng.uniform(3, 30))))
    rows.append(("YT0000000000018", START + timedelta(days=3, hours=13)))
    return sorted(rows, key=lambda row: row[1])


def write(folder: Path) -> None:
    """Writes both files."""
    rng = random.Random(20260302)  # noqa: S311 (an example needs no secret)
    reads = log(rng)
    tags = {account: f"s{rng.randrange(16**5):05x}" for account in sorted({r.account for r in reads})}
    with (folder / "gateway.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for at, account, number, system, action, status in reads:
            ip = f"10.12.{sum(account.encode()) % 7}.{sum(number.encode()) % 200 + 10}"
            session = f"{tags[account]}-{at:%d}"
            out.writerow((f"{at:%Y/%m/%d %H:%M:%S}", account, session, number, system, action, ip, status))
        out.writerow(("2026/03/06 00:00:00", "", "", "", "健康检查", "查看", "10.12.0.1", 200))
    with (folder / "bought.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("waybill", "seen_at", "found_by"))
        for number, at in bought(reads, rng):
            spelt = f"{number[:2]} {number[2:8]}-{number[8:]}"
            out.writerow((spelt, f"{at:%Y-%m-%dT%H:%M:00}+08:00", "purchase"))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
