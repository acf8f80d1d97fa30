"""From JSON to Python values and back: lsprotocol's converter, and what it lacks."""

from __future__ import annotations

from typing import Any

from cattrs import Converter
from pygls.protocol import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage, default_converter

from lsp_server.completion.partial_results import read_partial_result_tokens


def create_converter() -> Converter:
    """Return a converter for one connection. Methods that LSP lacks have their parameters and results as plain JSON."""
    converter: Converter = default_converter()  # type: ignore[no-untyped-call]
    for kind in (JsonRPCRequestMessage, JsonRPCResponseMessage, JsonRPCNotification):
        converter.register_structure_hook(kind, _read_message)
    read_partial_result_tokens(converter)
    return converter


def _read_message(raw: Any, kind: Any) -> Any:
    return kind(**raw)
