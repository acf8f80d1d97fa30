"""The exit codes of the command. `models` fails with `EXIT_NOTHING`: it has done nothing then."""

from __future__ import annotations

EXIT_OK = 0
EXIT_NOTHING = 1  # nothing to show, nothing was done, or something does not work
EXIT_FAULT = 2  # wrong usage, or a fault; stderr says which
EXIT_INTERRUPTED = 130  # by Ctrl-C, as shells have it
