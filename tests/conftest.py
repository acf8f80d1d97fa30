"""All tests share one engine process of their own, never the user's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lsp_server.models.worker import engine_client


@pytest.fixture(autouse=True, scope="session")
def own_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
        engine_client().stop_engine()
