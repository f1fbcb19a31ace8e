"""Line breaking that knows Chinese: no spaces needed, and no line starts with a comma."""

import re

from wayseal.page.visible import cells

_CLOSING = "，。、；：！？）》」』”’…—·%,.;:!?)]}"
_OPENING = "（《「『“‘([{"
_ATOMS = re.compile(r"[ ]+|[^\s\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’]+|.", re.DOTALL)


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """A text in lines; an atom that is wider than a line is cut.

    Args:
        text: What is wrapped.
        width: Cells a line at most; a Chinese character has two.
        first: What stands before the first line, counted in the width.
        rest: What stands before every other line, counted in the width.

    Returns:
        The lines.
    """
    lines: list[str] = []
    begun = cells(rest)
    line, used, empty = first, cells(first), True
    for atom in _atoms(text, max(width - max(used, begun), 8)):
        if not empty and used + cells(atom.rstrip(" ")) > width:
            lines.append(line.rstrip(" "))
            line, used = rest, begun
        line, used, empty = line + atom, used + cells(atom), False
    return [*lines, line.rstrip(" ")]


def _atoms(text: str, room: int) -> list[str]:
    """Pieces that must not be broken, in order; none wider than `room`."""
    found: list[str] = []
    for piece in _ATOMS.findall(text):
        glued = found and not found[-1].isspace() and (piece[0] in _CLOSING or found[-1][-1] in _OPENING)
        if glued and cells(found[-1]) + cells(piece) <= room:
            found[-1] += piece
        else:
            found.extend(cut(piece, room))
    return found


def widest_atom(text: str) -> int:
    """Cells of the widest piece of a text that must not be broken."""
    return max(map(cells, _atoms(text, cells(text))), default=0)


def cut(piece: str, room: int) -> list[str]:
    """A piece in lines of at most `room` cells."""
    if cells(piece) <= room:
        return [piece]
    parts, used = [""], 0
    for char in piece:
        if used + cells(char) > room:
            parts.append("")
            used = 0
        parts[-1] += char
        used += cells(char)
    return parts
