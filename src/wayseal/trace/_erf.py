"""The error function over arrays, which NumPy lacks; SciPy would be 30 MB more to install for it."""

import math

import numpy as np

from wayseal.model.jit import kernel
from wayseal.trace._evidence import Floats


def erf(z: Floats) -> Floats:
    """Error function of each element, of any shape."""
    out = np.empty(z.size, np.float64)
    _fill(np.ascontiguousarray(z, np.float64).ravel(), out)
    return out.reshape(z.shape)


@kernel
def _fill(z: Floats, out: Floats) -> None:
    for i in range(len(z)):
        out[i] = math.erf(z[i])
