"""What both databases do about being closed."""

import warnings
from types import TracebackType
from typing import Self


class Closing:
    """Closes itself at the end of a `with`; says so, as files do, where nobody closed it."""

    dialect: str
    _closed: bool

    def close(self) -> None:
        """See `Database`."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # One that couldn't be made has no `_closed`.
        if not getattr(self, "_closed", True):
            warnings.warn(f"a database ({self.dialect}) was never closed", ResourceWarning, stacklevel=2, source=self)
