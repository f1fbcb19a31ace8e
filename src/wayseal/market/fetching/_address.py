"""Which addresses may be connected to, and a connection to the very address that was looked at.

1. All addresses of a name must be public: loopback, private, link-local (a cloud's metadata among them), shared
   (carriers' NAT), multicast, reserved, documentation and all other special ones (IANA's registries) are not, nor an
   IPv6 address that stands for such an IPv4 one. One inside among them is enough to refuse: a name that answers both
   is up to something.
2. What was looked at is connected to; the name isn't resolved again. It is still what TLS and `Host` say.
3. An inside address is connected to only for a host and port that the source itself names, with `allow_inside`.
4. All bytes that come are counted, and the time of the whole: a site that sends a byte a minute ends with it.

Bodies as they come, unpacked within bounds: a bomb is never whole in memory.
"""

import ipaddress
import ssl
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from wayseal.market.fetching.types import Means

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_INSIDE = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.175.48.0/24", "198.18.0.0/15", "240.0.0.0/4", "64:ff9b:1::/48", "100::/48", "2001::/23"),
            *("2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fec0::/10"),
        ),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


class InsideError(httpcore.ConnectError):
    """A name leads inside (rule 1)."""


class TooMuchError(httpcore.ReadError):
    """More bytes came than are taken (rule 4)."""


class TooLongError(httpcore.ReadTimeout):
    """It took longer than a look may (rule 4)."""


def is_public(text: str) -> bool:
    """Check if anybody may connect to an address (rule 1); False for what is no address."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None and (address.ipv4_mapped or not is_public(str(inner))):
            return is_public(str(inner))
        if address in _COMPATIBLE or address.is_site_local:
            return False
    odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    inside = any(address in network for network in _INSIDE if network.version == address.version)
    return (address.is_global or _is_nat64(address)) and not (odd and not _is_nat64(address)) and not inside


def _is_nat64(address: Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and address in _NAT64


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, NAT64. 6to4 and Teredo are special by themselves."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None


class Limits:
    """The limits of one request (rule 4): bytes as they come, and seconds in all."""

    def __init__(self, most_bytes: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._left = most_bytes
        self._end = monotonic() + seconds
        self._monotonic = monotonic

    def patience(self, timeout: float | None) -> float:
        """Seconds that the next step may take; TooLongError: none are left."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise TooLongError("too long")
        return left if timeout is None else min(left, timeout)

    def count(self, size: int) -> None:
        """Counts bytes that came; TooMuchError: too many."""
        self._left -= size
        if self._left < 0:
            raise TooMuchError("too much")


class Guard(httpcore.NetworkBackend):
    """Connects (rules 1 to 3). address, inside: what it connected to."""

    def __init__(self, means: Means, limits: Limits, inside: frozenset[tuple[str, int]]) -> None:
        self._means = means
        self._limits = limits
        self._allowed = inside
        self._plain = httpcore.SyncBackend()
        self.address = ""
        self.inside = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects to an address of a name; InsideError: one of them is inside."""
        try:
            found = list(self._means.resolve(host, port))
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("no address") from error
        public = [is_public(one) for one in found]
        if not all(public) and (host.lower(), port) not in self._allowed:
            raise InsideError("inside")
        last: Exception = httpcore.ConnectError("no address")
        for address, outside in zip(found, public, strict=True):
            try:
                patience = self._limits.patience(timeout)
                stream = self._plain.connect_tcp(address, port, patience, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
                continue
            self.address, self.inside = address, not outside
            return _Counted(stream, self._limits)
        raise last

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Never."""
        raise InsideError("inside")

    def sleep(self, seconds: float) -> None:
        """Waits."""
        self._means.sleep(seconds)


class _Counted(httpcore.NetworkStream):
    """A stream whose bytes and seconds are counted (rule 4)."""

    def __init__(self, inner: httpcore.NetworkStream, limits: Limits) -> None:
        self._inner = inner
        self._limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._limits.patience(timeout))
        self._limits.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._limits.patience(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        patience = self._limits.patience(timeout)
        return _Counted(self._inner.start_tls(ssl_context, server_hostname, patience), self._limits)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


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
        """True once its end has come."""
        return self._zlib.eof

    def take(self, part: bytes) -> bytes:
        """Unpack a part."""
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
