"""Where files of cases lie: each under its SHA-256, in a private folder of the console's."""

from pathlib import Path

FOLDER = "files"
"""In the console's folder."""


def file_place(folder: Path, digest: str) -> Path:
    """Where a file lies.

    Args:
        folder: Of files of cases.
        digest: The file's SHA-256 in hex.

    Returns:
        Its place, whether there is a file or not.
    """
    return folder / digest[:2] / digest
