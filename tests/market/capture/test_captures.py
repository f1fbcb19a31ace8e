"""Captures: kept whole, checked by foreign tools alone, cut and repaired, let go of in time."""

import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.market.capture.made import AT, DAY_US, KEY, OTHER, fetched, fill, source, warcs
from tests.proofs import tsa
from tests.tables import each
from wayseal.market.capture import Captures, purge, verify_captures
from wayseal.market.capture._files import members
from wayseal.market.capture._lists import STAMP, STAMP_HASH, Code, read_list
from wayseal.market.errors import CaptureChangedError, CaptureError
from wayseal.market.types import Capture
from wayseal.proofs.errors import StampError
from wayseal.proofs.stamps import Stamped

KEYS = [KEY.verify_key]


def codes(folder: Path, now: int = AT + DAY_US, **more: object) -> list[str]:
    found = verify_captures(folder, now, **({"keys": KEYS} | more))  # type: ignore[arg-type]
    return [one.code.value for one in found.findings]


def foreign_check(path: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "warcio.cli", "check", "-v", path], check=False, capture_output=True)


def records(path: Path) -> Iterator[tuple[str, dict[str, str], bytes]]:
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            body = record.content_stream().read()
            yield record.rec_type, dict(record.rec_headers.headers), body


def test_a_capture_is_four_records_that_warcio_reads(tmp_path: Path) -> None:
    capture = fill(tmp_path, 2)[1]
    (path,) = warcs(tmp_path)
    found = list(records(path))
    assert [kind for kind, _, _ in found] == ["warcinfo", *["response", "request", "conversion", "metadata"] * 2]
    _, response, body = found[5]
    assert body == "<p>一手面单 1".encode()
    assert response["WARC-Target-URI"] == "https://market-a.example/o/1"
    assert response["WARC-Date"] == "2026-03-02T08:00:00.000001Z"
    assert found[6][1]["WARC-Concurrent-To"] == response["WARC-Record-ID"] == found[7][1]["WARC-Refers-To"]
    assert found[7][2].decode() == "文字 1"
    said = json.loads(found[8][2])
    assert hashlib.sha256(found[8][2]).hexdigest() == capture.id
    assert (said["source"], said["url"], said["at_us"]) == ("market-a", "https://market-a.example/1", AT)
    assert said["sha256"] == capture.sha256 == hashlib.sha256(body).hexdigest()
    assert (said["inside"], said["robots_ignored"], said["hops"][0]["status"]) == (False, None, 301)
    assert (said["warc"], said["offset"]) == (f"2026-03-02/{path.name}", capture.offset)
    assert b"(chunked)" not in foreign_check(path).stdout
    assert foreign_check(path).returncode == 0


def test_bodies_are_read_back_as_they_were(tmp_path: Path) -> None:
    with Captures(tmp_path) as captures:
        for answer in (fetched(1), fetched(2, packed=True), fetched(3, body=b""), fetched(4, body=b"", packed=True)):
            capture = captures.keep(source(), answer)
            assert captures.body(capture) == answer.body
            assert capture.size == len(answer.body)
        with pytest.raises(CaptureChangedError):
            captures.body(replace(capture, sha256="0" * 64))
        with pytest.raises(CaptureError):
            captures.body(replace(capture, warc="2026-03-02/other.warc.gz"))


@each("wbits", [15, -15])
def test_bodies_that_came_deflated_are_read_back(tmp_path_factory: pytest.TempPathFactory, wbits: int) -> None:
    small = zlib.compressobj(wbits=wbits)
    raw = small.compress(b"page" * 99) + small.flush()
    headers = (("Content-Encoding", "deflate"),)
    with Captures(tmp_path_factory.mktemp("captures")) as captures:
        good = replace(fetched(), raw=raw, body=b"page" * 99, headers=headers)
        assert captures.body(captures.keep(source(), good)) == good.body
        bad = replace(fetched(), raw=b"nothing", body=b"page", headers=headers)
        with pytest.raises(CaptureChangedError):
            captures.body(captures.keep(source(), bad))


