"""How accounts are called on pages where no act on record says that they may be named."""

from collections.abc import Callable

from wayseal.console.web._ask import Ask


def alias_of(ask: Ask) -> Callable[[str], str]:
    """Gives accounts their pseudonyms: the casebook's, or where there is none, some that this process made."""
    if ask.cases is not None:
        return ask.cases.pseudonyms.of
    return _nobody if ask.site.reading is None else ask.site.reading.pseudonyms.of


def _nobody(_actor: str) -> str:
    """Without a ledger there is nobody to be called anything."""
    return ""
