"""`codegeex/models`: the models that a user may choose from, for a client's picker."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.model.catalog import EMBEDDED, default_name, folder_bytes, list_models
from lsp_server.server import CodegeexServer

MODELS = "codegeex/models"


def register(server: CodegeexServer) -> None:
    @server.feature(MODELS)
    async def models(*_: object) -> list[dict[str, Any]]:
        return await asyncio.to_thread(_models)  # it checks each folder, and disks may be slow


def _models() -> list[dict[str, Any]]:
    default = default_name() or EMBEDDED
    return [
        {
            "name": model.name,
            "family": model.description.family if model.description else "",
            "numericType": model.description.numeric_type if model.description else "",
            "sizeBytes": folder_bytes(model.folder) if model.description else 0,
            "fault": model.fault,
            "isDefault": model.name == default,
        }
        for model in list_models()
    ]
