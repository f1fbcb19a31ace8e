"""Captures as WARC/1.1 records, written by warcio.

1. An answer is four records: response, request, conversion (the text that a person would have read) and metadata, all
   concurrent to the response; a page that scripts drew has two resources more, what was drawn as HTML and as a picture.
   A file is two: resource and metadata.
2. The body is kept as it came, with its content encoding. What said that it came in chunks is kept under another name,
   since they are joined.
3. The metadata record's block is the capture's description in canonical JSON (sorted keys, no spaces, UTF-8), and its
   SHA-256 is the capture's id. It tells all that the others can't: source, clocks, the address that answered, what was
   left aside, and the hashes of their blocks.
4. What a stranger wrote stands in a head only as printable ASCII, percent-encoded where it is else: a line's end in a
   name would be a header of his own. The description has it as it was.

WARC files as rows of gzip members, one a record: where each stands, and whether it is whole.

5. A record is whole if its member ends with the right checksum, and holds as many bytes as its head says, and its block
   has the digest that its head says.
6. Memory stays bounded, whatever a member unpacks to.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import quote

from warcio.recordbuilder import RecordBuilder
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from wayseal import __version__
from wayseal.market.fetching.types import Fetched
from wayseal.model.times import iso

_PART = 1 << 18
_UNPACKED = 1 << 20
_MOST_HEAD = 1 << 16
_TAIL = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One record of a file.

    Attributes:
        offset: Where it begins.
        length: Its bytes, packed; of one that isn't whole what is there of it.
        whole: Rule 5.
        cut: The file ends in it.
        head: Its WARC headers, names in small letters.
    """

    offset: int
    length: int
    whole: bool
    cut: bool
    head: dict[str, str]

    @property
    def id(self) -> str:
        """Its WARC-Record-ID; "" where it has none."""
        return self.head.get("warc-record-id", "")


def members(file: BinaryIO, offset: int = 0) -> Iterator[Member]:
    """The records of a file from `offset` on; the last one isn't whole where the file is cut or broken there."""
    while True:
        found = _member(file, offset)
        if found is None:
            return
        yield found
        if not found.whole:
            return
        offset += found.length


def digest_text(raw: bytes) -> str:
    """A SHA-256 as WARC headers tell it."""
    return f"sha256:{base64.b32encode(raw).decode()}"


def _member(file: BinaryIO, offset: int) -> Member | None:
    file.seek(offset)
    unpacker, reader, used = zlib.decompressobj(zlib.MAX_WBITS | 16), _Reader(), 0
    try:
        while not unpacker.eof:
            part = unpacker.unconsumed_tail or file.read(_PART)
            if not part:
                return None if not used else reader.member(offset, used, cut=True, whole=False)
            reader.take(unpacker.decompress(part, _UNPACKED))
            used = file.tell() - offset - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
    except zlib.error:
        return reader.member(offset, max(used, 1), whole=False)
    return reader.member(offset, used, whole=reader.whole)


class _Reader:
    """Reads a record as it is unpacked (rule 5)."""

    def __init__(self) -> None:
        self.head: dict[str, str] = {}
        self._held = b""
        self._left = -1
        self._tail = b""
        self._digest = hashlib.sha256()
        self._bad = False

    @property
    def whole(self) -> bool:
        said = self.head.get("warc-block-digest", "")
        good = not said.startswith("sha256:") or said == digest_text(self._digest.digest())
        return not self._bad and self._left == 0 and self._tail == _TAIL and good

    def member(self, offset: int, length: int, *, whole: bool, cut: bool = False) -> Member:
        return Member(offset=offset, length=length, whole=whole, cut=cut, head=self.head)

    def take(self, data: bytes) -> None:
        if self._left < 0 and not self._bad:
            self._held += data
            end = self._held.find(_TAIL)
            if end < 0:
                self._bad = len(self._held) > _MOST_HEAD
                return
            self._parse(self._held[:end])
            data, self._held = self._held[end + len(_TAIL) :], b""
        if self._bad:
            return
        block = data[: self._left]
        self._digest.update(block)
        self._left -= len(block)
        self._tail += data[len(block) : len(block) + 2 * len(_TAIL)]
        self._bad = len(self._tail) > len(_TAIL)

    def _parse(self, head: bytes) -> None:
        first, *lines = head.decode("utf-8", "replace").split("\r\n")
        for line in lines:
            name, _, value = line.partition(":")
            self.head[name.strip().lower()] = value.strip()
        said = self.head.get("content-length", "")
        self._bad = not first.startswith("WARC/") or not (said.isascii() and said.isdecimal())
        self._left = -1 if self._bad else int(said)


VERSION = "1.1"
TOOL = f"wayseal/{__version__}"
_AGAIN = "X-Archive-Orig-"
_BUILDER = RecordBuilder(warc_version=VERSION)


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON in its one spelling (rule 3)."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def info_record(name: str) -> bytes:
    """Build a file's first record."""
    content = {"software": TOOL, "format": "WARC File Format 1.1", "conformsTo": _CONFORMS}
    record = _BUILDER.create_warcinfo_record(name, content)
    return _written(record)


_CONFORMS = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


