"""What the machine runs on."""

from __future__ import annotations

import psutil


def on_battery() -> bool:
    """False where there is no battery, or none that can be told of."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return bool(battery and not battery.power_plugged)
