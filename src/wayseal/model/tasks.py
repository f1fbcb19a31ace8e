"""Work in tasks that don't hang on one another: one signature, whoever runs them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

_A = TypeVar("_A")
_B = TypeVar("_B")


class Run(Protocol):
    """Runs tasks somewhere, in any order, some of them perhaps several times."""

    def __call__(self, work: Callable[[_A], _B], tasks: Sequence[_A]) -> Iterable[tuple[int, _B]]:
        """Run tasks.

        Args:
            work: A function of a module.
            tasks: What it is called with. Tasks and results can be pickled.

        Yields:
            A task's place and what was made of it, each task once.
        """


def run_here(work: Callable[[_A], _B], tasks: Sequence[_A]) -> Iterator[tuple[int, _B]]:
    """Run tasks one after the other, in this process.

    Args:
        work: Called with each.
        tasks: The tasks.

    Returns:
        Places and results, in order.
    """
    return enumerate(map(work, tasks))
