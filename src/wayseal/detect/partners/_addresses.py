"""Addresses, and whether they lie in agreed networks."""

from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address

from wayseal.detect.partners._contract import Network

Address = IPv4Address | IPv6Address


class Networks:
    """Networks of both kinds; one of IPv4 inside IPv6 (::ffff:0:0/96) counts as what it is inside."""

    def __init__(self, networks: Iterable[Network]) -> None:
        some = [_inner(network) for network in networks]
        four = collapse_addresses(n for n in some if isinstance(n, IPv4Network))
        six = collapse_addresses(n for n in some if isinstance(n, IPv6Network))
        self._ends = {
            4: [(int(n.network_address), int(n.broadcast_address)) for n in four],
            6: [(int(n.network_address), int(n.broadcast_address)) for n in six],
        }

    def __contains__(self, address: Address) -> bool:
        """Whether an address lies in any of them."""
        ends, number = self._ends[address.version], int(address)
        index = bisect_right(ends, (number, 1 << 128)) - 1
        return index >= 0 and number <= ends[index][1]


def _inner(network: Network) -> Network:
    inside = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return network if inside is None or network.prefixlen < 96 else IPv4Network((inside, network.prefixlen - 96))


def as_address(text: str) -> Address | None:
    """The address that a text is, an IPv4 one inside IPv6 as itself; None where it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
