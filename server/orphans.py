"""No process of ours outlives the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable


def die_with_parent(parent: int | None = None) -> Callable[[], None] | None:
    """What a child of `parent` (of this process, where it is None) calls first: SIGTERM comes to it when its
    parent ends, where the kernel can do so. Where the parent has ended by then, so does the child."""
    if sys.platform != "linux":
        return None
    prctl, expected = ctypes.CDLL(None).prctl, parent or os.getpid()

    def bind() -> None:
        signal.signal(
            signal.SIGTERM, signal.SIG_DFL
        )  # the parent's handler would do the parent's work
        prctl(1, signal.SIGTERM)
        if os.getppid() != expected:  # nobody tells of an end that was before
            os._exit(1)

    return bind
