"""A model folder of a few bytes: whole as far as anything but CTranslate2 looks."""

from __future__ import annotations

import hashlib
from pathlib import Path

FILES = {"model.bin": b"weights, or so", "config.json": b"{}", "tokenizer.json": b'{"model": {}}'}


def small_model(folder: Path) -> Path:
    """`folder`, made."""
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    sums = "\n".join(f'"{name}" = "{hashlib.sha256(content).hexdigest()}"' for name, content in FILES.items())
    (folder / "model.toml").write_text(
        f"""format = 1
name = "{folder.name}"
family = "chatglm"
capabilities = ["chat", "complete"]
context_length = 8192
numeric_type = "int8"
licence = "research [only]"

[prompt]
template = "codegeex2"
stop = ["</s>", "[gMASK]"]
chat_template = "glm"

[source]
parameters = 6243584000
files = {{ "pytorch_model.bin" = "{"ab" * 32}" }}

[parity]
max_difference_float32 = 3.2e-05

[files]
{sums}
"""
    )
    return folder
