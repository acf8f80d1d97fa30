"""The machine: its power supply, and how a background process leaves it to everything else."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def is_on_battery() -> bool:
    """True if the machine runs on battery; False if it has none, or cannot tell."""
    import psutil

    with suppress(Exception):
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
        return battery is not None and not battery.power_plugged
    return False


def lower_priority() -> None:
    """Let all other processes go before this one, for the processor and the disk. Do nothing if that is refused."""
    import psutil

    with suppress(Exception):
        process = psutil.Process()
        process.nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 15))  # the class on Windows, a nice value elsewhere
        if sys.platform == "linux":
            process.ionice(psutil.IOPRIO_CLASS_IDLE)


def trim_memory() -> None:
    """Return free memory to the system. Only glibc keeps it; with another C library this does nothing."""
    with suppress(OSError, AttributeError, TypeError):  # another C library, or none by that name
        ctypes.CDLL(None).malloc_trim(0)
