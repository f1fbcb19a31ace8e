"""Writes four logs as strangers keep them, and the numbers that each of them bought: docs/examples/strangers.

Everything in them is invented; the same run gives the same files: `python -m tests.docs.strangers`. Columns, words,
days and noise are those of people who have never heard of Wayseal. In each log the same account sells what it looks up.
"""

import json
import random
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.docs.pages import DOCS
from tests.store.workbooks import workbook

FOLDER = DOCS / "examples/strangers"
THIEF = "A1009"
ACCOUNTS = [f"A{n}" for n in range(1001, 1021)]
START = datetime(2026, 3, 3, 8)  # noqa: DTZ001 (clocks show China's time and say so nowhere)
PARCELS, LOOKED_UP, SOLD = 130, 22, 9


class Read(NamedTuple):
    """Somebody looked a parcel up."""

    at: datetime
    account: str
    number: str


def reads(rng: random.Random) -> list[Read]:
    """Two or three people see each parcel; the thief looks some up besides."""
    out = []
    for place in range(PARCELS):
        number = f"YT88{rng.randrange(10**11):011}"
        born = START + timedelta(days=place % 3, hours=rng.uniform(0, 9))
        seen = rng.sample([a for a in ACCOUNTS if a != THIEF], rng.choice((2, 2, 3)))
        if place < LOOKED_UP:
            seen.append(THIEF)
        out += [Read(born + timedelta(minutes=rng.randint(5, 300)), account, number) for account in seen]
    return sorted(out)


def sold(rows: Iterable[Read], rng: random.Random) -> list[tuple[str, datetime]]:
    """Some of what the thief saw, one to five hours later."""
    own = [r for r in rows if r.account == THIEF]
    return sorted((r.number, r.at + timedelta(hours=rng.uniform(1, 5))) for r in rng.sample(own, SOLD))


def slashes(at: datetime) -> str:
    """A time as a spreadsheet shows it."""
    return f"{at.year}/{at.month}/{at.day} {at.hour}:{at.minute:02}"


def nginx(folder: Path, rows: Sequence[Read], bought: Sequence[tuple[str, datetime]], rng: random.Random) -> None:
    """The server knows no accounts: they stand in a parameter. Some pages come out of the browser's cache."""
    agent = '"-" "Mozilla/5.0 (Windows NT 10.0)"'
    lines = []
    for at, account, number in rows:
        ip, moment = f"10.8.{sum(account.encode()) % 9}.{rng.randint(2, 250)}", f"{at:%d/%b/%Y:%H:%M:%S} +0800"
        target = f"GET /wx/detail.do?danhao={number}&opId={account}&_={rng.randrange(10**6)} HTTP/1.1"
        lines.append(
            f'{ip} - - [{moment}] "{target}" {rng.choice((200, 200, 200, 304))} {rng.randint(300, 900)} {agent}'
        )
        if rng.random() < 0.2:
            lines.append(f'{ip} - - [{moment}] "GET /wx/static/app.js HTTP/1.1" 304 0 {agent}')
        if rng.random() < 0.08:
            other = f"GET /wx/detail.do?danhao=YT88{rng.randrange(10**11):011}&opId={account} HTTP/1.1"
            lines.append(f'{ip} - - [{moment}] "{other}" {rng.choice((302, 403, 502))} 0 {agent}')
    lines.insert(40, '10.8.0.9 - - [03/Mar/2026:09:00:00 +0800] "\\x16\\x03\\x01" 400 157 "-" "-"')
    (folder / "nginx.log").write_text("\n".join(lines) + "\n", "utf-8")
    listed = "".join(f"{number},{slashes(at)}\n" for number, at in bought)
    (folder / "nginx-bought.csv").write_text("单号,看到时间\n" + listed, "utf-8")


