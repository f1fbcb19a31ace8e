"""How accounts are called on pages where no act on record says that they may be named."""

from collections.abc import Callable

from wayseal.console.web._ask import Site


def alias_of(site: Site) -> Callable[[str], str]:
    """Gives accounts their pseudonyms: the casebook's, or where there is none, some that this process made."""
    if site.cases is not None:
        return site.cases.pseudonyms.of
    assert site.reading is not None  # noqa: S101 (pages of reads are of a ledger)
    return site.reading.pseudonyms.of
