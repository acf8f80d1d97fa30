"""Converts a checkpoint's tokenizer to one `tokenizers.Tokenizer`, which is saved as the model folder's tokenizer.json.

What all of them have in common, whatever they are read from:

- Control tokens are *special*: the daemon encodes with `encode_special_tokens`, so that text which spells one stays
  text, and decodes without them. Prompts add them by id; there is no post-processor, no padding and no truncation.
- No space is added before a text and none is removed from the front of an answer. Sentencepiece does both (its "dummy
  prefix"), which is right for a sentence and wrong in the middle of a file. If a model was trained with that space,
  the prompt's template writes it; see `begins_with_space`. For a non-empty text, our encoding of " " + text equals
  the original's of text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from engine.convert.tokenizer import bytelevel, codegeex13b, published, sentencepiece, tiktoken
from engine.types import ModelError

NO_CHARACTER = "\U0010ffff"  # in no vocabulary


@dataclass(frozen=True)
class _Format:
    """The format of a checkpoint's tokenizer. Both functions take its folder."""

    read: Callable[[Path], Tokenizer]
    begins_with_space: Callable[[Path], bool] = lambda _: False


CODEGEEX_13B = _Format(codegeex13b.read)
CHATGLM = _Format(sentencepiece.read_chatglm, sentencepiece.begins_with_space)
GLM4 = _Format(tiktoken.read_glm4)
PUBLISHED = _Format(published.read, published.begins_with_space)
BYTE_LEVEL = _Format(bytelevel.read)
SENTENCEPIECE = _Format(sentencepiece.read, sentencepiece.begins_with_space)


def read_tokenizer(folder: Path, family: str) -> Tokenizer:
    """Return the tokenizer of a checkpoint. `family` is "codegeex-13b", "chatglm" or any other name.

    Raises `ModelError` if a file is missing or damaged, if the original cannot be expressed exactly, or if text could
    become a control token.
    """
    tokenizer = _format(folder, family).read(folder)
    tokenizer.encode_special_tokens = True
    unknown = tokenizer.encode(NO_CHARACTER, add_special_tokens=False).ids  # may be a part of text
    for number, token in tokenizer.get_added_tokens_decoder().items():
        for text in (token.content, f" {token.content}") if token.special and number not in unknown else ():
            if number in tokenizer.encode(text, add_special_tokens=False).ids:
                raise ModelError(
                    f"{folder}: the text {text!r} becomes the control token {number}; "
                    "with such a tokenizer a file could change a prompt's structure, so it cannot be used"
                )
    return tokenizer


def begins_with_space(folder: Path, family: str) -> bool:
    """True if the original adds a space before each text that it encodes (ours does not: see above).

    The authors encode the beginning of a document or a message like that: the prefix of an infilling prompt, a prompt
    without infilling, each message of a chat. They encode the suffix of an infilling prompt without the space, and
    decode the middle without removing one (Code Llama, Mistral).
    """
    return _format(folder, family).begins_with_space(folder)


def check_vocabulary(tokenizer: Tokenizer, rows: int) -> None:
    """Raise `ModelError` unless each token has a row among the checkpoint's `rows` embeddings. More rows are fine."""
    count = max(tokenizer.get_vocab().values(), default=-1) + 1
    if count > rows:
        raise ModelError(
            f"the tokenizer has {count} tokens, the checkpoint only {rows} embedding rows: "
            "they belong to different models; download both from one place"
        )


def _format(folder: Path, family: str) -> _Format:
    if not folder.is_dir():
        raise ModelError(f"{folder} is not a folder; give the one that holds the checkpoint's files")
    if family == "codegeex-13b":
        return CODEGEEX_13B
    pieces = folder / "tokenizer.model"
    if family == "chatglm" and pieces.is_file():
        return GLM4 if tiktoken.is_rank_file(pieces) else CHATGLM
    if (folder / "tokenizer.json").is_file():
        return PUBLISHED
    if (folder / "vocab.json").is_file() and family != "chatglm":
        return BYTE_LEVEL
    if pieces.is_file():
        return SENTENCEPIECE
    wanted = "tokenizer.model" if family == "chatglm" else "tokenizer.json, vocab.json with merges.txt, tokenizer.model"
    raise ModelError(f"{folder} has no tokenizer ({wanted}): download it from the checkpoint's source")
