"""A record of acts as a chained file, read once and then followed: what every record of acts that is a file goes by.

A last line that a crash cut off was never acknowledged: it is passed over, and goes with the next act.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wayseal.journal.chain import Code, Fault, Head, chain_line, check_lines, sum_of
from wayseal.journal.files import LockedJournal

_TAIL = 80
"""Bytes at the end of what was read, the sum of its last line among them, by which a file is known again."""


class Record:
    """A record as far as it was read: only what came since is read again."""

    def __init__(
        self, header: Mapping[str, object], begin: Callable[[], None], apply: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Nothing was read yet.

        Args:
            header: The first line: what record it is, and of which version.
            begin: Called before the first act, and again where another file has taken the place of what was read.
            apply: Called with each act, in order. ValueError: it can't be.
        """
        self._header = header
        self._begin = begin
        self._apply = apply
        self._start_anew()

    def _start_anew(self) -> None:
        self._begin()
        self._size, self._tail, self._torn = 0, b"", False
        self.head = Head(lines=0, sum="")
        self.sums: list[str] = []

    def take(self, content: bytes) -> tuple[Fault, ...]:
        """Reads what was added to a file.

        Args:
            content: All of the file.

        Returns:
            What is wrong; then nothing counts as read.
        """
        whole = content[: content.rfind(b"\n") + 1]
        if not whole.endswith(self._tail, 0, self._size):
            self._start_anew()
        lines = whole[self._size :].decode("utf-8", "surrogateescape").split("\n")[:-1]
        checked = check_lines(enumerate(lines, start=self.head.lines + 1), self.head.lines + 1, self.head.sum)
        faults = list(checked.faults)
        for at, found in checked.entries:
            content_of = {key: value for key, value in found.items() if key not in {"before", "sum"}}
            try:
                if at > 1:
                    self._apply(content_of)
                elif content_of != self._header:
                    raise ValueError("header")
            except ValueError:
                faults.append(Fault(line=at, code=Code.ACT))
        if faults:
            self._start_anew()
            return tuple(sorted(faults, key=lambda one: one.line))
        self._torn = len(whole) < len(content)
        self._move(whole[self._size :], checked.sums)
        return ()

    def add(self, held: LockedJournal, acts: Sequence[Mapping[str, object]]) -> None:
        """Adds acts, durably and all at once; they are applied then.

        Args:
            held: The file, which `take` has read to its end.
            acts: What JSON can hold.

        Raises:
            OSError: The disk refuses; nothing was added.
        """
        lines, before = [], self.head.sum
        for content in (*([] if self.head.lines else [self._header]), *acts):
            lines.append(chain_line(content, before, ensure_ascii=False))
            before = sum_of(lines[-1])
        added = "".join(f"{line}\n" for line in lines).encode()
        if self._torn:
            held.replace(held.content[: self._size] + added)
        else:
            held.add(added)
        self._torn = False
        for content in acts:
            self._apply(content)
        self._move(added, [sum_of(line) for line in lines])

    def _move(self, added: bytes, sums: Sequence[str]) -> None:
        self._size += len(added)
        self._tail = (self._tail + added)[-_TAIL:]
        self.sums += sums
        self.head = Head(lines=len(self.sums), sum=self.sums[-1] if self.sums else "")
