"""Writes MODEL_CARD.md of a model folder from the results of the other steps: sources.json, evaluation.json,
model.toml.

    python -m training.card [--model engine/model/embedded]
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

import tomllib

from training.corpus import read_rows
from training.paths import BUILD, EMBEDDED
from training.recipe import RECIPES, Recipe

WHAT_IT_READ = "## What it read\n"
CARD = """\
# {name}

A small code model for inline completion, trained by [`training/`](../../../training/README.md) of this repository and
shipped inside the package. It completes lines and short blocks; it does not converse and does not translate.
Licence: Apache-2.0.

## What it is

GLM-4's architecture, the one CodeGeeX4 has: RMSNorm, SwiGLU, shared KV heads, rotary positions on half of each head,
bias on QKV only. {millions:.1f} M parameters ({layers} layers of {hidden}, {heads} heads of {head_dim}, KV groups:
{kv_groups}, FFN {ffn}, {vocab} byte-level BPE tokens, embedding and head tied), context {context} tokens, int8 weights.
It reads CodeGeeX4's infilling prompt (`###REFERENCE`, `###PATH`, `###LANGUAGE`, `###MODE`, suffix before prefix).

## How it was trained

{read};
Muon on matrices and AdamW on the rest, the rate falling to zero. Half of the samples carry snippets of other files of
the same project as references; 60 % ask for a line and 40 % for a block; 70 % have a suffix; samples are cut
where users type.
CTranslate2's float32 logits differ from torch's by at most {difference:.1e}; int8 agrees with float32 on
{agreement:.1%} of the tokens.

## How good it is

On projects that were held out entirely, half to fit what is shown, the other half to report on: {positions} cursor
positions, {starts} inside lines or at line starts, the rest of the line removed. *Shown*: share of positions with a
suggestion. *Right*: of the shown, those that agree with the true text to their own end, and end with a whole word of
it. *Exact*: of the shown, those that also end where the true line ends. *Saved*: keys saved by a user who types
{lines} lines and accepts every right suggestion.

| where | shown | right | exact | mean length |
|---|---|---|---|---|
{where}

Saved per 1000 characters typed: {saved:.0f}. What `codegeex.completion.eagerness` shows:

| eagerness | shown | right | exact | mean length |
|---|---|---|---|---|
{eagerness}

A logistic over token probabilities and simple features of the text and its surroundings decides what is shown; its
weights are in `model.toml`. Estimated probabilities, and the share that was right, at every point where an answer may
be cut:

| estimated | right | cases |
|---|---|---|
{calibration}

The whole curve over the lowest estimated probability that is shown:

| threshold | shown | right | exact | mean length |
|---|---|---|---|---|
{curve}

The same answers by their own probability, without the logistic:

| threshold | shown | right | exact | mean length |
|---|---|---|---|---|
{bare}

If nothing were ever cut, and whole answers were shown or none (the same answers, shown differently):

| threshold | shown | right | exact | mean length |
|---|---|---|---|---|
{whole}

{perplexity_title}

| language | perplexity a token | bits a character |
|---|---|---|
{perplexity}

Reporting projects: {report_projects}. Calibrating projects: {calibrate_projects}.

## What it read

Source code under permissive licences, fetched by name from package registries (`pypi`: wheels; `npm`: packages;
`debian`: Debian's source packages; `deb`: Debian's binary packages that carry source), and the Python standard library.
Files that name a copyleft licence, generated, minified and vendored files, and near-duplicates were excluded.

| language | MB of text |
|---|---|
{languages}

{projects}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=EMBEDDED)
    folder = parser.parse_args().model
    toml = tomllib.loads((folder / "model.toml").read_text())
    figures = json.loads((folder / "evaluation.json").read_text())
    recipe = RECIPES[toml["source"]["recipe"]]
    file = folder / "MODEL_CARD.md"
    written = card(toml, figures, recipe)
    if "before_steps" in toml["source"]:  # what it read then counts as well, and that list is longer
        written = written.partition(WHAT_IT_READ)[0] + "".join(file.read_text().partition(WHAT_IT_READ)[1:])
    file.write_text(written)


