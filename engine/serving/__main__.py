"""`python -m engine.serving`: what a window starts when no engine answers. People use `codegeex-lsp engine`."""

from __future__ import annotations

import logging
import os
import sys

from engine.serving.address import find_address
from engine.serving.process import run


def main(version: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run(find_address(version))
    os._exit(0)  # native threads must not be torn down under the interpreter


if __name__ == "__main__":
    main(sys.argv[1])
