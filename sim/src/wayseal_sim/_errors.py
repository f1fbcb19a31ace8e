"""What the simulator raises."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class SimulateError(WaysealError):
    """A scenario that can't be simulated as it is asked for; the text names the parameter and what it may be."""

    exit_code: ClassVar[int] = 3