def test_a_file_of_an_export_is_kept(tmp_path: Path) -> None:
    export = tmp_path / "result.json"
    export.write_bytes(random.Random(7).randbytes(3 << 20))
    folder = tmp_path / "captures"
    with Captures(folder, key=KEY) as captures:
        capture = captures.keep_file(source(), export, "exports/result.json", AT)
        assert captures.body(capture) == export.read_bytes()
    assert (capture.url, capture.status, capture.media_type) == ("file:exports/result.json", 0, "application/json")
    (path,) = warcs(folder)
    found = list(records(path))
    assert [kind for kind, _, _ in found] == ["warcinfo", "resource", "metadata"]
    assert hashlib.sha256(found[2][2]).hexdigest() == capture.id
    assert codes(folder) == []


def test_a_file_that_changes_while_it_is_read_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = tmp_path / "a.json"
    export.write_bytes(b"one")
    with Captures(tmp_path / "captures") as captures:
        captures.keep(source(), fetched())
        size = warcs(tmp_path)[0].stat().st_size
        monkeypatch.setattr("wayseal.market.capture.file_digest", lambda _: "0" * 64)
        with pytest.raises(CaptureChangedError):
            captures.keep_file(source(), export, "a.json", AT)
        monkeypatch.undo()
        assert warcs(tmp_path)[0].stat().st_size == size
        captures.keep_file(source(), export, "a.json", AT)
    assert codes(tmp_path / "captures", keys=()) == []


