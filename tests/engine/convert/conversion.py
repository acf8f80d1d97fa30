"""A tiny CodeGeeX4 to convert, and a progress report that records."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.engine.convert.codegeex import GLM4, publish_chatglm

SHARD = "model-00001-of-00002.safetensors"
CONTROL = [
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
    "<|user|>",
    "<|assistant|>",
    "<|code_suffix|>",
    "<|code_prefix|>",
    "<|code_middle|>",
]


class Silent:
    """Records the stages and their progress."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.counts: dict[str, list[int]] = {}

    def stage(self, name: str, total: int) -> None:
        self.stages.append(name)
        self.counts[name] = [total, 0]

    def advance(self, count: int) -> None:
        self.counts[self.stages[-1]][1] += count


def publish_codegeex4(folder: Path) -> Path:
    """As published, but tiny; its tokenizer knows bytes and GLM-4's control tokens."""
    publish_chatglm(folder, GLM4 | {"padded_vocab_size": 320})
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({sign: i for i, sign in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(CONTROL)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def assert_nothing_installed(tmp_path: Path) -> None:
    models_folder = tmp_path / "models"
    assert not models_folder.exists() or not list(models_folder.iterdir())
    assert not (tmp_path / "executed").exists()
