"""Learns the byte-level BPE: build/corpus/train.jsonl -> build/tokenizer.json."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from training.corpus import read_rows
from training.paths import BUILD
from training.recipe import LANGUAGE_SHARE, RECIPES, SEED, TOKENIZER_BYTES

# CodeGeeX4's control tokens, and the marks of its infilling prompt as tokens of their own.
SPECIAL_TOKENS = [
    "<|endoftext|>", "[gMASK]", "<sop>", "<|user|>", "<|assistant|>", "<|code_suffix|>", "<|code_prefix|>",
    "<|code_middle|>", "###REFERENCE:", "###PATH:", "###LANGUAGE:", "###MODE:",
]  # fmt: skip

# A word takes one space before it; digits stand alone; line ends and indentation are never glued to words, so that a
# prefix which ends in an indented empty line is made of the very tokens that training showed.
PIECES = Regex(r" ?_*\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\n+|[^\S\n]+")


def texts() -> Iterator[str]:
    by_language: dict[str, list[str]] = defaultdict(list)
    for row in read_rows("train"):
        by_language[row["language"]].append(row["text"])
    rng = random.Random(SEED)
    for language, share in LANGUAGE_SHARE.items():
        left = TOKENIZER_BYTES * share
        rng.shuffle(by_language[language])
        for text in by_language[language]:
            yield text
            left -= len(text)
            if left < 0:
                break


def main() -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(PIECES, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=RECIPES["cpu"].vocab,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=24,
        show_progress=True,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.save(str(BUILD / "tokenizer.json"))
    sample = next(texts())[:20_000]
    print(
        f"{tokenizer.get_vocab_size()} tokens; {len(sample) / len(tokenizer.encode(sample).ids):.2f} characters a token"
    )


if __name__ == "__main__":
    main()
