"""What compiled loops share. Import this file, climb.py and ladders.py only when a case has ranks: numba comes with them.

People are numbers from 0, -1 is nobody. Time is the number of a tree event (a registration, an order) in their order;
NEVER lies after them all. No recursion: a chain of a million is as good as a bush. Each loop costs one pass, or the
logarithm of the depth a question.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])
NEVER = np.int32(2**31 - 1)


def jit(function: F) -> F:
    """Compile at the first call; the compiled code is kept beside the file where that can be written."""
    return _compiled(function)


def lean(function: F) -> F:
    """Compile a loop that makes no array and gives none back: without counting who holds which array (`_nrt`), five times as fast."""
    return _compiled(function, _nrt=False)


def _compiled(function: F, **options: Any) -> F:
    try:
        return cast(F, numba.njit(cache=True, **options)(function))
    except RuntimeError:
        return cast(F, numba.njit(**options)(function))
