"""Captures: whether a flipped bit is found, how fast they are kept and verified, and what a long export takes.

    python -m benchmarks run market_capture [--tries 1000] [--captures 400] [--messages 1000000] [--seed 1]

Each try turns one bit of a file that was drawn by its size among WARC files, lists, signatures and time stamps, and
verifies the folder; one that isn't found ends it badly. Stamps are of an authority made with `openssl` on this machine.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.proofs import tsa

from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from wayseal.market.capture import Captures, verify_captures
from wayseal.market.fetching import Fetched
from wayseal.market.sources import Source, parse, parse_source, read_export
from wayseal.merkle.checkpoint import SigningKey
from wayseal.model.times import SECOND_US, micros

AT = micros("2026-03-02T08:00Z")
DAY_US = 86_400 * SECOND_US
KEY = SigningKey(name="captures.example", seed=bytes(range(32)))
FEED = 'name = "a"\nkind = "feed"\ncontact = "a@courier.example"\nstart = "https://a.example/"\n'
PAGE = (
    'name = "a"\nkind = "page"\ncontact = "a@courier.example"\nstart = "https://a.example/"\nusual = "ul"\n'
    'items = "li"\nmost_bytes = 67108864\n[fields]\nkey = "@id"\ntitle = "b"\ntext = "p"\n'
)
CHAT = 'name = "a"\nkind = "chat"\nformat = "telegram"\nfiles = "x"\n'


def answer(number: int, at: int, rng: random.Random) -> Fetched:
    """An answer of some 20 KB, as pages are."""
    words = "".join(rng.choices("单号面料快递当天实时历史一手照片文本出收代发 0123456789", k=6_000))
    body = f"<html><ul><li id={number}><b>{number}</b><p>{words}</p></li></ul>".encode()
    return Fetched(
        asked=f"https://a.example/{number}",
        url=f"https://a.example/{number}",
        at=at,
        seconds=0.2,
        status=200,
        reason="OK",
        request=(f"/{number}", (("Host", "a.example"),)),
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        raw=body,
        body=body,
        address="8.8.8.8",
    )


def keep(folder: Path, count: int, rng: random.Random) -> float:
    """Captures over two days; seconds that keeping took."""
    source = parse_source(FEED)
    answers = [answer(n, AT + (n % 2) * DAY_US, rng) for n in range(count)]
    began = time.perf_counter()
    with Captures(folder, key=KEY, most_bytes=1 << 20) as captures:
        for one in sorted(answers, key=lambda each: each.at):
            captures.keep(source, one, "文字")
    return time.perf_counter() - began


@contextmanager
def stamped(folder: Path, place: Path) -> Iterator[bytes]:
    """The folder with all days stamped; gives the root's certificate."""
    tsa.make(place)
    with tsa.serving(place) as service, Captures(folder) as captures:
        captures.stamp(service.url, AT + 3 * DAY_US)
    yield (place / "root.pem").read_bytes()


def flips(folder: Path, root: bytes, tries: int, rng: random.Random) -> tuple[Counter[str], Counter[str], list[str]]:
    """Tries and finds by kind of file, and what wasn't found."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    sizes = [path.stat().st_size for path in files]
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    lost = []
    for n in range(tries):
        path = rng.choices(files, sizes)[0] if n % 2 else rng.choice(files)
        before = path.read_bytes()
        content, place = bytearray(before), rng.randrange(len(before) * 8)
        content[place // 8] ^= 1 << place % 8
        path.write_bytes(content)
        kind = "".join(path.suffixes[-2:]) if path.name.startswith("2") else path.name
        tried[kind] += 1
        if verify_captures(folder, AT + 3 * DAY_US, [KEY.verify_key], [root]).findings:
            found[kind] += 1
        else:
            lost.append(f"{path.name}, bit {place}")
        path.write_bytes(before)
    return tried, found, lost


def foreign(folder: Path, place: Path) -> dict[str, bool]:
    """What other people's programs say."""
    says = {}
    for day in sorted(one for one in folder.iterdir() if one.is_dir()):
        words = ["sha256sum", "--strict", "-c", "SHA256SUMS"]
        says[f"sha256sum {day.name}"] = _good(words, day)
        stamp = ["-data", "SHA256SUMS", "-in", "SHA256SUMS.tsr", "-CAfile", str(place / "root.pem")]
        says[f"openssl ts {day.name}"] = _good(["openssl", "ts", "-verify", *stamp], day)
        files = [str(path) for path in day.glob("*.warc.gz")]
        says[f"warcio check {day.name}"] = _good([sys.executable, "-m", "warcio.cli", "check", *files], day)
    return says


