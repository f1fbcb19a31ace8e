"""Errors of the stream."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class LiveError(WaysealError):
    """What the stream needs and can't use; names the source, the place and the key, never a value of a log."""

    exit_code: ClassVar[int] = 3


class SourceError(LiveError):
    """A source of events can't be read; names the source."""


class GapError(LiveError):
    """A source lacks what comes next: it was made anew, cut or repartitioned; names the range that is missing."""


class SpoolError(LiveError):
    """The arrival log isn't what was written; names the segment and the place."""

    exit_code: ClassVar[int] = 6


class RecordError(LiveError):
    """A record of acts (notices, mutes, blocks) isn't what was written; names its file and line."""

    exit_code: ClassVar[int] = 6


class ActError(LiveError):
    """An act about mutes or the list of blocked accounts that can't be; names the field."""


class ReceiverError(LiveError):
    """A receiver of notices can't be as it is; names it, the file and the line, never a secret."""


class WatchSettingsError(LiveError):
    """A setting of the watch isn't known, or can't be as it is; names it, never its value."""
