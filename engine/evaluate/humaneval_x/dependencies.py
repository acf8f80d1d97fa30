"""What Go's and Rust's programs import, built once and kept: testify for Go's tests, and three crates.

Nothing is downloaded. Go's packages come with the benchmark. Rust's crates are built from source: from the folder that
`cargo vendor` writes next to the benchmark's Cargo.toml, or from Debian's librust-*-dev packages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engine.evaluate.humaneval_x.programs import GO_PACKAGES, RUST_CRATES
from engine.types import EngineError

BUILD_SECONDS = 900
DEBIAN_CRATES = Path("/usr/share/cargo/registry")
COMMAND_PATH = "/usr/local/bin:/usr/bin:/bin"
GO_TEST = """package main

import (
    "testing"

    "github.com/stretchr/testify/assert"
)

func TestNothing(t *testing.T) { assert.New(t) }
"""
GO_ENVIRONMENT = {
    "GOFLAGS": "-mod=vendor -trimpath", "GOPROXY": "off", "GO111MODULE": "on", "GOTOOLCHAIN": "local",
    "GOTELEMETRY": "off", "CGO_ENABLED": "0",
}  # fmt: skip
_CARGO_TOML = '[package]\nname = "humaneval"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n'
_CARGO_CONFIG = '[source.crates-io]\nreplace-with = "folder"\n\n[source.folder]\ndirectory = "{folder}"\n'


@dataclass(frozen=True)
class RustCrates:
    """The `libraries` by crate. They and all their dependencies are in `folder`. Empty if no source of them was
    found.
    """

    folder: Path
    libraries: dict[str, str] = field(default_factory=dict)


def build_go_module(go: str, version: str, source: Path, cache: Path) -> Path:
    """Return a folder with go.mod, go.sum, vendor, and in cache/ what compiling a test leaves there.

    Raises `EngineError` if the benchmark's go folder is incomplete or does not build.
    """
    archive = source / "vendor.tar.gz"
    for file in (source / "go.mod", source / "go.sum", archive):
        if not file.is_file():
            raise EngineError(f"{file} is missing: Go's tests need it")

    def build(folder: Path) -> None:
        shutil.copyfile(source / "go.mod", folder / "go.mod")
        shutil.copyfile(source / "go.sum", folder / "go.sum")
        _unpack(archive, folder)
        imports = "".join(f'import _ "{package}"\n' for package in GO_PACKAGES)
        with tempfile.TemporaryDirectory() as other:
            test = Path(other, "main_test.go")
            test.write_text(GO_TEST.replace("import (", f"{imports}import ("), encoding="utf-8")
            environment = {**GO_ENVIRONMENT, "GOCACHE": str(folder / "cache"), "GOPATH": other}
            _run([go, "test", "-c", "-o", os.devnull, str(test)], folder, environment)

    return _build_once(cache, "go", [version, archive.read_bytes()], build)


def build_rust_crates(cargo: Path, version: str, source: Path, cache: Path) -> RustCrates:
    """Return the crates. Raises `EngineError` if their source is there but does not build."""
    sources = next((f for f in (source / "vendor", DEBIAN_CRATES) if _holds_crates(f)), None)
    if sources is None or not cargo.is_file():
        return RustCrates(cache)

    def build(folder: Path) -> None:
        (folder / "src").mkdir()
        (folder / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
        wanted = "".join(f'{crate} = "*"\n' for crate in RUST_CRATES)
        (folder / "Cargo.toml").write_text(_CARGO_TOML + wanted, encoding="utf-8")
        (folder / ".cargo").mkdir()
        config = _CARGO_CONFIG.format(folder=sources.resolve())
        (folder / ".cargo" / "config.toml").write_text(config, encoding="utf-8")
        with tempfile.TemporaryDirectory() as home:
            path = f"{cargo.parent}:{COMMAND_PATH}"
            _run([str(cargo), "build", "--offline", "--quiet"], folder, {"PATH": path, "CARGO_HOME": home})
        (folder / "target" / "debug" / "deps").rename(folder / "deps")
        shutil.rmtree(folder / "target")

    known = sorted(entry.name for entry in sources.iterdir())
    folder = _build_once(cache, "rust", [version, str(sources), *known], build) / "deps"
    return RustCrates(folder, {crate: str(next(folder.glob(f"lib{crate}-*.rlib"))) for crate in RUST_CRATES})


def _holds_crates(folder: Path) -> bool:
    return all(any(folder.glob(f"{crate}*/Cargo.toml")) for crate in RUST_CRATES)


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive) as packed:
            for member in packed:
                place = (folder / member.name).resolve()
                if member.isfile() and place.is_relative_to(folder.resolve()) and (file := packed.extractfile(member)):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(file.read())
    except (tarfile.TarError, EOFError, zlib.error) as fault:
        raise EngineError(f"{archive} is damaged: {fault}") from fault


def _build_once(cache: Path, name: str, made_of: list[str | bytes], build: Callable[[Path], None]) -> Path:
    """Return the folder that `build` fills; it is kept as long as `made_of` stays the same."""
    digest = hashlib.sha256()
    for part in made_of:
        digest.update(part.encode() if isinstance(part, str) else part)
    folder = cache / f"{name}-{digest.hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
    unfinished.chmod(0o755)
    try:
        build(unfinished)
        unfinished.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was faster
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        whole = {"PATH": COMMAND_PATH, "HOME": home, **environment}
        done = subprocess.run(
            command, cwd=folder, env=whole, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
        )
    if done.returncode != 0:
        raise EngineError(
            f"{' '.join(command[:2])} cannot build what its programs import: {done.stderr.strip()[-500:]}"
        )