def _good(words: list[str], folder: Path) -> bool:
    return subprocess.run(words, cwd=folder, check=False, capture_output=True).returncode == 0


def page(count: int) -> bytes:
    """A page of so many offers."""
    return (
        "<ul>" + "".join(f"<li id={n}><b>单号 {n}</b><p>一手 当天</p></li>" for n in range(count)) + "</ul>"
    ).encode()


def export(path: Path, count: int) -> None:
    """A chat of so many messages."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"name": "n", "id": 5, "messages": [\n')
        for n in range(count):
            message = {
                "id": n,
                "type": "message",
                "date_unixtime": "1772409600",
                "from": "卖家",
                "from_id": f"user{n % 99}",
            }
            file.write(("," if n else "") + json.dumps(message | {"text": f"一手 实时 {n}"}, ensure_ascii=False) + "\n")
        file.write("]}")


def read(source: Source, path: Path) -> tuple[int, float]:
    """Messages, and CPU seconds."""
    began = time.process_time()
    return sum(1 for _ in read_export(source, path)), time.process_time() - began


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much of each."""

    tries: int = option(1_000)
    captures: int = option(400)
    messages: int = option(1_000_000)
    seed: int = option(1)


@benchmark(
    minutes=6,
    kept=[
        Kept("turned bits of captures found, of 1,000", "all", "found", least=1000),
        Kept("reading an export of a million messages", "an export", "CPU s", "CPU s"),
        Kept("peak memory of reading an export of a million messages", "an export", "peak MB", "MB"),
        Kept("keeping a capture", "a capture kept", "CPU s", "s"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Read, keep, verify; then turn bits."""
    rng, rows = random.Random(options.seed), []
    with tempfile.TemporaryDirectory() as name:
        folder, place = Path(name) / "captures", Path(name)
        path = place / "export.json"
        export(path, options.messages)
        count, seconds = read(parse_source(CHAT), path)
        peak = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"
        rows.append(("an export", f"{count:,} messages", f"{path.stat().st_size / 1e6:.2f}", f"{seconds:.2f}", peak))
        path.unlink()
        took = keep(folder, options.captures, rng) / options.captures
        size = sum(one.stat().st_size for one in folder.rglob("*.warc.gz")) / options.captures
        rows.append(("a capture kept", f"mean of {options.captures:,}", f"{size / 1e6:.2f}", f"{took:.4f}", ""))
        began = time.process_time()
        looked = verify_captures(folder, AT + 3 * DAY_US, [KEY.verify_key])
        took = time.process_time() - began
        rows.append(("verify", f"{looked.records:,} records, {len(looked.findings)} findings", "", f"{took:.2f}", ""))
        for count in (1_000, 100_000):
            body = page(count)
            began = time.process_time()
            seen = parse(parse_source(PAGE), body, "text/html; charset=utf-8", "https://a.example/")
            took = time.process_time() - began
            told = f"{len(seen.listings):,} of {count:,} offers"
            rows.append((f"a page of {count:,}", told, f"{len(body) / 1e6:.2f}", f"{took:.2f}", ""))
        yield Table(("what", "of it", "MB", "CPU s", "peak MB"), rows)
        small = place / "small"
        keep(small, 12, rng)
        with stamped(small, place) as root:
            yield Table(("foreign check", "good"), [(n, str(good)) for n, good in foreign(small, place).items()])
            tried, found, lost = flips(small, root, options.tries, rng)
        by_file = [(kind, str(tried[kind]), str(found[kind])) for kind in sorted(tried)]
        yield Table(("file", "bits turned", "found"), [*by_file, ("all", str(tried.total()), str(found.total()))])
    if lost:
        raise UnsoundError("\n".join(lost))
