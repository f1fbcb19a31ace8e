"""Transcripts of commands to hold against snapshots: what each prints and how it ends, without what differs each time.

1. Paths below the test's folder are told from there. Moments of today and of a month from now, hashes, keys and ids
   that are dealt at random are told by what they are, numbered in the order in which they come.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.running import Ran, inside

_RANDOM = {
    "pseudonym": r"p(?:-[2-9b-z]{4}){3}",
    "signature": r"(?<=— )\S+ [A-Za-z0-9+/]{40,}={0,2}",
    "key": r"\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}={0,2}",
    "key id": r"(?<=\+)[0-9a-f]{8}\b",
    "request": r"\b(?:r-[0-9a-f]{8}|cli-[^\s\"-]+-[0-9a-f]{16})\b",
    "origin": r"(?<=wayseal/)[0-9a-f]{8,32}\b",
    "hash": r"\b(?=[0-9]*[a-f])[0-9a-f]{16,64}\b",
    "token": r"\b[A-Za-z0-9_-]{43}\b",
}


class Transcript:
    """A record of commands that were run one after another in a folder."""

    def __init__(self, folder: Path, *, lang: str = "en", more: Mapping[str, str] | None = None) -> None:
        """more: further patterns of what differs each time, by what it is called."""
        self._folder, self._lang = folder, lang
        self._patterns = {**(more or {}), **_RANDOM}
        self._parts: list[str] = []

    def ask(self, *words: object) -> Ran:
        """Runs a command in the transcript's language, and writes nothing down."""
        return inside(*words, "--lang", self._lang)

    def run(self, *words: object) -> str:
        """Runs a command and writes down what it prints; what stood on its standard output."""
        ran = self.ask(*words)
        line = " ".join(["$ wayseal", *(f"'{word}'" if " " in str(word) else str(word) for word in words)])
        said = [line, ran.out.removeprefix("\ufeff"), *(f"! {text}" for text in ran.err.splitlines())]
        self._parts += [part.rstrip("\n") for part in said if part]
        self._parts += [f"[{ran.code}]"] if ran.code else []
        return ran.out

    def __str__(self) -> str:
        """All of it (rule 1)."""
        text = "\n".join(self._parts).replace(f"{self._folder}/", "")
        today = datetime.now(UTC)
        days = "|".join({f"{today + timedelta(days=n):%Y-%m-%d}" for n in (-1, 0, 1, 29, 30, 31)})
        text = re.sub(rf"(?:{days})(?:[T ][0-9:.]+)?(?:Z|\+\d\d:\d\d)?", "<now>", text)
        for name, pattern in self._patterns.items():
            text = _number(name, pattern, text)
        return text


def _number(name: str, pattern: str, text: str) -> str:
    """A text in which what fits a pattern is numbered: the same is the same."""
    seen: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"<{name} {len(seen) + 1}>")

    return re.sub(pattern, number, text)
