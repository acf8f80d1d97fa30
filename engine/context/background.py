"""How a process behaves that works in the background: behind everything else, and with no more memory than it uses."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def on_battery() -> bool:
    import psutil

    with suppress(Exception):
        battery = psutil.sensors_battery()
        return battery is not None and not battery.power_plugged
    return False


def lower_priority() -> None:
    import psutil

    with suppress(Exception):
        process = psutil.Process()
        process.nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 15))  # the class on Windows, a nice value elsewhere
        if sys.platform == "linux":
            process.ionice(psutil.IOPRIO_CLASS_IDLE)


def return_memory() -> None:
    """Gives back what is free: glibc alone keeps it for the next time."""
    with suppress(OSError, AttributeError, TypeError):  # another C library, or none by that name
        ctypes.CDLL(None).malloc_trim(0)
