"""How accounts are called on pages where no act on record says that they may be named."""

from collections.abc import Callable

from wayseal.console.web._ask import Ask


def alias_of(ask: Ask) -> Callable[[str], str]:
    """Gives accounts their pseudonyms: the casebook's, or where there is none, some that this process made."""
    if ask.cases is not None:
        return ask.cases.pseudonyms.of
    assert ask.site.reading is not None  # noqa: S101 (pages of reads are of a ledger)
    return ask.site.reading.pseudonyms.of
