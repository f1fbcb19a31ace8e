"""The body of a capture, out of the records that hold it."""

import zlib

_HTTP_END = b"\r\n\r\n"


def read_body(packed: bytes, *, answer: bool) -> bytes | None:
    """The body of the first record of a capture, unpacked; None: it can't be read."""
    try:
        record = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed)
        head, _, rest = record.partition(_HTTP_END)
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        block = rest[:length]
        if not answer:
            return block
        http, _, body = block.partition(_HTTP_END)
        for line in http.lower().split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name == b"content-encoding" and value.strip() in {b"gzip", b"x-gzip", b"deflate"}:
                return _unpack(body, value.strip())
    except (zlib.error, ValueError, StopIteration):
        return None
    return body


def _unpack(body: bytes, name: bytes) -> bytes:
    if name != b"deflate":
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body) if body else b""
    try:
        return zlib.decompress(body) if body else b""
    except zlib.error:
        return zlib.decompress(body, -zlib.MAX_WBITS)
