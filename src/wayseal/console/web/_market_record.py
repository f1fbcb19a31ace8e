"""The market's record that pages stand on. A look makes none: where none lies yet, pages say so, and what to do."""

from contextlib import ExitStack
from pathlib import Path

from wayseal.console.web._holder import Holder
from wayseal.market.errors import MarketError, RecordDiskError
from wayseal.market.log import FILE, Market, open_market


class MarketHolder(Holder[Market]):
    """Holds the record of a folder, or of a database that has it instead. folder: where SQLite's file lies."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        super().__init__(folder / FILE, MarketError)
        self.folder, self._url = folder, url

    def _enter(self, stack: ExitStack, *, new: bool) -> Market | None:
        del new
        try:
            if self._url is None and not (self.folder / FILE).is_file():
                return None
        except OSError:
            raise RecordDiskError("it can't be read or written", file=self.folder / FILE) from None
        return stack.enter_context(open_market(self.folder, self._url))
