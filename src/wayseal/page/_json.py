"""A report for programs, as text."""

import json
from collections.abc import Mapping


def as_json(document: Mapping[str, object]) -> str:
    r"""A document as JSON; characters that can't be seen stand as \u escapes.

    Args:
        document: What is written; NaN and infinities are refused.

    Returns:
        Lines of JSON, with one line end at the end.

    Raises:
        ValueError: A number is none.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    return "\n".join(_escaped(line) for line in text.split("\n")) + "\n"


def _escaped(line: str) -> str:
    """A line of JSON with every character that can't be seen as an escape (such stand in strings only)."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else _units(char) for char in line)


def _units(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[index : index + 4]}" for index in range(0, len(units), 4))
