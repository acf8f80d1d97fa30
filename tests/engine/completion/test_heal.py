"""The blank before the cursor is taken back if the tokenizer joins it with what follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

from engine.completion.heal import HealedSpan, find_healed_span
from engine.completion.pipeline import Completer
from engine.generated import Generated
from engine.model.catalog import find_model
from engine.model.protocol import Question
from engine.model.tokenizer import FolderTokenizer
from engine.types import CancellationToken, CompletionSettings, Mode, Prompt
from tests.scripted import DESCRIPTION, ScriptedModel, at_cursor

GPT_2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
WHOLE = r"\n+|[^\S\n]+|\w+|[^\w\s]+"
PIECES = ("\n    ", "\n\n", "    ", " x", " =", " return", "return", ":", "y")


def tokenizer_of(pattern: str, folder: Path) -> FolderTokenizer:
    """Return a tokenizer over bytes that splits by the pattern and knows `PIECES`."""
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    spelled = [byte_level.pre_tokenize_str(piece)[0][0] for piece in PIECES]
    vocabulary = {each: number for number, each in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    merges = []
    for piece in spelled:
        for end in range(2, len(piece) + 1):
            merges += [(piece[: end - 1], piece[end - 1])] if piece[:end] not in vocabulary else []
            vocabulary.setdefault(piece[:end], len(vocabulary))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), behavior="isolated"), byte_level]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))
    return FolderTokenizer(folder)


@pytest.mark.parametrize(
    ("pattern", "text", "shown"),
    [
        (GPT_2, "y:\n    ", "y:\n   "),
        (GPT_2, "y =\n\n    x = ", "y =\n\n    x ="),
        (GPT_2, "y = x:\n", "y = x:"),
        (LLAMA_3, "y:\n    ", "y:\n   "),
        (LLAMA_3, "y = x:\n", "y = x:\n"),
        (WHOLE, "y:\n    ", "y:\n    "),
    ],
)
def test_so_much_is_taken_back_that_the_rest_stays_the_same_whatever_follows(
    pattern: str, text: str, shown: str, tmp_path: Path
) -> None:
    tokenizer = tokenizer_of(pattern, tmp_path)
    tokens = tuple(tokenizer.encode("x = y\n" + text))
    prompt = Prompt(tokens, Mode.LINE, len(tokens), 0, prefix_end=len(tokens))
    healed = find_healed_span(prompt, text.rpartition("\n")[2], tokenizer, heals_blanks=True)
    shorter = healed.without_blank(prompt, tokenizer)[0] if healed.is_blank else prompt
    assert tokenizer.decode(shorter.tokens) == "x = y\n" + shown


def test_a_model_that_was_trained_on_cuts_anywhere_keeps_its_blank() -> None:
    tokenizer = FolderTokenizer(find_model("").folder)
    tokens = tuple(tokenizer.encode("def f():\n    return x = "))
    prompt = Prompt(tokens, Mode.LINE, len(tokens), 0, prefix_end=len(tokens))
    healed = find_healed_span(prompt, "    return x = ", tokenizer, heals_blanks=False)
    assert (healed.is_blank, healed) == (False, HealedSpan(len(tokens) - 1, len(tokens)))


class Joining(ScriptedModel):
    """Answers as a model whose words begin with their blank, and notes what it is shown."""

    def __init__(self, tokenizer: FolderTokenizer) -> None:
        plain = replace(DESCRIPTION, capabilities=frozenset({"complete"}), template="plain")
        super().__init__(description=plain)
        self.tokenizer, self.shown = tokenizer, []

    def generate(self, question: Question, _: CancellationToken) -> Generated:
        self.shown.append(self.tokenizer.decode(question.tokens))
        ids, instead = tuple(self.tokenizer.encode(" x")), self.tokenizer.encode(" y")
        return Generated(" x", (2,), (-0.1,), -0.1, tokens=ids, alternatives=(((instead[0], -5.0),),))


def test_candidates_are_asked_for_without_the_blank_too(tmp_path: Path) -> None:
    model, shown = Joining(tokenizer_of(GPT_2, tmp_path)), []
    completer = Completer(model, CompletionSettings())
    completer.complete_candidates(at_cursor("a = b\nc = <cursor>\n"), CancellationToken(), 1, shown.append)
    assert [outcome.generated.text for outcome in shown] == ["x"]
    assert model.shown == ["a = b\nc ="]