def read(source: dict, recipe: Recipe) -> str:
    """Return how many tokens it was trained on, and in what rows."""
    now = f"{source['tokens'] / 1e6:.1f} M tokens in {source['steps']} steps of {recipe.batch_tokens} tokens"
    if "before_steps" not in source:
        return f"{now}: rows of {recipe.short_context} tokens, then of {recipe.long_context}"
    before = f"{source['before_tokens'] / 1e6:.1f} M tokens in {source['before_steps']} steps with two KV groups"
    return f"{before}, then, with the groups merged,\n{now}"


def card(toml: dict, figures: dict, recipe: Recipe) -> str:
    def row(first: object, s: dict) -> str:
        return f"| {first} | {s['shown']:.1%} | {s['right']:.1%} | {s['exact']:.1%} | {s['mean_chars']:.1f} |"

    matrices = (
        recipe.hidden * (recipe.heads * 2 + recipe.kv_groups * 2) * recipe.head_dim + 3 * recipe.hidden * recipe.ffn
    )
    where = [("everywhere", "report"), ("inside lines", "inside_lines"), ("at line starts", "line_starts")]
    return CARD.format(
        name=toml["name"],
        millions=(recipe.layers * matrices + recipe.vocab * recipe.hidden) / 1e6,
        layers=recipe.layers,
        hidden=recipe.hidden,
        heads=recipe.heads,
        head_dim=recipe.head_dim,
        kv_groups=recipe.kv_groups,
        ffn=recipe.ffn,
        vocab=recipe.vocab,
        context=toml["context_length"],
        read=read(toml["source"], recipe),
        difference=toml["parity"]["max_logit_difference_float32"],
        agreement=toml["parity"]["top1_agreement_int8"],
        positions=figures["positions"],
        starts="drawn at random",
        lines=figures["typing"]["lines"],
        where="\n".join(row(title, figures[key]) for title, key in where),
        saved=figures["typing"]["saved_per_1000"],
        eagerness="\n".join(
            row(title, next(point for point in figures["curve"] if point["threshold"] == figures["thresholds"][name]))
            for title, name in (("few", "few"), ("balanced", "show"), ("many", "many"))
        ),
        calibration="\n".join(
            f"| {point['estimated']:.2f} | {point['right']:.2f} | {point['cases']} |"
            for point in figures["calibration"]
        ),
        bare="\n".join(row(point["threshold"], point) for point in figures["bare_curve"]),
        curve="\n".join(row(point["threshold"], point) for point in figures["curve"]),
        whole="\n".join(row(point["threshold"], point) for point in figures["whole_only_curve"]),
        perplexity_title=f"On the held-out files' last {figures['perplexity_window']} tokens:",
        perplexity="\n".join(
            f"| {language} | {p['per_token']:.2f} | {p['bits_per_char']:.3f} |"
            for language, p in figures["perplexity"].items()
        ),
        report_projects=", ".join(figures["projects"]["report"]),
        calibrate_projects=", ".join(figures["projects"]["calibrate"]),
        languages=languages(),
        projects=projects(),
    )


def languages() -> str:
    sizes: Counter[str] = Counter()
    for row in read_rows("train"):
        sizes[row["language"]] += len(row["text"])
    return "\n".join(f"| {language} | {size / 1e6:.0f} |" for language, size in sizes.most_common())


def projects() -> str:
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, used in json.loads((BUILD / "corpus" / "sources.json").read_text()).items():
        registry, _, project = name.partition(":")
        title = "held out" if used["heldout"] == "true" else used["licence"]
        groups[registry, title].append(f"{project} {used['version']}")
    return "\n\n".join(
        f"**{registry}, {title}**: {', '.join(sorted(names))}." for (registry, title), names in sorted(groups.items())
    )


if __name__ == "__main__":
    main()
