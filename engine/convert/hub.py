"""Downloads a checkpoint's files from a Hugging Face hub, or a mirror of one.

Only what a conversion reads is ever downloaded: configuration, tokenizer, weights, model card and licence, from the
repository's top folder. Never code; PyTorch's pickles only if there are no safetensors. Every file is compared with the
hub's checksum before it gets its name, so that a download can be interrupted at any point and resumed.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.convert.source import LICENCE_FILES
from engine.types import ModelError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

LIBRARY = "codegeex-lsp"  # the name in requests to a hub
PUBLIC_HUB = "https://huggingface.co"
ANSWER_SECONDS = 30.0
CONFIGURATION = frozenset({"config.json", "generation_config.json", "README.md"})
TOKENIZER = frozenset(
    {
        "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt",
    }
)  # fmt: skip
# Kinds of weights, the best first, each with the index of its shards. The converter searches in the same order.
WEIGHTS = (
    ("model*.safetensors", "model.safetensors.index.json"),
    ("*.safetensors", ""),
    ("pytorch_model*.bin", "pytorch_model.bin.index.json"),
    ("*.pt", ""),
    ("*.pth", ""),
)
AGAIN = "run the same command again to resume"
MAX_TEXT_BYTES = 2**20
BLOCK_BYTES = 8 * 2**20


@dataclass(frozen=True)
class HubFile:
    """`checksum` is the SHA-256 of a large file (`is_large`), else the SHA-1 that git gives it."""

    name: str
    size: int
    checksum: str
    is_large: bool


@dataclass(frozen=True)
class HubModel:
    """A repository at one commit. `files` are those to download; `licence` is the one in its model card, or ""."""

    repo: str
    commit: str
    licence: str
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def licence_file(self) -> HubFile | None:
        by_name = {file.name: file for file in self.files}
        return next((by_name[name] for name in LICENCE_FILES if name in by_name), None)

    @property
    def has_pickles(self) -> bool:
        return any(file.name.endswith((".bin", ".pt", ".pth")) for file in self.files)


def endpoint() -> str:
    """Return the hub's address: `HF_ENDPOINT`, or the public one."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or PUBLIC_HUB


def look_up_model(repo: str, revision: str) -> HubModel:
    """Return what a repository offers; one request. Raises `ModelError`."""
    api = _api()
    with _errors_explained(repo, revision):
        found = api.model_info(repo, revision=revision or None, files_metadata=True, timeout=ANSWER_SECONDS)
    files = {}
    for each in found.siblings or []:
        large = each.lfs is not None
        checksum = each.lfs.sha256 if each.lfs else each.blob_id
        if each.size is not None and checksum:
            files[each.rfilename] = HubFile(each.rfilename, each.size, checksum, large)
    chosen = tuple(files[name] for name in choose_files(list(files)))
    if not any(fnmatch.fnmatchcase(file.name, pattern) for file in chosen for pattern, _ in WEIGHTS):
        raise ModelError(f"{repo} on {endpoint()} has no safetensors or PyTorch files, so there is nothing to convert")
    card = found.card_data
    licence = str((card and (card.license_name or card.license)) or "")
    return HubModel(repo, str(found.sha), licence, chosen)


def choose_files(names: list[str]) -> list[str]:
    """Return those of a repository's files that a conversion reads."""
    known = CONFIGURATION | TOKENIZER | set(LICENCE_FILES)
    chosen = [name for name in names if name in known]
    top = [name for name in names if Path(name).name == name and not set(name) & set("/\\:")]
    for pattern, index in WEIGHTS:
        if weights := fnmatch.filter(top, pattern):
            return [*chosen, *(name for name in top if name == index), *weights]
    return chosen


def read_text(model: HubModel, file: HubFile) -> str:
    """Return a small file's text, which is not stored. Raises `ModelError`."""
    if file.size > MAX_TEXT_BYTES:
        return ""
    stream = io.BytesIO()
    with _errors_explained(model.repo, model.commit):
        _get(model, file, stream, 0)
    return stream.getvalue().decode("utf-8", errors="replace")


