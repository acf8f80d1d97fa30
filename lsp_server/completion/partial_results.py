"""Tokens for partial results of inline completions, which the specification has and lsprotocol lacks."""

from __future__ import annotations

from typing import Any

import attrs
from cattrs import Converter
from lsprotocol import types


@attrs.define
class InlineCompletionParams(types.InlineCompletionParams):
    partial_result_token: types.ProgressToken | None = None


def read_partial_result_tokens(converter: Converter) -> None:
    """Let `converter` make `InlineCompletionParams` of ours of the JSON for lsprotocol's."""
    structure = converter.get_structure_hook(types.InlineCompletionParams)

    def read(raw: Any, _kind: Any) -> InlineCompletionParams:
        plain = structure(raw, types.InlineCompletionParams)
        token = raw.get("partialResultToken")
        return InlineCompletionParams(
            plain.context,
            plain.text_document,
            plain.position,
            plain.work_done_token,
            token if isinstance(token, str | int) else None,
        )

    converter.register_structure_hook(types.InlineCompletionParams, read)
