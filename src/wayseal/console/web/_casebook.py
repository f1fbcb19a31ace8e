"""The casebook that pages stand on. It is made by the first act that needs one, in a ledger that is there."""

from contextlib import ExitStack
from pathlib import Path

from wayseal.cases import CasebookError, Cases, has_casebook, open_cases
from wayseal.cases.errors import CasebookDiskError, NoSuchCaseError
from wayseal.cases.types import FILE
from wayseal.console.web._holder import Holder


class CasebookHolder(Holder[Cases]):
    """Holds the casebook of a ledger. folder: where it lies, or will."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / FILE, CasebookError)
        self.folder = folder

    def need(self) -> Cases:
        """The casebook, made where there is none. CasebookError."""
        made = self._open(new=True)
        if made is None:
            raise CasebookDiskError("the ledger isn't there", file=self.folder.parent)
        return made

    def _enter(self, stack: ExitStack, *, new: bool) -> Cases | None:
        try:
            if not self.folder.exists() and not (new and self.folder.parent.exists()):
                return None
            if not new and not has_casebook(self.folder):
                return None
            return stack.enter_context(open_cases(self.folder, new=new))
        except NoSuchCaseError:
            return None
        except OSError:
            raise CasebookDiskError("it can't be read or written", file=self.folder / FILE) from None
