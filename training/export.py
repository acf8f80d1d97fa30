"""Exports build/<recipe>/checkpoint.pt to a model folder, in int8, with its parity report.

python -m training.export --recipe cpu [--to engine/model/embedded]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import tomllib
import torch
from safetensors.torch import save_file

from engine.convert import parity
from engine.convert.config import Config
from engine.convert.families import chatglm
from engine.convert.model_bin import write_model
from engine.convert.published import open_checkpoint
from engine.convert.reference.chatglm import reference
from engine.convert.tensors import Weights
from training.model import Glm
from training.paths import BUILD, EMBEDDED
from training.recipe import RECIPES
from training.train import BEGAN_WITH

PARITY_ROWS = 8
PARITY_TOKENS = 512

MODEL_TOML = """\
# The embedded model: trained by training/ of this repository, see MODEL_CARD.md beside this file.
format = 1
name = "codegeex-lsp-embedded-{millions}m"
family = "glm4"
capabilities = ["complete", "infill"]
context_length = {context}
numeric_type = "int8"
licence = "Apache-2.0"

[prompt]
template = "codegeex4-infill"
stop = ["<|endoftext|>"]

[confidence]
show = {show}

[source]
recipe = "{recipe}"
steps = {steps}
tokens = {tokens}
checkpoint_sha256 = "{checksum}"
{before}
[parity]
# CTranslate2 against torch, on prompts cut from {rows} held-out rows of {length} tokens.
max_logit_difference_float32 = {difference:.2e}
top1_agreement_int8 = {agreement:.4f}

[files]
{files}
"""

CHECKED_FILES = ("model.bin", "config.json", "vocabulary.json", "tokenizer.json")


def load(recipe_name: str) -> tuple[Glm, int]:
    recipe = RECIPES[recipe_name]
    model = Glm(recipe)
    state = torch.load(BUILD / recipe.name / "checkpoint.pt", map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    return model.eval(), state["step"]


def publish(model: Glm, folder: Path) -> None:
    """Write the checkpoint in the layout of GLM-4's authors."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.published_state_dict(), folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(model.published_config(), indent=1))


def before(began_with: Path) -> str:
    """Return the lines of model.toml about the model that this one continues from, if it does."""
    if not began_with.exists():
        return ""
    source = tomllib.loads(began_with.read_text())["source"]
    kept = {name: source[name] for name in ("steps", "tokens", "checkpoint_sha256")}
    return "".join(f"before_{name} = {json.dumps(fact)}\n" for name, fact in kept.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", choices=RECIPES, default="cpu")
    parser.add_argument("--to", type=Path, default=EMBEDDED)
    parser.add_argument("--show", type=float, default=0.5, help="the confidence threshold; evaluate finds it")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.recipe]
    model, steps = load(arguments.recipe)
    published = BUILD / recipe.name / "published"
    publish(model, published)
    checkpoint = open_checkpoint(published)
    config = Config(published, checkpoint.config)
    spec = chatglm.build(config, Weights(checkpoint))
    arguments.to.mkdir(parents=True, exist_ok=True)
    write_model(spec, arguments.to, "int8", lambda _: None)
    shutil.copy(BUILD / "tokenizer.json", arguments.to)
    rows = np.load(BUILD / "samples" / "heldout.tokens.npy")[:PARITY_ROWS, :PARITY_TOKENS].tolist()
    torch_model = reference(config, checkpoint)
    prompts = parity.sample_prompts([token for row in rows for token in row], recipe.long_context)
    found = parity.compare(spec, torch_model, prompts, 2**34, published)
    if not found.holds:
        raise SystemExit(f"CTranslate2 disagrees with torch by {found.difference}: not exported")
    difference, agreement = found.difference, parity.measure_agreement(arguments.to, rows, torch_model)
    count = sum(p.numel() for p in model.parameters())
    sums = {name: hashlib.sha256((arguments.to / name).read_bytes()).hexdigest() for name in CHECKED_FILES}
    facts = {
        "millions": round(count / 1e6),
        "context": recipe.long_context,
        "show": arguments.show,
        "recipe": recipe.name,
        "steps": steps,
        "tokens": steps * recipe.batch_tokens,
        "rows": PARITY_ROWS,
        "length": PARITY_TOKENS,
        "difference": difference,
        "agreement": agreement,
        "checksum": hashlib.sha256((BUILD / recipe.name / "checkpoint.pt").read_bytes()).hexdigest(),
        "before": before(BUILD / recipe.name / BEGAN_WITH),
        "files": "\n".join(f'"{name}" = "{digest}"' for name, digest in sums.items()),
    }
    (arguments.to / "model.toml").write_text(MODEL_TOML.format(**facts))
    mib = sum(p.stat().st_size for p in arguments.to.iterdir()) / 2**20
    print(
        f"{steps} steps, {mib:.1f} MiB, float32 differs by {difference:.1e}, int8 agrees on {agreement:.2%} of tokens"
    )


if __name__ == "__main__":
    main()
