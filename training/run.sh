#!/usr/bin/env bash
# The embedded model, from the registries to the model folder. Resumable: each step leaves its result in training/build/.
#   training/run.sh [cpu|gpu|smoke] [threads]
set -euo pipefail
cd "$(dirname "$0")/.."
recipe=${1:-cpu}
threads=${2:-0}
python=${PYTHON:-.venv/bin/python}
build=training/build

[ -s $build/corpus/train.jsonl ] || [ -s $build/corpus/train.jsonl.xz ] || $python -m training.corpus
[ -s $build/tokenizer.json ] || $python -m training.tokenizer
[ -s "$build/samples/heldout.tokens.npy" ] && [ -s "$build/samples/$recipe-long.tokens.npy" ] ||
  $python -m training.samples --recipe "$recipe"

# glibc gives large tensors back to the kernel after every step and takes them again: half of the time goes into page
# faults. jemalloc (Debian: libjemalloc2) keeps them.
jemalloc=$(ls /usr/lib/*/libjemalloc.so.2 2>/dev/null | head -n 1 || true)
if [ -n "$jemalloc" ]; then
  export MALLOC_CONF="thp:always,dirty_decay_ms:-1,muzzy_decay_ms:-1"
fi
LD_PRELOAD=$jemalloc $python -m training.train --recipe "$recipe" --threads "$threads"

to=engine/model/embedded
[ "$recipe" = smoke ] && to=$build/smoke/model
$python -m training.export --recipe "$recipe" --to "$to"
[ "$recipe" = smoke ] && exit 0
$python -m training.evaluate --model "$to" --write
$python -m training.card --model "$to"
