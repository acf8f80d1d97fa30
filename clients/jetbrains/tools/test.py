"""Every test of the JetBrains plugin that needs no IDE: `python clients/jetbrains/tools/test.py [NAME…]`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import build
import check_api
import descriptor
import link
from kotlin import CLIENT, CORE, Module, compile_modules, java_fault

SERVER = Path(sys.executable).with_name("codegeex-lsp")
FAKES = CLIENT / "test/servers/fake.py"
LSP_TESTS = Module("test-lsp", (CLIENT / "test/support", CLIENT / "test/lsp"), (CORE,))


def java(module: Module, main: str, *options: str) -> bool:
    """Run a test program. Return True if it passed."""
    with tempfile.TemporaryDirectory() as folder:
        properties = {
            "codegeex.server": SERVER,
            "codegeex.python": sys.executable,
            "codegeex.fakes": FAKES,
            "java.awt.headless": "true",
            "java.io.tmpdir": folder,
        }
        path = os.pathsep.join(map(str, (module.out, *module.class_path)))
        defined = [f"-D{name}={value}" for name, value in properties.items()]
        done = subprocess.run(
            ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *defined, *options, "-cp", path, main], check=False
        )
    return done.returncode == 0


def lsp() -> bool:
    """The protocol's client against the real server and broken ones."""
    compile_modules(CORE, LSP_TESTS)
    return java(LSP_TESTS, "codegeex.test.MainKt")


def declarations() -> bool:
    """Our declarations against real classes, the plugin against our declarations, and plugin.xml against the plugin."""
    build.build()
    return all([check_api.main(), link.main(), descriptor.main()])


SUITES: dict[str, Callable[[], bool]] = {"declarations": declarations, "lsp": lsp}


def main() -> None:
    if fault := java_fault():
        print(f"left out: the JetBrains plugin's build and tests ({fault})")
        return
    names = sys.argv[1:] or list(SUITES)
    failed = []
    for name in names:
        print(f"== {name}", flush=True)
        if not SUITES[name]():
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
