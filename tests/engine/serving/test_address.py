"""Where the socket may lie, on this platform and, with stand-ins, on the others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.serving import address as module
from engine.serving.address import MAX_SOCKET_PATH_BYTES, Address, find_address
from engine.types import EngineError

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="a named pipe is in no folder")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that are tried, in order."""
    tried = [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setattr(module, "_folders", lambda: iter(tried))
    return tried


def test_the_first_folder_that_can_be_made_is_taken(folders: list[Path]) -> None:
    assert find_address("1").folder == folders[0]
    folders[0] = Path("/dev/null/below a file")
    assert find_address("1").folder == folders[1]


@posix_only
def test_a_path_that_is_too_long_for_a_socket_is_passed_over(folders: list[Path]) -> None:
    folders[0] = folders[0] / ("x" * MAX_SOCKET_PATH_BYTES)
    assert find_address("1").folder == folders[1]


def test_without_any_folder_the_error_says_what_to_do(folders: list[Path]) -> None:
    folders.clear()
    with pytest.raises(EngineError, match="set XDG_RUNTIME_DIR"):
        find_address("1")


def test_versions_do_not_share_an_engine(folders: list[Path]) -> None:
    assert find_address("1").name != find_address("2").name


def test_windows_has_a_named_pipe_for_each_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "win32")
    one, other = (Address(Path(f"C:/Users/{user}/run"), "engine-1").listener for user in ("one", "other"))
    assert one.startswith("\\\\.\\pipe\\engine-1-")
    assert one != other


def test_macos_has_its_own_runtime_folder_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(module.platformdirs, "user_runtime_path", lambda name: Path("runtime") / name)
    monkeypatch.setattr(module.sys, "platform", "darwin")
    assert next(module._folders()) == Path("runtime/codegeex-lsp")