def counter(folder: Path, rows: Sequence[Read], bought: Sequence[tuple[str, datetime]], rng: random.Random) -> None:
    """A list kept in a spreadsheet, saved as CSV: two ways to write a time, names and phones, a total at the end."""
    lines = ["序号,操作时间,操作人,姓名,客户电话,快件编号,操作终端,动作,结果"]
    for place, (at, account, number) in enumerate(rows, 1):
        when = slashes(at) if rng.random() < 0.6 else f"{at:%Y-%m-%d %H:%M:%S}"
        phone = f"1390000{rng.randrange(10**4):04}"
        word, end = rng.choice(("查询", "查询", "打印", "批量拉取")), rng.choice(("成功",) * 9 + ("部分成功",))
        name = rng.choice(("张三", "李四", "王五"))
        lines.append(f"{place},{when},{account},{name},{phone},{number},PC-{account[-2:]},{word},{end}")
        if rng.random() < 0.05:
            refused = f"YT88{rng.randrange(10**11):011}"
            lines.append(f"{place},{when},{account},{name},{phone},{refused},PC-{account[-2:]},查询,无权限")
    lines.append(f"合计,{len(lines) - 1}条,,,,,,,")
    (folder / "counter.csv").write_bytes("\r\n".join([*lines, ""]).encode("gb18030"))
    listed = [f"{number},{at.year}/{at.month}/{at.day},某群" for number, at in bought]
    text = "\r\n".join(["快递单号,发现日期,卖家", *listed, f"合计,,{len(listed)}个", ""])
    (folder / "counter-bought.csv").write_bytes(text.encode("gb18030"))


def gateway(folder: Path, rows: Sequence[Read], bought: Sequence[tuple[str, datetime]], rng: random.Random) -> None:
    """Events of an interface, nested; one of them may have shown several parcels."""
    lines: list[object] = []
    pending: dict[str, list[Read]] = {}
    for row in rows:
        pending.setdefault(row.account, []).append(row)
    for account, mine in pending.items():
        place = 0
        while place < len(mine):
            shown = mine[place : place + rng.choice((1, 1, 1, 2))]
            if (shown[-1].at - shown[0].at) > timedelta(hours=1):
                shown = shown[:1]
            place += len(shown)
            ms = round((shown[-1].at - datetime(1970, 1, 1, 8)).total_seconds() * 1000) + rng.randrange(1000)  # noqa: DTZ001
            lines.append(
                {
                    "meta": {"ts": ms, "trace_id": f"{rng.randrange(16**8):08x}", "ver": 3},
                    "caller": {
                        "account": account,
                        "ip": f"172.16.4.{rng.randint(2, 250)}",
                        "device": f"d-{account[-2:]}",
                    },
                    "result": {"code": 200, "mail_nos": [r.number for r in shown]},
                }
            )
    lines.append({"meta": {"ts": 1772500000000, "trace_id": "0", "ver": 3}, "result": {"code": 200, "mail_nos": []}})
    ordered = sorted(lines, key=lambda line: int(line["meta"]["ts"]))  # type: ignore[index]
    (folder / "gateway.jsonl").write_text("".join(json.dumps(line) + "\n" for line in ordered), "utf-8")
    listed = "".join(json.dumps({"tracking_no": n, "seen": f"{at:%Y-%m-%dT%H:%M:00+08:00}"}) + "\n" for n, at in bought)
    (folder / "gateway-bought.jsonl").write_text(listed, "utf-8")


def office(folder: Path, rows: Sequence[Read], bought: Sequence[tuple[str, datetime]], rng: random.Random) -> None:
    """One workbook: a cover, the log below a title, and what was bought, with days as a spreadsheet keeps them."""
    words = ("查看", "打印", "扫码查看")
    log = [(r.at.replace(microsecond=0), r.account, r.number, rng.choice(words), f"网点{r.account[-1]}") for r in rows]
    workbook(
        folder / "office.xlsx",
        {
            "说明": [("三月查询记录",), ("由某人导出",)],
            "查询记录": [
                ("2026年3月查询记录",),
                (),
                ("查询时间", "工号", "运单号\n(必填)", "操作", "网点"),
                *log,
                ("合计", len(log)),
            ],
            "外泄单号": [("运单号", "发现日期"), *((number, at.date()) for number, at in bought)],
        },
    )


def write(folder: Path) -> None:
    """Writes all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, make in enumerate((nginx, counter, gateway, office)):
        rng = random.Random(20260303 + seed)
        rows = reads(rng)
        make(folder, rows, sold(rows, rng), rng)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
