"""Trains the fixture model and writes it as CodeGeeX4's authors publish theirs.

`python -m tests.chat_model.train`: minutes on two cores. What is written beside this file is what
tests convert: config.json, model.safetensors and tokenizer.json. Prompts are the engine's own (`engine.assist.fit`),
with other files and earlier turns mixed in.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.nn.functional import cross_entropy

from engine.assist.assist import code_of
from engine.assist.fit import fit
from engine.assist.gather import SEARCHES, Gathered
from engine.assist.tasks import AssistSettings, AssistTask, Reference
from engine.model.tokenizer import FolderTokenizer
from engine.prompt.chat import Turn
from tests.chat_model.lessons import LESSONS, OTHER_FILES, UNKNOWN_LESSONS, Lesson
from tests.engine.checkpoints import converted
from tests.scripted import WordTokenizer
from training.model import Glm
from training.recipe import CPU

CHECKPOINT = Path(__file__).with_name("checkpoint")
SPECIAL = [
    "<|endoftext|>", "[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>",
    "<|code_prefix|>", "<|code_middle|>", "<|code_suffix|>",
]  # fmt: skip
PIECES = Regex(r" ?\p{Han}|[^\S\n]+(?=\S)|\p{N}|[^\s\p{L}\p{N}]|\n+|\p{L}+|[^\S\n]+")
VOCABULARY = 1280
SHAPE = replace(
    CPU, name="fixture", layers=3, hidden=128, heads=4, kv_groups=2, head_dim=32, ffn=384, vocab=VOCABULARY,
    long_context=4096, rope_base=10_000.0 * 500,
)  # fmt: skip
BATCH = 12
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=330)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    CHECKPOINT.mkdir(exist_ok=True)
    write_tokenizer()
    tokenizer = FolderTokenizer(CHECKPOINT)
    rng = random.Random(SEED)
    model = Glm(SHAPE)
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embedding" not in n]
    rest = [p for n, p in model.named_parameters() if p.ndim != 2 or "embedding" in n]
    learners = [
        torch.optim.Muon(matrices, lr=0.02, weight_decay=0.0),
        torch.optim.AdamW(rest, lr=0.004, weight_decay=0.0),
    ]
    rates = [group["lr"] for learner in learners for group in learner.param_groups]
    began, recent = time.monotonic(), 1.0
    for step in range(options.steps):
        left = 1 - max(step / options.steps, (time.monotonic() - began) / options.seconds)
        if left <= 0:
            break
        for learner, rate in zip(learners, rates, strict=True):
            learner.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 20, left / 0.6 + 0.02)
        loss = batch_loss(model, [sample(tokenizer, rng) for _ in range(BATCH)])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for learner in learners:
            learner.step()
            learner.zero_grad(set_to_none=True)
        recent = 0.95 * recent + 0.05 * loss.item()
        if step % 25 == 0:
            print(f"{step} {recent:.4f} {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
    publish(model)
    weights = sum(p.numel() for p in model.parameters())
    print(f"{weights:,} weights, {known(model, tokenizer):.0%} of the lessons by heart")  # noqa: T201


def write_tokenizer() -> None:
    """Bytes, and pieces of the lessons' prompts and answers."""
    texts = [lesson.answer for lesson in (*LESSONS, *UNKNOWN_LESSONS)] + [text for _, text in OTHER_FILES]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(PIECES, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    for lesson in (*LESSONS, *UNKNOWN_LESSONS):
        prompt = fit(
            lesson.request, Gathered(), code_of(lesson.request), DESCRIPTION, WordTokenizer(), AssistSettings()
        )
        texts += [turn.text for turn in prompt.turns]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(CHECKPOINT / "tokenizer.json"))


DESCRIPTION = replace(converted("codegeex4-all-9b"), context_length=SHAPE.long_context)


def sample(tokenizer: FolderTokenizer, rng: random.Random) -> tuple[list[int], list[int]]:
    """(prompt, answer) in tokens: a lesson, maybe among other files and after earlier turns."""
    lesson = rng.choice(UNKNOWN_LESSONS if rng.random() < 0.1 else LESSONS)
    request, references = lesson.request, ()
    if request.task in SEARCHES and rng.random() < 0.6:
        files = rng.sample(OTHER_FILES, rng.choice((1, 1, 2)))
        references = tuple(
            Reference(path, 0, text.count("\n"), text.rstrip("\n"), "python", "open") for path, text in files
        )
    if request.task is AssistTask.ASK and rng.random() < 0.4:
        earlier = [
            rng.choice([each for each in LESSONS if each.request.task is AssistTask.ASK])
            for _ in range(rng.choice((1, 2)))
        ]
        history = [
            turn for each in earlier for turn in (Turn("user", each.request.question), Turn("assistant", each.answer))
        ]
        request = replace(request, history=tuple(history))
    prompt = fit(request, Gathered(references), code_of(request), DESCRIPTION, tokenizer, AssistSettings())
    return list(prompt.tokens), [*tokenizer.encode(lesson.answer), *tokenizer.control("<|user|>")]


def batch_loss(model: torch.nn.Module, samples: list[tuple[list[int], list[int]]]) -> torch.Tensor:
    """Nats a token of the answers; prompts are not learnt."""
    longest = max(len(prompt) + len(answer) for prompt, answer in samples)
    tokens = torch.zeros(len(samples), longest, dtype=torch.long)
    weights = torch.zeros(len(samples), longest)
    for row, (prompt, answer) in enumerate(samples):
        ids = torch.tensor(prompt + answer)
        tokens[row, : len(ids)] = ids
        weights[row, len(prompt) : len(ids)] = 1
    logits = model(tokens)[:, :-1]
    losses = cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    counted = weights[:, 1:].flatten()
    return (losses * counted).sum() / counted.sum()


@torch.no_grad()
def known(model: torch.nn.Module, tokenizer: FolderTokenizer) -> float:
    """The share of lessons whose every token is the model's first choice."""
    right = 0
    for lesson in LESSONS:
        prompt, answer = _plain(tokenizer, lesson)
        logits = model(torch.tensor([prompt + answer]))[0, len(prompt) - 1 : -1]
        right += logits.argmax(-1).tolist() == answer
    return right / len(LESSONS)


def _plain(tokenizer: FolderTokenizer, lesson: Lesson) -> tuple[list[int], list[int]]:
    request = lesson.request
    prompt = fit(request, Gathered(), code_of(request), DESCRIPTION, tokenizer, AssistSettings())
    return list(prompt.tokens), [*tokenizer.encode(lesson.answer), *tokenizer.control("<|user|>")]


def publish(model: Glm) -> None:
    weights = {name: tensor.to(torch.float16).contiguous() for name, tensor in model.published_state_dict().items()}
    save_file(weights, CHECKPOINT / "model.safetensors", {"format": "pt"})
    ends = [SPECIAL.index(token) for token in ("<|endoftext|>", "<|user|>", "<|observation|>")]
    config = model.published_config() | {"eos_token_id": ends, "_name_or_path": "codegeex4-fixture"}
    (CHECKPOINT / "config.json").write_text(json.dumps(config, indent=1) + "\n")


if __name__ == "__main__":
    main()
