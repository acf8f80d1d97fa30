"""Parameters of inline completions that lsprotocol lacks: the specification's partial results, and a mode of ours."""

from __future__ import annotations

from typing import Any

import attrs
from cattrs import Converter
from lsprotocol import types

FROM_COMMENT = {"mode": "comment"}


@attrs.define
class InlineCompletionParams(types.InlineCompletionParams):
    partial_result_token: types.ProgressToken | None = None
    is_from_comment: bool = False  # ask for the code below the comment that ends at the cursor


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
            raw.get("codegeex") == FROM_COMMENT,
        )

    converter.register_structure_hook(types.InlineCompletionParams, read)
