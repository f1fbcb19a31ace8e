"""Ids that don't fit: of accounts and logs that no contract names, and of contracts that nobody has.

1. Each is told with the id on the other side that is most like it, whatever the case of letters; a slip of the pen and
   a key that was added lately both look like that.
2. A comparison costs as much as there are ids on the other side: of each kind, the first MOST are compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from wayseal.detect.partners._contract import Contract
from wayseal.detect.partners._result import Misfit, Place

MOST = 20


def find_misfits(
    contracts: Sequence[Contract], accounts: Mapping[str, int], logged: Mapping[str, int], unknown: Mapping[str, str]
) -> tuple[Misfit, ...]:
    """All of them, by kind; of a kind, those with the most reads or calls first.

    accounts: reads of each partner's account without a contract. logged: calls of each other id in the partners' logs.
    unknown: ids of contracts that no row of the ledger has, each with its contract's file.
    """
    named = {actor: contract.file.name for contract in contracts for actor in contract.actors}
    files = dict.fromkeys(unknown, 0)
    there = {**dict.fromkeys(accounts, ""), **dict.fromkeys(logged, "")}
    return (
        *_compare(Place.ACCOUNT, accounts, named, named),
        *_compare(Place.LOG, logged, named, named),
        *_compare(Place.CONTRACT, files, there, unknown),
    )


def _compare(
    place: Place, ids: Mapping[str, int], others: Mapping[str, str], files: Mapping[str, str]
) -> Iterator[Misfit]:
    """Rules 1 and 2. others: ids of the other side; files: which contract names an id."""
    plain = {other.casefold(): other for other in others}
    for rank, (id_, count) in enumerate(sorted(ids.items(), key=lambda row: (-row[1], row[0]))):
        near = get_close_matches(id_.casefold(), plain, n=1) if rank < MOST else []
        nearest = plain[near[0]] if near else ""
        named = id_ if place is Place.CONTRACT else nearest
        yield Misfit(id=id_, place=place, count=count, nearest=nearest, contract=files.get(named, ""))
