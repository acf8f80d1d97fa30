"""The models there are: the embedded one, and the folders that a user has installed; and which is the default.

Installed models have one folder each in `models_folder()`. Names that begin with a dot are ours: the file with the
default's name, a conversion under way, a model that is being removed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine import toml
from engine.model.folder import REQUIRED_FILES, ModelDescription, read_description, sha256_of
from engine.types import ModelError
from engine.user_folders import data_folder

EMBEDDED = "embedded"
EMBEDDED_FOLDER = Path(__file__).parent / "embedded"
DEFAULT_FILE = ".default"
MAX_NAME_CHARS = 100


@dataclass(frozen=True)
class InstalledModel:
    """A model and the name it goes by."""

    name: str
    folder: Path
    description: ModelDescription | None  # None if it cannot be used
    fault: str = ""  # why it cannot be used


@dataclass(frozen=True)
class FileCheck:
    """One file of a model folder, compared with model.toml."""

    name: str
    fault: str = ""  # what is wrong with it


def models_folder() -> Path:
    """Return the folder of the user's models, one folder each; it need not exist."""
    return data_folder() / "models"


def find_model(name: str) -> ModelDescription:
    """Return the model that a setting names: "" for the default, "embedded", an installed model's name, or a path.

    Raises `ModelError` if it does not exist or is not whole; a default that is missing is not replaced silently.
    """
    if name or not default_name():
        return read_description(folder_of(name))
    try:
        return read_description(folder_of(""))
    except ModelError as fault:
        raise ModelError(
            f"the default model cannot be used: {fault} (choose another with `codegeex-lsp models use`)"
        ) from fault


def folder_of(name: str) -> Path:
    """Return the folder of a name as `find_model` takes it, whole or not. Raises `ModelError` if there is none."""
    wanted = name or default_name() or EMBEDDED
    if wanted == EMBEDDED:
        return EMBEDDED_FOLDER
    try:
        if is_installed(wanted):
            return models_folder() / wanted
        if name and (path := Path(name).expanduser()).is_dir():  # a default is never a path
            return path
    except (OSError, RuntimeError, ValueError) as fault:  # a name that no file system takes, or `~` of an unknown user
        raise ModelError(f"no model named {name[:MAX_NAME_CHARS]!r}: {fault}") from fault
    raise _unknown(wanted)


def is_installed(name: str) -> bool:
    """True if there is a folder of that name, whole or not, or a broken link, which can be removed as well."""
    if name_fault(name):
        return False
    path = models_folder() / name
    return path.is_dir() or path.is_symlink()


def installed_names() -> list[str]:
    """Return the names of all folders in `models_folder()`, whole or not."""
    try:
        return sorted(entry.name for entry in models_folder().iterdir() if is_installed(entry.name))
    except OSError:
        return []


def list_models() -> list[InstalledModel]:
    """Return the embedded model, then the installed ones by name; damaged ones with their fault."""
    found = []
    for name in [EMBEDDED, *installed_names()]:
        folder = EMBEDDED_FOLDER if name == EMBEDDED else models_folder() / name
        try:
            found.append(InstalledModel(name, folder, read_description(folder)))
        except (ModelError, OSError) as fault:
            found.append(InstalledModel(name, folder, None, str(fault)))
    return found


def name_fault(name: str) -> str:
    """Return why a model cannot have that name, or ""."""
    if not name or len(name) > MAX_NAME_CHARS:
        return f"has {len(name)} characters, it may have 1 to {MAX_NAME_CHARS}"
    if name == EMBEDDED:
        return "is the name of the model inside the package"
    if name.startswith((".", "-")) or Path(name).name != name or set(name) & set("/\\:") or not name.isprintable():
        return "must be a folder's plain name: no path, no leading dot or dash"
    return ""