def download(model: HubModel, folder: Path, downloaded: Callable[[int], None]) -> None:
    """Download the files to `folder`, or resume an earlier download. `downloaded` is called with the count of new
    bytes.

    Raises `ModelError`; what was downloaded by then is kept.
    """
    with _errors_explained(model.repo, model.commit):
        folder.mkdir(parents=True, exist_ok=True)
        _check_disk(model, folder)
        for file in model.files:
            _download(model, file, folder, downloaded)
        # The converter compares with these again, and so can `sha256sum --check`.
        sums = "".join(f"{file.checksum}  {file.name}\n" for file in model.files if file.is_large)
        (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")


def _download(model: HubModel, file: HubFile, folder: Path, downloaded: Callable[[int], None]) -> None:
    target, part = folder / file.name, folder / f"{file.name}.part"
    if target.is_file() and target.stat().st_size == file.size:
        downloaded(file.size)
        return
    with _Part(part, downloaded) as stream:
        begun = stream.seek(0, io.SEEK_END)
        if begun > file.size:
            begun = stream.seek(0)
            stream.truncate()
        downloaded(begun)
        _get(model, file, stream, begun)
    if _checksum(part, file) != file.checksum:
        part.unlink()
        raise ModelError(f"{file.name} was damaged in the download from {endpoint()}; run the same command again")
    part.replace(target)


class _Part(io.BufferedRandom):
    """A file that is being downloaded; reports the bytes that are written to it."""

    def __init__(self, path: Path, written: Callable[[int], None]) -> None:
        path.touch()
        super().__init__(io.FileIO(path, "r+"))
        self._written = written

    def write(self, block: Any, /) -> int:
        count = super().write(block)
        self._written(count)
        return count


def _get(model: HubModel, file: HubFile, stream: Any, begun: int) -> None:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined] # its package marks nothing as exported

    url = hf_hub_url(model.repo, file.name, revision=model.commit, endpoint=endpoint())
    headers = build_hf_headers(library_name=LIBRARY, library_version=_version())
    # It retries and resumes when the connection drops; other downloaders of the library discard what they have when
    # the process ends.
    http_get(url, stream, resume_size=begun, headers=headers, expected_size=file.size)


def _checksum(path: Path, file: HubFile) -> str:
    digest = hashlib.sha256() if file.is_large else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _check_disk(model: HubModel, folder: Path) -> None:
    there = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    needed, free = model.size - there, shutil.disk_usage(folder).free
    if free < needed:
        raise ModelError(
            f"the disk of {folder} has {free / 2**30:.1f} GiB free, the download needs {needed / 2**30:.1f}:"
            " free some space, or choose another --folder"
        )


def _api() -> HfApi:
    # Read by the library when it is first imported. The user has not agreed to telemetry.
    os.environ |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_VERBOSITY": "error"}
    from huggingface_hub import HfApi

    return HfApi(endpoint=endpoint(), library_name=LIBRARY, library_version=_version())


def _version() -> str:
    try:
        return metadata.version(LIBRARY)
    except metadata.PackageNotFoundError:  # run from a checkout that nobody installed
        return "0"


@contextmanager
def _errors_explained(repo: str, revision: str) -> Iterator[None]:
    """Raise a `ModelError` for any error of a hub, a network or a disk."""
    from huggingface_hub import errors

    where = f"{repo} on {endpoint()}"
    try:
        yield
    except ModelError:
        raise
    except errors.OfflineModeIsEnabled as fault:
        raise ModelError("HF_HUB_OFFLINE is set, so nothing is downloaded; unset it and try again") from fault
    except errors.HFValidationError as fault:
        raise ModelError(f"{repo!r} is not OWNER/NAME, as a hub names its repositories") from fault
    except errors.GatedRepoError as fault:
        raise ModelError(
            f"{where} is gated: accept its terms on its page, and set HF_TOKEN to your access token"
        ) from fault
    except errors.RevisionNotFoundError as fault:
        raise ModelError(f"{where} has no revision {revision!r}") from fault
    except errors.RepositoryNotFoundError as fault:
        raise ModelError(
            f"there is no {where}, or it is private: check the name; for a private one set HF_TOKEN to your token"
        ) from fault
    except errors.HfHubHTTPError as fault:
        raise ModelError(_status_text(where, fault.response.status_code)) from fault
    except OSError as fault:
        raise ModelError(f"the download of {where} stopped: {str(fault).partition(chr(10))[0]}; {AGAIN}") from fault
    except Exception as fault:  # the library's HTTP client has its own tree of errors, and changes with its versions
        raise ModelError(f"no connection to {endpoint()} ({fault}); {AGAIN}") from fault


def _status_text(where: str, status: int) -> str:
    if status in {401, 403}:
        return f"{where} is forbidden ({status}): the access token in HF_TOKEN is missing, wrong, or not valid for it"
    if status == 404:  # noqa: PLR2004 - HTTP's own number
        return f"there is no {where} (404): check the name and the revision"
    return f"{where} is not available now (the hub answers {status}); try again later"
