"""Every choice of the embedded model's training, in one place. `--recipe` selects one."""

from __future__ import annotations

from dataclasses import dataclass, replace

SEED = 20261121


@dataclass(frozen=True)
class Recipe:
    """One run: the shape of the model, what it reads and how it learns. Lengths are in tokens."""

    name: str
    # The shape: GLM-4's architecture (RMSNorm, SwiGLU, grouped KV heads, QKV bias, half-rotary interleaved).
    layers: int
    hidden: int
    heads: int
    kv_groups: int
    head_dim: int
    ffn: int
    vocab: int
    # What it reads: short rows first, long rows while the learning rate falls.
    short_context: int
    long_context: int
    short_rows: int
    long_rows: int
    batch_tokens: int
    # How it learns: Muon on matrices, AdamW on the tied embedding, norms and biases; a constant rate,
    # then linear to zero.
    muon_lr: float
    adam_lr: float
    weight_decay: float
    warmup_steps: int
    decay_share: float

    rope_base: float = 10_000.0
    norm_eps: float = 1.5625e-07  # GLM-4's
    seed: int = SEED  # which cuts of the corpus are read, and in which order

    @property
    def steps(self) -> int:
        return self.short_steps + self.long_rows * self.long_context // self.batch_tokens

    @property
    def short_steps(self) -> int:
        return self.short_rows * self.short_context // self.batch_tokens

    def learning_rate(self, step: int) -> float:
        """Return the factor on both rates at `step`."""
        left = (self.steps - step) / (self.decay_share * self.steps)
        return min(1.0, (step + 1) / self.warmup_steps, max(0.0, left))


# 12.3 M parameters and 36 M tokens: 110 minutes of three 2020s server cores with bfloat16 matrix instructions. Heads
# share one key and value: CTranslate2 copies what it keeps of a prompt at each token, and groups once for each head.
CPU = Recipe(
    name="cpu", layers=6, hidden=384, heads=6, kv_groups=1, head_dim=64, ffn=1024, vocab=8192,
    short_context=512, long_context=1024, short_rows=38_400, long_rows=16_000, batch_tokens=8192,
    muon_lr=0.012, adam_lr=0.0025, weight_decay=0.01, warmup_steps=60, decay_share=0.9,
)  # fmt: skip

# 54 M parameters and 2 G tokens (about 20 passes over the corpus' code, each cut elsewhere): half an hour of one H100.
GPU = replace(
    CPU, name="gpu", layers=14, hidden=576, heads=9, kv_groups=1, ffn=1536, vocab=8192,
    short_rows=2_600_000, long_rows=650_000, batch_tokens=131_072, warmup_steps=200,
)  # fmt: skip

# What ships: a model of `cpu`'s shape that is there already goes on from its weights (`training.train --from`), over
# cuts of the corpus that it has not seen, at a rate that its annealed weights bear.
MORE = replace(
    CPU, name="more", short_rows=0, long_rows=10_400, muon_lr=0.0055, adam_lr=0.00115, decay_share=1.0,
    seed=SEED + 5_000_000,
)  # fmt: skip

# A few steps of the larger shape: proves that it builds, learns and exports.
SMOKE = replace(GPU, name="smoke", short_rows=24, long_rows=8, batch_tokens=2048, warmup_steps=2)

RECIPES = {recipe.name: recipe for recipe in (CPU, GPU, MORE, SMOKE)}

# Share of rows by language: what users will type, not what the registries hold most of.
LANGUAGE_SHARE = {
    "Python": 0.36, "TypeScript": 0.12, "JavaScript": 0.12, "Java": 0.11, "Go": 0.10, "C++": 0.07, "C": 0.05,
    "Rust": 0.07,
}  # fmt: skip

# How a sample is cut. Shares of samples, unless said otherwise.
INFILL_SHARE = 0.7  # the others have no suffix at all
REFERENCE_SHARE = 0.5  # carry snippets of other files of the same project
ORACLE_SHARE = 0.3  # of those with references: the query sees the middle, so that copying is worth learning
LINE_SHARE = 0.6  # the others are BLOCK
MISSING_TAIL_SHARE = 0.35  # the suffix lacks the next few lines, as while a function is being written
AUTOCLOSED_SHARE = 0.15  # of LINE: the closing brackets are already after the cursor
MAX_BLOCK_LINES = 12
MAX_REFERENCES = 3
REFERENCE_LINES = 20
MAX_REFERENCE_TOKEN_SHARE = 0.4  # of the row
MAX_SUFFIX_TOKEN_SHARE = 0.2
SAMPLE_SHARES = (0.3, 0.5, 1.0)  # of a row, that one sample may fill
MIDDLE_WEIGHT = 3  # of a middle token in the loss; every other token of code weighs 1, the template 0

TOKENIZER_BYTES = 60_000_000  # of training text the vocabulary is learned from
