"""What is closed when a `with` statement ends."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Closing(ABC):
    """Something that `close` lets go of; the end of a `with` statement calls it."""

    __slots__ = ()

    @abstractmethod
    def close(self) -> None:
        """Lets go of what it has."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()
