"""Trains the embedded model: build/samples -> build/<recipe>/checkpoint.pt, resumable.

    python -m training.train --recipe cpu [--threads 3] [--device cpu|cuda] [--from engine/model/embedded]

An interrupted training resumes from its last checkpoint (every five minutes). `log.jsonl` next to it has the loss by
step and the held-out loss of the middles.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training.model import Glm
from training.paths import BUILD
from training.recipe import RECIPES, SEED, Recipe
from training.start import start_from

CHECKPOINT_SECONDS = 300
BEGAN_WITH = "began-with.toml"  # next to the checkpoint: model.toml of the model that training continues from
HELDOUT_ROWS = 96


def batches(recipe: Recipe, start: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (tokens, weights) of each step from `start`: short rows first, then long ones."""
    samples = BUILD / "samples"
    for name, length, first, last in (
        ("short", recipe.short_context, 0, recipe.short_steps),
        ("long", recipe.long_context, recipe.short_steps, recipe.steps),
    ):
        if first == last:
            continue
        tokens = np.load(samples / f"{recipe.name}-{name}.tokens.npy", mmap_mode="r")
        weights = np.load(samples / f"{recipe.name}-{name}.weights.npy", mmap_mode="r")
        rows = recipe.batch_tokens // length
        order = np.random.default_rng(recipe.seed).permutation(len(tokens))
        for step in range(max(first, start), last):
            chosen = np.sort(order[(step - first) * rows : (step - first + 1) * rows])
            yield (
                torch.from_numpy(tokens[chosen].astype(np.int64)),
                torch.from_numpy(weights[chosen].astype(np.float32)),
            )


def weighted_loss(model: torch.nn.Module, tokens: Tensor, weights: Tensor, dtype: torch.dtype) -> Tensor:
    with torch.autocast(tokens.device.type, dtype=dtype, enabled=dtype != torch.float32):
        logits = model(tokens)[:, :-1]
    losses = F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten()
    return (losses * weights).sum() / weights.sum()


@torch.no_grad()
def heldout_middle_loss(model: torch.nn.Module, dtype: torch.dtype, device: str) -> float:
    """Return the mean loss of the middles of held-out projects, in nats a token."""
    tokens = torch.from_numpy(np.load(BUILD / "samples" / "heldout.tokens.npy")[:HELDOUT_ROWS].astype(np.int64))
    weights = torch.from_numpy(np.load(BUILD / "samples" / "heldout.weights.npy")[:HELDOUT_ROWS])
    middle = (weights >= 2).float()
    parts = [
        (weighted_loss(model, t.to(device), w.to(device), dtype).item(), w[:, 1:].sum().item())
        for t, w in zip(tokens.split(8), middle.split(8), strict=True)
    ]
    return sum(loss * count for loss, count in parts) / sum(count for _, count in parts)


def optimizers(model: Glm, recipe: Recipe) -> list[torch.optim.Optimizer]:
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embedding" not in n]
    rest = [p for n, p in model.named_parameters() if p.ndim != 2 or "embedding" in n]
    return [
        torch.optim.Muon(matrices, lr=recipe.muon_lr, weight_decay=recipe.weight_decay, momentum=0.95, nesterov=True),
        torch.optim.AdamW(rest, lr=recipe.adam_lr, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0),
    ]


def save(path: Path, model: Glm, learners: list[torch.optim.Optimizer], step: int) -> None:
    partial = path.with_suffix(".partial")
    torch.save({"model": model.state_dict(), "optimizers": [o.state_dict() for o in learners], "step": step}, partial)
    partial.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", choices=RECIPES, default="cpu")
    parser.add_argument("--from", dest="start", type=Path, help="a model folder whose weights it begins with")
    parser.add_argument("--threads", type=int, default=0, help="of the CPU; 0: all")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--float32", action="store_true", help="for a CPU without bfloat16 matrix instructions")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--micro-rows", type=int, default=0, help="rows of one forward pass; 0: the whole batch")
    arguments = parser.parse_args()
    recipe, device = RECIPES[arguments.recipe], arguments.device
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    dtype = torch.float32 if arguments.float32 else torch.bfloat16
    torch.manual_seed(SEED)
    out = BUILD / recipe.name
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"

    model = Glm(recipe)
    if arguments.start and not checkpoint.exists():
        start_from(arguments.start, model)
        shutil.copy(arguments.start / "model.toml", out / BEGAN_WITH)
    model.to(device)
    learners = optimizers(model, recipe)
    step = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        for learner, saved in zip(learners, state["optimizers"], strict=True):
            learner.load_state_dict(saved)
        step = state["step"]
    count = sum(p.numel() for p in model.parameters())
    print(f"{recipe.name}: {count / 1e6:.1f} M parameters, step {step} of {recipe.steps}, on {device}", flush=True)
    forward = model if arguments.no_compile else torch.compile(model)
    bases = [recipe.muon_lr, recipe.adam_lr]  # in the order of `optimizers`
    began = saved_at = time.monotonic()
    done = 0
    with (out / "log.jsonl").open("a") as log:
        for tokens, weights in batches(recipe, step):
            factor = recipe.learning_rate(step)
            for learner, base in zip(learners, bases, strict=True):
                for group in learner.param_groups:
                    group["lr"] = base * factor
            micro = arguments.micro_rows or len(tokens)
            total = 0.0
            for t, w in zip(tokens.split(micro), weights.split(micro), strict=True):
                loss = weighted_loss(forward, t.to(device), w.to(device), dtype) * (len(t) / len(tokens))
                loss.backward()
                total += loss.item()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for learner in learners:
                learner.step()
                learner.zero_grad(set_to_none=True)
            step += 1
            done += tokens.numel()
            if step % 20 == 0 or step == recipe.steps:
                row = {"step": step, "loss": round(total, 4), "lr": round(factor, 3)}
                row["tokens_per_second"] = round(done / (time.monotonic() - began))
                if step % 500 == 0 or step == recipe.steps:
                    row["heldout_middle_loss"] = round(heldout_middle_loss(forward, dtype, device), 4)
                print(row, flush=True)
                log.write(json.dumps(row) + "\n")
                log.flush()
            if time.monotonic() - saved_at > CHECKPOINT_SECONDS or step == recipe.steps:
                save(checkpoint, model, learners, step)
                saved_at = time.monotonic()


if __name__ == "__main__":
    main()
