"""A report that is printed: as text that depends on nothing but its arguments."""

import io
import re
from collections.abc import Callable

from rich.console import Console

_LEAST_WIDTH = 40


def printed(write: Callable[[Console], None], *, color: bool, width: int) -> str:
    """Text of what is printed on a console.

    Args:
        write: Prints on the console that it is given.
        color: Whether with ANSI colours.
        width: Cells a line at most; at least 40.

    Returns:
        The text, with line ends.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width, _LEAST_WIDTH),
        force_terminal=color,
        force_interactive=False,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )
    write(console)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"
