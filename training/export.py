"""build/<recipe>/checkpoint.pt -> a model folder, int8, with its parity report.

python training/export.py --recipe cpu [--to engine/model/embedded]
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from pathlib import Path

import ctranslate2
import numpy as np
import torch
from corpus import BUILD, HERE
from model import Glm
from recipe import RECIPES

sys.path.insert(0, str(HERE.parent))
from engine.convert import glm

PARITY_ROWS = 8
PARITY_TOKENS = 512
MAX_FLOAT_DIFFERENCE = 1e-4

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

[parity]
# CTranslate2 against torch, {rows} held-out rows of {length} tokens.
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


def logits_of(folder: Path, rows: np.ndarray) -> np.ndarray:
    generator = ctranslate2.Generator(str(folder), device="cpu")
    return np.array(generator.forward_batch([[str(t) for t in row] for row in rows]))


@torch.no_grad()
def parity(model: Glm, float_folder: Path, int8_folder: Path) -> tuple[float, float]:
    """(largest difference of float32 logits, share of positions where int8 chooses the same token)."""
    rows = np.load(BUILD / "samples" / "heldout.tokens.npy")[:PARITY_ROWS, :PARITY_TOKENS]
    expected = model(torch.from_numpy(rows.astype(np.int64))).numpy()
    difference = float(np.abs(logits_of(float_folder, rows) - expected).max())
    agreement = float((logits_of(int8_folder, rows).argmax(-1) == expected.argmax(-1)).mean())
    return difference, agreement


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", choices=RECIPES, default="cpu")
    parser.add_argument("--to", type=Path, default=HERE.parent / "engine" / "model" / "embedded")
    parser.add_argument("--show", type=float, default=0.5, help="the confidence threshold; calibrate.py finds it")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.recipe]
    model, steps = load(arguments.recipe)
    weights, config = model.published_state_dict(), model.published_config()
    float_folder = BUILD / recipe.name / "float32"
    glm.save(glm.build_spec(config, weights), float_folder, None)
    glm.save(glm.build_spec(config, weights), arguments.to, "int8")
    shutil.copy(BUILD / "tokenizer.json", arguments.to)
    difference, agreement = parity(model, float_folder, arguments.to)
    if difference > MAX_FLOAT_DIFFERENCE:
        raise SystemExit(f"CTranslate2 disagrees with torch by {difference}: not exported")
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
        "files": "\n".join(f'"{name}" = "{digest}"' for name, digest in sums.items()),
    }
    (arguments.to / "model.toml").write_text(MODEL_TOML.format(**facts))
    mib = sum(p.stat().st_size for p in arguments.to.iterdir()) / 2**20
    print(
        f"{steps} steps, {mib:.1f} MiB, float32 differs by {difference:.1e}, int8 agrees on {agreement:.2%} of tokens"
    )


if __name__ == "__main__":
    main()