def test_lists_are_checked_by_sha256sum_and_signatures_by_openssl(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    day = tmp_path / "2026-03-02"
    words = ["sha256sum", "--strict", "--warn", "-c", "SHA256SUMS"]
    assert subprocess.run(words, cwd=day, check=False, capture_output=True).returncode == 0
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = Ed25519PublicKey.from_public_bytes(KEY.verify_key.public)
    (tmp_path / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    from base64 import b64decode

    raw = b64decode((day / "SHA256SUMS.sig").read_text(encoding="utf-8").split()[2])
    (tmp_path / "raw").write_bytes(raw[4:])
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", str(day / "SHA256SUMS")]
    done = subprocess.run([*words, "-sigfile", "raw"], cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert codes(tmp_path) == []
    assert codes(tmp_path, keys=[OTHER.verify_key]) == [Code.SIGNATURE]


def test_a_crash_between_a_list_and_its_signature_leaves_a_signed_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, 1)
    from wayseal.market.capture import _lists
    from wayseal.store.durable import replace_file

    for crash in range(1, 4):
        left = iter(range(crash))

        def stops(path: Path, content: bytes, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise OSError("the power is gone")
            replace_file(path, content)

        monkeypatch.setattr(_lists, "replace_file", stops)
        with Captures(tmp_path, key=KEY) as captures:
            captures.keep(source(), fetched(crash))
            if crash < 3:
                with pytest.raises(OSError, match="power"):
                    captures.close()
        monkeypatch.undo()
        assert codes(tmp_path) in ([], [Code.EXTRA])
        Captures(tmp_path, key=KEY).close()
        assert codes(tmp_path) == []
        monkeypatch.setattr(_lists, "replace_file", stops)
    monkeypatch.undo()


def test_files_are_looked_at_while_they_are_written_to(tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with Captures(tmp_path) as captures:
            while not stop.is_set():
                captures.keep(source(), fetched(body=random.Random(1).randbytes(200_000)))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(20):
            assert verify_captures(tmp_path, AT).findings == []
            assert Captures(tmp_path).repaired == ()
    finally:
        stop.set()
        thread.join()
    assert verify_captures(tmp_path, AT).findings == []


def test_files_rotate_by_size_day_and_retention(tmp_path: Path) -> None:
    with Captures(tmp_path, most_bytes=2_000, label=lambda: "x") as captures:
        for n in range(4):
            captures.keep(source(), fetched(n))
        captures.keep(source("30d"), fetched(5))
        captures.keep(source(), fetched(6, at=AT + DAY_US))
        assert len(read_list(tmp_path / "2026-03-02")) == len(list((tmp_path / "2026-03-02").glob("*.warc.gz")))
    names = [path.name for path in warcs(tmp_path)]
    assert sum("until-2026-04-01" in name for name in names) == 1
    assert names[-1].startswith("2026-03-03-until-2026-08-30-x")
    assert 4 <= len(names) <= 6
    assert codes(tmp_path, AT + 2 * DAY_US, keys=()) == []


def test_threads_and_processes_keep_apart(tmp_path: Path) -> None:
    with Captures(tmp_path) as one, Captures(tmp_path) as two:
        threads = [
            threading.Thread(target=lambda c=c, n=n: c.keep(source(), fetched(n))) for n, c in enumerate([one, two] * 8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (one.repaired, two.repaired) == ((), ())
    found = verify_captures(tmp_path, AT + DAY_US)
    assert (found.files, found.records, found.findings) == (2, 2 + 16 * 3, [])


def cut(content: bytes, at: int, folder: Path) -> tuple[int, bytes]:
    """A file of another process that was cut there: how many whole records are left after the repair, and the rest."""
    day = folder / "2026-03-02"
    day.mkdir(parents=True)
    path = day / "2026-03-02-until-2026-08-29-dead-00001.warc.gz"
    path.write_bytes(content[:at])
    Captures(folder).close()
    left = list(members(BytesIO(path.read_bytes()))) if path.exists() else []
    assert all(one.whole for one in left)
    aside = path.with_name("2026-03-02-until-2026-08-29-dead-00001.cut")
    return len(left), aside.read_bytes() if aside.exists() else b""


def test_a_file_that_was_cut_anywhere_loses_no_whole_record(tmp_path: Path) -> None:
    fill(tmp_path / "whole", 3)
    content = warcs(tmp_path)[0].read_bytes()
    ends = [one.offset + one.length for one in members(BytesIO(content))]
    assert len(ends) == 13
    assert ends[-1] == len(content)
    for n, end in enumerate(ends):
        for by in (-9, -1, 0, 1, 2, 11):
            at = end + by
            if not 0 < at <= len(content):
                continue
            place = tmp_path / f"{n}{by:+d}"
            left, aside = cut(content, at, place)
            whole = sum(one <= at for one in ends)
            assert left == whole
            assert aside == content[:at][ends[whole - 1] if whole else 0 :]
            if whole:
                assert codes(place, keys=()) == []


def test_a_process_that_is_killed_leaves_what_it_was_told_to_keep(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.market.capture.made import *\n"
        f"captures = Captures(Path({str(tmp_path)!r}))\n"
        "for n in range(10**6):\n    print(captures.keep(source(), fetched(n)).id, flush=True)\n"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(20)]
        assert Captures(tmp_path).repaired == ()
        assert not (tmp_path / "2026-03-02/SHA256SUMS").exists()
        os.kill(process.pid, signal.SIGKILL)
    Captures(tmp_path).close()
    kept = [hashlib.sha256(body).hexdigest() for kind, _, body in records(warcs(tmp_path)[0]) if kind == "metadata"]
    assert kept[: len(told)] == told
    assert codes(tmp_path, keys=()) == []


def flip(path: Path, rng: random.Random) -> int:
    """Turns one bit of a file, and gives its place."""
    content = bytearray(path.read_bytes())
    place = rng.randrange(len(content) * 8)
    content[place // 8] ^= 1 << place % 8
    path.write_bytes(content)
    return place // 8


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    rng = random.Random(7)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    for n in range(30):
        path = files[n % len(files)]
        before = path.read_bytes()
        place = flip(path, rng)
        found = verify_captures(tmp_path, AT + DAY_US, KEYS).findings
        assert found, (path.name, place)
        if path.suffix == ".gz":
            (one,) = found
            assert one.code is Code.CHANGED
            assert one.where.endswith(path.name)
            assert int(one.values["offset"]) <= place or one.values["record"] == ""
        path.write_bytes(before)
    assert codes(tmp_path) == []


@each(
    ("act", "code"),
    [
        (lambda day: warcs(day)[0].unlink(), Code.MISSING),
        (lambda day: (day / "SHA256SUMS.sig").unlink(), Code.SIGNATURE),
        (lambda day: (day / "SHA256SUMS").write_text("x", encoding="utf-8"), Code.LIST),
        (lambda day: (day / "more.warc.gz").write_bytes(warcs(day)[0].read_bytes()), Code.EXTRA),
        (lambda day: (day / "SHA256SUMS.tsr").write_bytes(b"x"), Code.STAMP),
        (lambda day: day.rename(day.with_name("2026-03-01")), Code.LIST),
    ],
)
def test_what_is_taken_away_or_put_there_is_found(
    tmp_path_factory: pytest.TempPathFactory, act: object, code: Code
) -> None:
    folder = tmp_path_factory.mktemp("captures")
    fill(folder, 1)
    act(folder / "2026-03-02")  # type: ignore[operator]
    assert code in codes(folder)


def test_what_is_written_to_is_looked_at_record_by_record(tmp_path: Path) -> None:
    with Captures(tmp_path) as captures:
        captures.keep(source(), fetched())
        found = verify_captures(tmp_path, AT)
        assert (found.open_files, found.records, found.findings) == (1, 4, [])
        (path,) = warcs(tmp_path)
        content = path.read_bytes()
        path.write_bytes(content[:-5])
        assert codes(tmp_path, AT) == [Code.CUT]
        with pytest.raises(CaptureError):
            captures.keep(source(), fetched())
        path.write_bytes(content)
        captures.keep(source(), fetched())


def test_a_record_that_was_packed_anew_with_other_words_is_found(tmp_path: Path) -> None:
    with Captures(tmp_path) as captures:
        captures.keep(source(), fetched(body=b"<p>one"))
        (path,) = warcs(tmp_path)
        content = path.read_bytes()
        _, record, *_ = members(BytesIO(content))
        end = record.offset + record.length
        other = gzip.decompress(content[record.offset : end]).replace(b"<p>one", b"<p>two")
        path.write_bytes(content[: record.offset] + gzip.compress(other) + content[end:])
        (found,) = verify_captures(tmp_path, AT).findings
        assert (found.code, found.values["record"], found.values["offset"]) == (Code.CHANGED, record.id, record.offset)
        path.write_bytes(content)


def test_retention_removes_whole_files_and_leaves_their_hashes(tmp_path: Path) -> None:
    with Captures(tmp_path, key=KEY) as captures:
        short = captures.keep(source("30d"), fetched(1))
        long = captures.keep(source("90d"), fetched(2))
    before = {one.name: one.read_bytes() for one in (tmp_path / "2026-03-02").iterdir()}
    assert purge(tmp_path, AT + 30 * DAY_US) == ()
    (gone,) = purge(tmp_path, AT + 31 * DAY_US)
    assert (gone.name, gone.records) == (short.warc, 4)
    with Captures(tmp_path, key=KEY) as captures:
        assert captures.repaired == ()
        assert captures.body(short) is None
        assert captures.body(long) is not None
    tombstone = json.loads((tmp_path / short.warc.replace(".warc.gz", ".tombstone.json")).read_bytes())
    assert tombstone["sha256"] == hashlib.sha256(before[Path(short.warc).name]).hexdigest()
    assert [one["type"] for one in tombstone["records"]] == ["warcinfo", "response", "request", "metadata"]
    assert "market-a.example" not in json.dumps(tombstone)
    found = verify_captures(tmp_path, AT + 31 * DAY_US, KEYS)
    assert (found.files, found.purged, found.signed, found.findings) == (1, 1, 1, [])
    words = ["sha256sum", "--strict", "--ignore-missing", "-c", "SHA256SUMS"]
    assert subprocess.run(words, cwd=tmp_path / "2026-03-02", check=False, capture_output=True).returncode == 0
    path = tmp_path / short.warc.replace(".warc.gz", ".tombstone.json")
    path.write_text(path.read_text(encoding="utf-8").replace(tombstone["sha256"], "0" * 64), encoding="utf-8")
    assert codes(tmp_path) == [Code.TOMBSTONE]


def test_what_was_changed_is_not_purged(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    flip(warcs(tmp_path)[0], random.Random(1))
    with pytest.raises(CaptureChangedError):
        purge(tmp_path, AT + 200 * DAY_US)
    assert len(warcs(tmp_path)) == 1


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tsa.Service]:
    folder = tmp_path_factory.mktemp("tsa")
    tsa.make(folder)
    with tsa.serving(folder) as running:
        yield running


@pytest.mark.needs("openssl")
def test_days_that_are_over_are_stamped_and_openssl_agrees(tmp_path: Path, service: tsa.Service) -> None:
    fill(tmp_path, 2)
    with Captures(tmp_path) as captures:
        captures.keep(source(), fetched(at=AT + DAY_US))
        assert captures.stamp(service.url, AT) == {}
        assert isinstance(captures.stamp("http://127.0.0.1:9/", AT + DAY_US)["2026-03-02"], StampError)
        assert verify_captures(tmp_path, AT + DAY_US).waiting == ["2026-03-02"]
        had = captures.stamp(service.url, AT + DAY_US)
        assert list(had) == ["2026-03-02"]
        assert isinstance(had["2026-03-02"], Stamped)
        assert captures.stamp(service.url, AT + 2 * DAY_US) == {}, "of the second day a file is still written to"
        with pytest.raises(CaptureError, match="stamped"):
            captures.keep(source(), fetched())
    day = tmp_path / "2026-03-02"
    words = ["openssl", "ts", "-verify", "-data", "SHA256SUMS", "-in", STAMP, "-CAfile", str(service.root)]
    assert b"OK" in subprocess.run(words, cwd=day, check=False, capture_output=True).stdout
    root, other = service.root.read_bytes(), service.root.with_name("other.pem").read_bytes()
    found = verify_captures(tmp_path, AT + DAY_US, KEYS[:0], [root])
    assert (list(found.stamped), found.stamped["2026-03-02"].by) == (["2026-03-02"], "Test TSA")
    assert codes(tmp_path, keys=(), certificates=[other]) == [Code.STAMP]
    assert verify_captures(tmp_path, AT + DAY_US).unchecked == ["2026-03-02"]
    strange = day / "2026-03-02-until-2026-08-29-strange-00001.warc.gz"
    strange.write_bytes(warcs(day)[0].read_bytes())
    Captures(tmp_path).close()
    assert codes(tmp_path, keys=(), certificates=[root]) == [Code.EXTRA]
    strange.unlink()
    rng, before = random.Random(7), (day / STAMP).read_bytes()
    for _ in range(20):
        flip(day / STAMP, rng)
        assert codes(tmp_path, keys=(), certificates=[root]) == [Code.STAMP]
        (day / STAMP).write_bytes(before)
    flip(day / STAMP_HASH, rng)
    assert codes(tmp_path, keys=(), certificates=[root]) == [Code.STAMP]


def test_the_same_seen_twice_has_two_ids(tmp_path: Path) -> None:
    with Captures(tmp_path) as captures:
        one, two = captures.keep(source(), fetched()), captures.keep(source(), fetched())
    assert isinstance(one, Capture)
    assert one.id != two.id
    assert one.sha256 == two.sha256


@each(
    ("name", "target"),
    [
        ("a\r\nWARC-Type: response\r\n\r\nx.json", "file:a%0D%0AWARC-Type:%20response%0D%0A%0D%0Ax.json"),
        ("b\nWARC-Record-ID: <urn:uuid:0>", "file:b%0AWARC-Record-ID:%20<urn:uuid:0>"),
        ("面单 100%.png", "file:%E9%9D%A2%E5%8D%95%20100%25.png"),
        ("\ud800\0.txt", "file:?%00.txt"),
    ],
)
def test_a_name_writes_no_header_of_its_own(name: str, target: str) -> None:
    with TemporaryDirectory() as place:
        folder, file = Path(place), Path(place) / "a"
        file.write_bytes(b"x")
        with Captures(folder / "kept") as captures:
            capture = captures.keep_file(source(), file, name, AT)
        with warcs(folder)[0].open("rb") as opened:
            heads = [one.rec_headers for one in ArchiveIterator(opened)][1:]
        assert [one.get_header("WARC-Target-URI") for one in heads] == [target, target]
        assert [one.get_header("WARC-Type") for one in heads] == ["resource", "metadata"]
        assert all(len({key for key, _ in one.headers}) == len(one.headers) for one in heads)
        assert verify_captures(folder / "kept", AT + DAY_US).findings == []
        assert capture.url == f"file:{name}".replace("\ud800", "?")
