"""Where the engine process is reached: it survives cleaners of temporary folders, and peers that say nothing."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from engine.serving.address import Address
from engine.serving.channel import Channel
from engine.serving.endpoint import Endpoint

SECONDS = 10.0
needs_sockets = pytest.mark.skipif(os.name == "nt", reason="a named pipe is in no folder")


class Reached:
    """Counts the clients that have proved to have the key."""

    def __init__(self) -> None:
        self._semaphore = threading.Semaphore(0)

    def __call__(self, _: Channel) -> None:
        self._semaphore.release()

    def within(self, seconds: float) -> bool:
        return self._semaphore.acquire(timeout=seconds)


@pytest.fixture
def address(tmp_path: Path) -> Address:
    return Address(tmp_path / "run", "engine-test")


@pytest.fixture
def reached() -> Reached:
    return Reached()


@pytest.fixture
def endpoint(address: Address, reached: Reached) -> Iterator[Endpoint]:
    endpoint = Endpoint(address, reached)
    assert endpoint.open()
    yield endpoint
    endpoint.close()


def connect(address: Address) -> None:
    Client(address.listener, authkey=address.read_key()).close()


def test_a_client_with_the_key_is_served(endpoint: Endpoint, address: Address, reached: Reached) -> None:
    connect(address)
    assert reached.within(SECONDS)


def test_only_one_has_the_lock(endpoint: Endpoint, address: Address, reached: Reached) -> None:
    assert not Endpoint(address, reached).open()


@needs_sockets
@pytest.mark.parametrize("what", ["*.sock", "*.key", "*.pid", "*.lock", "*"])
def test_files_that_a_cleaner_removes_are_made_again(
    endpoint: Endpoint, address: Address, reached: Reached, what: str
) -> None:
    for file in address.folder.glob(what):
        file.unlink()
    endpoint.keep()
    connect(address)
    assert reached.within(SECONDS)
    assert int(address.pid_file.read_text()) == os.getpid()
    assert not Endpoint(address, reached).open()


@needs_sockets
def test_the_whole_folder_is_made_again(endpoint: Endpoint, address: Address, reached: Reached) -> None:
    shutil.rmtree(address.folder)
    endpoint.keep()
    connect(address)
    assert reached.within(SECONDS)


@needs_sockets
def test_one_that_lost_its_place_leaves_the_next_alone(endpoint: Endpoint, address: Address, reached: Reached) -> None:
    shutil.rmtree(address.folder)
    other = Endpoint(address, reached)
    assert other.open()
    key = address.read_key()
    endpoint.keep()
    endpoint.close()
    assert address.read_key() == key
    connect(address)
    assert reached.within(SECONDS)
    other.close()


@needs_sockets
def test_a_silent_peer_delays_nobody(
    endpoint: Endpoint, address: Address, reached: Reached, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = socket.socket(socket.AF_UNIX)
    silent.connect(address.listener)
    connect(address)
    assert reached.within(SECONDS)
    silent.close()


@needs_sockets
def test_a_peer_that_stays_silent_is_disconnected(
    endpoint: Endpoint, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.serving.endpoint.HANDSHAKE_SECONDS", 0.05)
    silent = socket.socket(socket.AF_UNIX)
    silent.connect(address.listener)
    silent.settimeout(SECONDS)
    while silent.recv(4_096):
        pass
    silent.close()
