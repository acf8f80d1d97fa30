"""The start of the engine process: detached, so that it outlives the window that needed it first."""

from __future__ import annotations

import os
import subprocess
import sys

from codegeex_lsp import HOME, process_command, process_environment
from engine.serving.address import Address

# Each token's keys and values are copied at each step: blocks of megabytes, which glibc would map and unmap, page by
# page, each time. Freed memory is kept for the next step instead, and given back in a pause (`engine.serving.upkeep`).
KEPT_BYTES = 2**30
# Each arena keeps what was freed in it, and the threads of every new generator may take another one. After 1000
# requests all processes had 1250 MiB without a bound; with two arenas 510, or 800 while the cores are busy.
ARENAS = 1
TUNABLES = (
    f"glibc.malloc.mmap_threshold={KEPT_BYTES}:glibc.malloc.trim_threshold={KEPT_BYTES}:glibc.malloc.arena_max={ARENAS}"
)


def start_engine(address: Address, version: str) -> subprocess.Popen[bytes]:
    """Start an engine process, which ends at once if another one is running. Raises `OSError` and `EngineError`."""
    address.prepare_folder()
    tunables = os.environ.get("GLIBC_TUNABLES")
    environment = process_environment() | {"GLIBC_TUNABLES": f"{tunables}:{TUNABLES}" if tunables else TUNABLES}
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    with address.log.open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            process_command("engine.serving", version),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=HOME,
            env=environment,
            start_new_session=True,
            creationflags=flags,
        )
