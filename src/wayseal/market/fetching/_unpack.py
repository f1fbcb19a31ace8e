"""Bodies as they come, unpacked within bounds: a bomb is never whole in memory."""

import zlib

import httpcore

from wayseal.market.fetching._address import TooMuchError

_PACKED = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class UnreadableError(Exception):
    """A body that isn't packed as it says, or ends before its end."""


def read_body(answer: httpcore.Response, most: int) -> tuple[bytes, bytes]:
    """The body as it came and unpacked, both bounded; TooMuchError, UnreadableError."""
    said = [
        value.decode("latin-1").strip().lower() for key, value in answer.headers if key.lower() == b"content-encoding"
    ]
    packed = [one for one in said if one not in {"", "identity"}]
    if len(packed) > 1 or (packed and packed[0] not in _PACKED):
        raise UnreadableError
    unpacker = _Unpacker(packed[0], most) if packed else None
    raw, body = bytearray(), bytearray()
    for part in answer.iter_stream():
        raw += part
        if len(raw) > most:
            raise TooMuchError("too much")
        if unpacker is not None:
            body += unpacker.take(part)
    if unpacker is None:
        return bytes(raw), bytes(raw)
    if not unpacker.whole and raw:
        raise UnreadableError
    return bytes(raw), bytes(body)


class _Unpacker:
    """Unpacks as it comes, and stops where it becomes too much."""

    def __init__(self, name: str, most: int) -> None:
        self._left = most
        self._name = name
        self._zlib = zlib.decompressobj(_PACKED[name])
        self._begun = False

    @property
    def whole(self) -> bool:
        """Whether its end has come."""
        return self._zlib.eof

    def take(self, part: bytes) -> bytes:
        """What a part holds."""
        if self._zlib.eof:
            return b""
        try:
            out = self._zlib.decompress(part, self._left + 1)
        except zlib.error:
            if self._begun or self._name != "deflate":
                raise UnreadableError from None
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)  # many servers send deflate without its head
            out = self._unpack_raw(part)
        self._begun = True
        self._left -= len(out)
        if self._left < 0 or self._zlib.unconsumed_tail:
            raise TooMuchError("too much")
        return out

    def _unpack_raw(self, part: bytes) -> bytes:
        try:
            return self._zlib.decompress(part, self._left + 1)
        except zlib.error:
            raise UnreadableError from None
