"""Every test of the JetBrains plugin that needs no IDE: `python clients/jetbrains/tools/run_tests.py [NAME…]`."""

from __future__ import annotations

import importlib.util
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
from kotlin import CLIENT, CORE, KOTLIN_COMPILER_JAR, OUT, PLATFORM, PLUGIN, Module, compile_modules, java_fault

SERVER = Path(sys.executable).with_name("codegeex-lsp")
FAKES = CLIENT / "test/servers/fake.py"
SUPPORT = Module("test-support", (CLIENT / "test/support",), (CORE,))
LSP_TESTS = Module("test-lsp", (CLIENT / "test/lsp",), (SUPPORT, CORE))
# What the platform does and our declarations do not: before both on the class path.
DOUBLES = Module("test-doubles", (CLIENT / "test/double",), (PLATFORM,), is_shown=False)
# With the platform classes inside the Kotlin compiler, among them its own document.
DOCUMENT_TESTS = Module(
    "test-document", (CLIENT / "test/document",), (SUPPORT, DOUBLES, PLUGIN, CORE, PLATFORM), (KOTLIN_COMPILER_JAR,)
)
PROVIDER_TESTS = Module(
    "test-provider",
    (CLIENT / "test/provider",),
    (DOCUMENT_TESTS, SUPPORT, DOUBLES, PLUGIN, CORE, PLATFORM),
    (KOTLIN_COMPILER_JAR,),
)
PANEL_TESTS = Module("test-panel", (CLIENT / "test/panel",), (SUPPORT, CORE))
PICTURES = OUT / "pictures"


def java(module: Module, main: str, *options: str) -> bool:
    """Run a test program. Return True if it passed."""
    with tempfile.TemporaryDirectory() as folder:
        properties = {
            "codegeex.server": SERVER,
            "codegeex.python": sys.executable,
            "codegeex.fakes": FAKES,
            "codegeex.pictures": PICTURES,
            "java.awt.headless": "true",
            "java.io.tmpdir": folder,
            "idea.home.path": folder,
            "idea.config.path": f"{folder}/config",
            "idea.system.path": f"{folder}/system",
            "idea.ignore.disabled.plugins": "true",
        }
        first = (DOUBLES.out,) if DOUBLES in module.needs else ()
        path = os.pathsep.join(map(str, (*first, module.out, *module.class_path, CLIENT / "resources")))
        defined = [f"-D{name}={value}" for name, value in properties.items()]
        done = subprocess.run(
            ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *defined, *options, "-cp", path, main], check=False
        )
    return done.returncode == 0


def lsp() -> bool:
    """The protocol's client against the real server, with both fixture models, and broken ones."""
    compile_modules(CORE, SUPPORT, LSP_TESTS)
    with tempfile.TemporaryDirectory() as models:
        return java(LSP_TESTS, "codegeex.test.MainKt", f"-Dcodegeex.chat={chat_model(models)}")


def chat_model(models: str) -> str:
    """Return the folder of the fixture model that converses, converted into `models`; "" without what that takes."""
    if importlib.util.find_spec("safetensors") is None:
        return ""
    program = "import sys, pathlib, tests.chat_model as m; print(m.converted_fixture(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", program, models]
    return subprocess.run(command, cwd=CLIENT.parents[1], check=True, capture_output=True, text=True).stdout.strip()


def declarations() -> bool:
    """Our declarations against real classes, the plugin against our declarations, and plugin.xml against the plugin."""
    build.build()
    return all([check_api.main(), link.main(), descriptor.main()])


def document() -> bool:
    """Document synchronisation over the platform's own document."""
    compile_modules(PLATFORM, CORE, PLUGIN, SUPPORT, DOUBLES, DOCUMENT_TESTS)
    return java(DOCUMENT_TESTS, "codegeex.test.DocumentTestsKt")


def provider() -> bool:
    """The provider over the platform's own document and the real server, with stand-ins for the editor."""
    compile_modules(PLATFORM, CORE, PLUGIN, SUPPORT, DOUBLES, DOCUMENT_TESTS, PROVIDER_TESTS)
    return java(PROVIDER_TESTS, "codegeex.test.ProviderTestsKt")


def panel() -> bool:
    """The Ask panel and the settings form, painted without an IDE into `.cache/jetbrains/pictures`."""
    compile_modules(CORE, SUPPORT, PANEL_TESTS)
    return java(PANEL_TESTS, "codegeex.test.PanelTestsKt")


SUITES: dict[str, Callable[[], bool]] = {
    "declarations": declarations,
    "lsp": lsp,
    "document": document,
    "provider": provider,
    "panel": panel,
}


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
