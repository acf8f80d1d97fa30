"""Fetches the archives in `sources.toml` by name, with each registry's own client, and reads the source files in them.

Archives are read in memory: nothing of a package is installed or executed.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import tomllib

from training.paths import BUILD, HERE

LANGUAGE_OF_SUFFIX = {
    ".py": "Python", ".js": "JavaScript", ".mjs": "JavaScript", ".jsx": "JavaScript", ".ts": "TypeScript",
    ".tsx": "TypeScript", ".java": "Java", ".go": "Go", ".c": "C", ".h": "C", ".cc": "C++", ".cpp": "C++",
    ".hpp": "C++", ".cxx": "C++", ".hh": "C++", ".rs": "Rust",
}  # fmt: skip
DEBIAN_RELEASE = "bookworm"
MIN_FILE_BYTES, MAX_FILE_BYTES = 200, 120_000


@dataclass(frozen=True)
class Source:
    registry: str
    name: str
    licence: str
    heldout: bool


def read_sources() -> list[Source]:
    table = tomllib.loads((HERE / "sources.toml").read_text())
    heldout = table["heldout"]
    sources = [
        Source(registry, name, heldout["licence"], heldout=True)
        for registry in ("pypi", "npm", "debian", "deb")
        for name in heldout[registry].split()
    ]
    for group in table["group"]:
        sources += [
            Source(group["registry"], name, group["licence"], heldout=False) for name in group["projects"].split()
        ]
    return sources


def download(source: Source, version: str | None) -> tuple[Path, str] | None:
    """Return the archive of one project and its version, or None if the registry does not have it."""
    folder = BUILD / "archives" / source.registry / source.name.replace("/", "__")
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        at = (
            {"pypi": f"=={version}", "npm": f"@{version}", "debian": f"={version}", "deb": f"={version}"}[
                source.registry
            ]
            if version
            else ""
        )
        commands = {
            "pypi": [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--only-binary",
                ":all:",
                source.name + at,
            ],
            "npm": ["npm", "pack", "--silent", source.name + at],
            "deb": ["apt-get", "download", "-qq", source.name + at],
            "debian": ["apt-get", "source", "--download-only", "-qq", source.name + at],
        }
        env = {**os.environ, "APT_CONFIG": str(BUILD / "apt" / "apt.conf")}
        try:
            subprocess.run(commands[source.registry], cwd=folder, env=env, capture_output=True, timeout=240, check=True)
        except subprocess.CalledProcessError:
            pass  # a mirror may lack Debian's own patches, and have the source
        except subprocess.TimeoutExpired:
            return None
    archives = [p for p in folder.iterdir() if not re.search(r"\.(dsc|asc|diff\.gz|debian\.tar\.\w+)$", p.name)]
    if not archives:
        return None
    archive = max(archives, key=lambda p: p.stat().st_size)
    if source.registry == "debian":
        found = next((p.name.removesuffix(".dsc").partition("_")[2] for p in folder.glob("*.dsc")), "")
    elif source.registry in ("pypi", "deb"):
        found = archive.name.split("-" if source.registry == "pypi" else "_")[1]
    else:
        found = archive.name.removesuffix(".tgz").rpartition("-")[2]
    return archive, found


def debian_mirror() -> str:
    """Return the mirror that this machine's own apt uses for the release."""
    shown = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Identifier: Packages"]
    targets = subprocess.run(shown, capture_output=True, text=True, check=True).stdout.splitlines()
    mirror = next((line.partition(" ")[2] for line in targets if line.startswith(f"{DEBIAN_RELEASE} ")), None)
    if mirror is None:
        raise SystemExit(
            f"apt knows no mirror of Debian {DEBIAN_RELEASE}: add one to its sources and run apt-get update"
        )
    return mirror


def set_up_apt() -> None:
    """Write a private apt configuration with the source packages of Debian's stable release."""
    apt = BUILD / "apt"
    for sub in ("lists/partial", "cache/archives/partial"):
        (apt / sub).mkdir(parents=True, exist_ok=True)
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    at = f"[signed-by={keyring}] {debian_mirror()} {DEBIAN_RELEASE} main\n"
    (apt / "sources.list").write_text(f"deb-src {at}deb {at}")
    (apt / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{apt}/sources.list";\nDir::Etc::sourceparts "-";\n'
        f'Dir::State::lists "{apt}/lists";\nDir::Cache "{apt}/cache";\nAPT::Sandbox::User "root";\n'
    )
    env = {**os.environ, "APT_CONFIG": str(apt / "apt.conf")}
    subprocess.run(["apt-get", "update", "-qq"], env=env, check=True)


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    def wanted(name: str, size: int) -> bool:
        return PurePosixPath(name).suffix.lower() in LANGUAGE_OF_SUFFIX and MIN_FILE_BYTES <= size <= MAX_FILE_BYTES

    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as z:
            for info in z.infolist():
                if wanted(info.filename, info.file_size):
                    yield info.filename, z.read(info)
        return
    raw = archive.read_bytes()
    if archive.suffix == ".deb":
        raw = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:*") as tar:
        for member in tar:
            if member.isfile() and wanted(member.name, member.size):
                stream = tar.extractfile(member)
                if stream:
                    yield member.name.partition("/")[2] or member.name, stream.read()


def stdlib_members() -> Iterator[tuple[str, bytes]]:
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if not {"site-packages", "test", "tests", "idlelib", "lib2to3", "turtledemo"} & set(relative.parts) and (
            MIN_FILE_BYTES <= path.stat().st_size <= MAX_FILE_BYTES
        ):
            yield relative.as_posix(), path.read_bytes()