def answer_records(fetched: Fetched, text: str, described: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The records of an answer, packed, and its description (rules 1 to 3).

    Args:
        fetched: The answer.
        text: What a person would have read; "" for none.
        described: What else the description says.
    """
    response = _http("response", fetched, _response_head(fetched), fetched.raw)
    request = _http("request", fetched, _request_head(fetched), b"")
    made = [(response, fetched.raw), (request, b"")]
    ids = [_id(response)]
    _concurrent(request, ids[0])
    if text:
        block = text.encode("utf-8", "replace")
        conversion = _plain("conversion", fetched.url, fetched.at, "text/plain; charset=utf-8", block)
        conversion.rec_headers.add_header("WARC-Refers-To", ids[0])
        made.append((conversion, block))
    blocks = {record.rec_type: _block_digest(record, body).hex() for record, body in made}
    for name, media_type, block in (
        ("rendered", "text/html; charset=utf-8", fetched.rendered),
        ("screenshot", "image/png", fetched.screenshot),
    ):
        if not block:
            continue
        url = f"urn:wayseal:{name}:{fetched.url}"
        drawn = _plain("resource", url, fetched.at, media_type, block)
        _concurrent(drawn, ids[0])
        made.append((drawn, block))
        blocks[name] = hashlib.sha256(block).hexdigest()
    content = canonical({**described, "records": blocks})
    metadata = _plain("metadata", fetched.url, fetched.at, "application/json", content)
    _concurrent(metadata, ids[0])
    out = b"".join(_written(record) for record, _ in made) + _written(metadata)
    return out, content


def resource_record(out: Any, file: Any, *, url: str, at: int, media_type: str, sha256: str, size: int) -> str:
    """Writes a file of any size as a record, and gives its id. sha256: in hex, as it was read before."""
    raw = digest_text(bytes.fromhex(sha256))
    headers = {
        "WARC-Date": iso_full(at),
        "WARC-Block-Digest": raw,
        "WARC-Payload-Digest": raw,
        "Content-Type": media_type or "application/octet-stream",
    }
    record = _BUILDER.create_warc_record(
        _ascii(url), "resource", payload=file, length=size, warc_headers_dict=headers, http_headers=None
    )
    WARCWriter(out, gzip=True, warc_version=VERSION).write_record(record)
    return _id(record)


def metadata_record(url: str, at: int, content: bytes, beside: str) -> bytes:
    """A description, packed, as concurrent to another record."""
    record = _plain("metadata", url, at, "application/json", content)
    _concurrent(record, beside)
    return _written(record)


def iso_full(at: int) -> str:
    """A time to the microsecond, as WARC/1.1 tells it."""
    text = iso(at)
    return text if "." in text else text.replace("Z", ".000000Z")


def _response_head(fetched: Fetched) -> StatusAndHeaders:
    joined = {"transfer-encoding"}
    headers = [(f"{_AGAIN}{name}" if name.lower() in joined else name, value) for name, value in fetched.headers]
    return StatusAndHeaders(f"{fetched.status} {_ascii(fetched.reason)}".strip(), headers, protocol="HTTP/1.1")


def _request_head(fetched: Fetched) -> StatusAndHeaders:
    target, headers = fetched.request
    return StatusAndHeaders(f"{target} HTTP/1.1", list(headers), protocol="GET", is_http_request=True)


def _http(kind: str, fetched: Fetched, head: StatusAndHeaders, body: bytes) -> Any:
    head.compute_headers_buffer()
    block = hashlib.sha256(head.headers_buff)
    block.update(body)
    headers = {
        "WARC-Date": iso_full(fetched.at),
        "WARC-IP-Address": fetched.address.partition("%")[0],
        "WARC-Block-Digest": digest_text(block.digest()),
        "WARC-Payload-Digest": digest_text(hashlib.sha256(body).digest()),
    }
    return _BUILDER.create_warc_record(
        _ascii(fetched.url), kind, payload=BytesIO(body), length=len(body), warc_headers_dict=headers, http_headers=head
    )


def _plain(kind: str, url: str, at: int, media_type: str, block: bytes) -> Any:
    headers = {
        "WARC-Date": iso_full(at),
        "Content-Type": media_type,
        "WARC-Block-Digest": digest_text(hashlib.sha256(block).digest()),
    }
    return _BUILDER.create_warc_record(
        _ascii(url), kind, payload=BytesIO(block), length=len(block), warc_headers_dict=headers
    )  # fmt: skip


def _ascii(text: str) -> str:
    """A text as it may stand in a head (rule 4); in a file's name, which is no address yet, `%` is encoded as well."""
    signs = "".join(map(chr, range(0x21, 0x7F)))
    return quote(text.encode("utf-8", "replace"), safe=signs.replace("%", "") if text.startswith("file:") else signs)


def _block_digest(record: Any, body: bytes) -> bytes:
    found = hashlib.sha256(record.http_headers.headers_buff if record.http_headers else b"")
    found.update(body)
    return found.digest()


def _id(record: Any) -> str:
    return str(record.rec_headers.get_header("WARC-Record-ID"))


def _concurrent(record: Any, other: str) -> None:
    record.rec_headers.add_header("WARC-Concurrent-To", other)


def _written(record: Any) -> bytes:
    out = BytesIO()
    WARCWriter(out, gzip=True, warc_version=VERSION).write_record(record)
    return out.getvalue()