def default_name() -> str:
    """Return the name that the user has chosen with `models use`, as the file has it; "" if none is chosen."""
    try:
        return (models_folder() / DEFAULT_FILE).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def folder_bytes(folder: Path) -> int:
    """Return the size of a model folder's files together."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def set_default(name: str) -> ModelDescription:
    """Make an installed model, or the embedded one, the default. Raises `ModelError` for one that cannot be used."""
    if name != EMBEDDED and not is_installed(name):
        raise _unknown(name)
    description = read_description(folder_of(name))
    file = models_folder() / DEFAULT_FILE
    try:
        if name == EMBEDDED:
            file.unlink(missing_ok=True)
            return description
        # Written next to it and moved: a daemon that is starting reads the old name or the new one.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=file.parent, prefix=DEFAULT_FILE, delete=False
        ) as new:
            new.write(name + "\n")
        Path(new.name).replace(file)
    except OSError as fault:
        raise ModelError(f"{file} cannot be written: {fault.strerror or fault}") from fault
    return description


def remove_model(name: str) -> bool:
    """Delete an installed model, whole or not; of a link only the link. Return True if it was the default.

    Raises `ModelError` for the embedded model and for a name that is not installed.
    """
    if name == EMBEDDED:
        raise ModelError("the embedded model is part of codegeex-lsp and cannot be removed")
    if not is_installed(name):
        raise _unknown(name)
    folder = models_folder() / name
    was_default = default_name() == name
    doomed: Path | None = None
    try:
        # Renamed first: a half deleted folder must not be found as a model. A link stays a link, and is not followed.
        doomed = Path(tempfile.mkdtemp(prefix=".removed-", dir=folder.parent))
        folder.rename(doomed / "model")
        if was_default:
            (folder.parent / DEFAULT_FILE).unlink(missing_ok=True)
        shutil.rmtree(doomed)
    except OSError as fault:
        if doomed and not list(doomed.iterdir()):
            doomed.rmdir()
        raise ModelError(f"{folder} cannot be removed ({fault.strerror or fault}); is it in use?") from fault
    return was_default


def checksums(folder: Path) -> dict[str, str]:
    """Return SHA-256 by file name, as model.toml has it. Raises `ModelError` if that cannot be read."""
    where = folder / "model.toml"
    try:
        table = toml.loads(where.read_text(encoding="utf-8"))
    except (OSError, toml.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ModelError(f"{where} cannot be read: {fault}; convert or copy the model again") from fault
    files = table.get("files", {})
    if not isinstance(files, dict) or not all(isinstance(each, str) for each in files.values()):
        raise ModelError(f"{where}: [files] is not a table of checksums; convert or copy the model again")
    return files


def check_files(folder: Path, hashed: Callable[[int], None]) -> list[FileCheck]:
    """Check each file of model.toml's [files], however large, and report files without a checksum.

    `hashed` is called with the bytes of each block. Raises `ModelError` if model.toml cannot be read.
    """
    expected = checksums(folder)
    checks = [FileCheck(name, _file_fault(folder, name, expected[name], hashed)) for name in expected]
    unlisted = [name for name in REQUIRED_FILES if name != "model.toml" and name not in expected]
    return checks + [FileCheck(name, "model.toml has no checksum for it") for name in unlisted]


def _file_fault(folder: Path, name: str, expected: str, hashed: Callable[[int], None]) -> str:
    if Path(name).name != name:
        return "is not a file in this folder"
    try:
        found = sha256_of(folder / name, hashed)
    except FileNotFoundError:
        return "is missing"
    except OSError as fault:
        return f"cannot be read: {fault.strerror}"
    return "" if found == expected else "is damaged: its checksum is not the one in model.toml"


def _unknown(name: str) -> ModelError:
    known = ", ".join([EMBEDDED, *installed_names()])
    return ModelError(
        f"no model named {name[:MAX_NAME_CHARS]!r}: neither a folder nor installed under {models_folder()};"
        f" available: {known}"
    )
