"""lsprotocol's classes, built when they are used: messages mean what they mean with lsprotocol as it is."""

from __future__ import annotations

import enum
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Union, get_args, get_origin

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol import types

from lsp_server.lazy_types import _is_built, import_lsprotocol

JUNK = st.sampled_from([None, -1, 2**40, 0.5, "", "x", [], ["x"], {}, {"uri": 1}, True])
METHODS = sorted(set(types.METHOD_TO_TYPES) - {types.EXIT})
NOT_AT_START = {
    "ctranslate2", "tokenizers", "numpy", "tantivy", "tree_sitter", "tree_sitter_python", "watchdog", "rich", "psutil",
    "engine.completion.pipeline", "engine.context.workspace", "engine.serving.client", "engine.assist.assist",
    "engine.remote.model", "engine.sandbox.compilers", "lsp_server.cli.models", "lsp_server.cli.complete", "httpx2",
    "keyring", "filelock", "pygls.lsp._base_client", "hypothesis",
}  # fmt: skip
PACKAGES = ("lsprotocol", "pygls", "lsp_server.converter", "lsp_server.completion.partial_results")


@contextmanager
def own_modules() -> Iterator[None]:
    """Import what is imported inside again, and leave other modules with what they have."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith(PACKAGES)}
    for name in kept:
        del sys.modules[name]
    yield
    for name in [name for name in sys.modules if name.startswith(PACKAGES)]:
        del sys.modules[name]
    sys.modules.update(kept)


def load(*, lazily: bool) -> tuple[ModuleType, Any]:
    """Return (lsprotocol's types, the converter of a connection)."""
    with own_modules():
        if lazily:
            import_lsprotocol()
        from lsprotocol import types as loaded

        from lsp_server.converter import create_converter

        return loaded, create_converter()


LAZY, EAGER = load(lazily=True), load(lazily=False)


def json_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return JSON that fits a type of lsprotocol, except for a part here and there."""
    return st.deferred(lambda: st.integers(0, 30).flatmap(lambda n: JUNK if n == 0 else _fitting(kind)))


def _fitting(kind: Any) -> st.SearchStrategy[Any]:
    if attrs.has(kind):
        parts = {_camel_case(field.name): json_of(field.type) for field in attrs.fields(kind)}
        needed = {_camel_case(field.name) for field in attrs.fields(kind) if field.default is attrs.NOTHING}
        return st.fixed_dictionaries(
            {name: part for name, part in parts.items() if name in needed},
            optional={name: part for name, part in parts.items() if name not in needed},
        )
    if get_origin(kind) is Union:
        return st.sampled_from(get_args(kind)).flatmap(json_of)
    if get_origin(kind) is not None and (inner := get_args(kind)):
        return st.lists(json_of(inner[0]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from([member.value for member in kind])
    simple = {int: st.integers(0, 9), str: st.sampled_from(["", "file:///a.py", "python"]), bool: st.booleans()}
    return simple.get(kind, JUNK)


def _camel_case(name: str) -> str:
    first, *more = name.removesuffix("_").split("_")
    return first + "".join(word.title() for word in more)


def read_and_write(loaded: tuple[ModuleType, Any], method: str, which: int, raw: Any) -> tuple[str, Any]:
    """Return what a message is read as, and its JSON again; the error if it does not fit."""
    module, converter = loaded
    try:
        message = converter.structure(raw, module.METHOD_TO_TYPES[method][which])
        return repr(message), converter.unstructure(message)
    except Exception as fault:  # noqa: BLE001 - whatever it is, both raise the same
        return type(fault).__name__, str(fault)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_messages_mean_the_same(method: str, data: st.DataObject) -> None:
    message, response, *_ = types.METHOD_TO_TYPES[method]
    for which, kind in enumerate(filter(None, (message, response))):
        raw = data.draw(json_of(kind))
        assert read_and_write(LAZY, method, which, raw) == read_and_write(EAGER, method, which, raw)


def test_only_what_is_used_is_built() -> None:
    module, converter = load(lazily=True)
    assert not _is_built(module.InitializeRequest)
    raw = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
    assert converter.structure(raw, module.InitializeRequest).params.capabilities.workspace is None
    assert _is_built(module.InitializeRequest)
    assert not any(_is_built(getattr(module, name)) for name in dir(module) if name.startswith(("Hover", "Call")))


def test_classes_are_those_of_lsprotocol() -> None:
    module, _ = load(lazily=True)
    place = module.Position(line=1, character=2)
    assert place == module.Position(1, 2) < module.Position(1, 3)
    assert attrs.evolve(module.Range(place, place), end=module.Position(2, 0)).end.line == 2
    with pytest.raises(TypeError, match="unexpected keyword argument 'row'"):
        module.Range(row=1)
    with pytest.raises(ValueError, match="should be in range"):
        module.Position(-1, 0)


def test_threads_that_use_a_class_at_once_build_it_once() -> None:
    module, _ = load(lazily=True)
    classes = [getattr(module, name) for name in dir(module) if name.endswith("Request")]
    barrier = threading.Barrier(4)
    fields: list[list[Any]] = []

    def use_all() -> None:
        barrier.wait()
        fields.append([attrs.fields(each) for each in classes])

    threads = [threading.Thread(target=use_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fields == [[attrs.fields(each) for each in classes]] * 4


def test_lsprotocol_that_is_imported_already_stays_as_it_is() -> None:
    with own_modules():
        from lsprotocol import types as before

        import_lsprotocol()
        assert _is_built(before.HoverRequest)
        assert sys.modules["lsprotocol.types"] is before


@pytest.mark.command
def test_a_server_that_has_answered_initialize_has_not_imported_what_it_may_never_need() -> None:
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}'
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "codegeex_lsp"],
        input=b"Content-Length: %d\r\n\r\n" % len(body) + body, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert b'"capabilities"' in run.stdout
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.decode().splitlines() if "|" in line}
    assert "lsprotocol.types" in imported
    assert imported.isdisjoint(NOT_AT_START)
