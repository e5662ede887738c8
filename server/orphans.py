"""No process of ours outlives the one that started it."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Callable


def die_with_parent() -> Callable[[], None] | None:
    """What a child calls first: SIGTERM comes to it when its parent ends, where the kernel can do so."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(1, signal.SIGTERM) and None
