"""What goes wrong when rights are held against use."""

from wayseal.detect._errors import DetectError


class RightsError(DetectError):
    """A file that says what rights permit can't be understood; names the right by its place, and the key."""
