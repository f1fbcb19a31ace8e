"""What goes wrong before a partner can be checked."""

from wayseal.detect._errors import DetectError


class ContractError(DetectError):
    """A contract that can't be used as it stands; names the file and, where known, the line and the key.

    The text never holds a value out of the file.
    """
