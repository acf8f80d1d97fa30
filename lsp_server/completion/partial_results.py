"""Tokens for partial results of inline completions, which the specification has and lsprotocol has not."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from lsp_server.server import CodegeexServer


class InlineCompletionParams(types.InlineCompletionParams):
    partial_result_token: types.ProgressToken | None = None


def read_partial_result_tokens(server: CodegeexServer) -> None:
    converter = server.protocol._converter  # noqa: SLF001
    structure = converter.get_structure_hook(types.InlineCompletionParams)

    def read(raw: Any, _kind: Any) -> InlineCompletionParams:
        plain = structure(raw, types.InlineCompletionParams)
        params = InlineCompletionParams(plain.context, plain.text_document, plain.position, plain.work_done_token)
        token = raw.get("partialResultToken")
        params.partial_result_token = token if isinstance(token, str | int) else None
        return params

    converter.register_structure_hook(types.InlineCompletionParams, read)
