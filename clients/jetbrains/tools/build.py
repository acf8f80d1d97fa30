"""Build the plugin: `python clients/jetbrains/tools/build.py [--server WHEEL]` writes `codegeex-lsp.zip`.

The same sources give the same bytes. With `--server`, the zip carries the server's wheel, which the plugin installs at
the user's request.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

from kotlin import CLIENT, CORE, OUT, PLATFORM, PLUGIN, compile_modules, java_fault

ZIP = CLIENT / "codegeex-lsp.zip"
JAR = OUT / "codegeex-lsp.jar"
NAME = "codegeex-lsp"
MAX_ZIP_BYTES = 400_000
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time that zip knows
CHINESE = "messages/CodegeexBundle_zh.properties"


def jar_entries() -> dict[str, bytes]:
    """Return what the plugin's jar holds, by name."""
    entries = {}
    for folder in (CORE.out, PLUGIN.out, CLIENT / "resources"):
        for file in folder.rglob("*"):
            if file.is_file() and file.name != ".stamp" and not file.name.endswith(".kotlin_module"):
                entries[file.relative_to(folder).as_posix()] = file.read_bytes()
    # IDEs look for their language pack's locale, which is zh_CN; others may say zh.
    entries[CHINESE.replace("_zh", "_zh_CN")] = entries[CHINESE]
    return entries


def write(file: Path, entries: dict[str, bytes], *, compress: bool) -> None:
    """Write an archive whose bytes depend on its entries only."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in sorted(entries.items()):
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            archive.writestr(info, content, compresslevel=9)


def build(wheel: Path | None = None) -> Path:
    """Compile and pack the plugin. Return the zip."""
    compile_modules(PLATFORM, CORE, PLUGIN)
    write(JAR, jar_entries(), compress=False)  # as one, in the zip: classes have much in common
    entries = {f"{NAME}/lib/{NAME}.jar": JAR.read_bytes()}
    if wheel:
        entries[f"{NAME}/server/{wheel.name}"] = wheel.read_bytes()
    write(ZIP, entries, compress=True)
    size = ZIP.stat().st_size
    if size > MAX_ZIP_BYTES and not wheel:
        sys.exit(f"{ZIP.name} has {size} bytes, and {MAX_ZIP_BYTES} are allowed")
    return ZIP


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=Path, metavar="WHEEL", help="the server's wheel file, to be carried along")
    arguments = parser.parse_args()
    if fault := java_fault():
        sys.exit(f"the JetBrains plugin {fault}")
    file = build(arguments.server)
    print(f"{file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
