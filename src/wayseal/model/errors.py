"""The root of every error that Wayseal raises on purpose.

Each room has one subclass of its own as the root of its tree. An error's text is for humans, names
the place (file, line, column or rule) and never holds a value that could be personal data.
"""

import os
from typing import ClassVar


class WaysealError(Exception):
    """Something that a person can act on; the command line prints its text and exits with `exit_code`.

    Exit codes are public interface: 2 wrong usage, 3 bad input, 4 the ledger is busy, 5 the disk or
    a file can't be read or written, 6 the ledger is damaged or of another version, 7 it is not what was signed, 8 a
    checkpoint of another ledger, 9 signed by an unknown key, 10 a report that isn't reproduced.
    """

    exit_code: ClassVar[int] = 1


def disk_says(error: OSError) -> str:
    """The system's own words for what is wrong; libraries wrap them in theirs."""
    return os.strerror(error.errno) if error.errno else "the disk refuses"
