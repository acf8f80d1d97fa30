#!/usr/bin/env bash
# The embedded model, from the registries to the model folder. Resumable: each step leaves its result in training/build/.
#   training/run.sh [cpu|gpu|smoke] [threads]
set -euo pipefail
cd "$(dirname "$0")/.."
recipe=${1:-cpu}
threads=${2:-0}
python=${PYTHON:-.venv/bin/python}
build=training/build

[ -s $build/corpus/train.jsonl ] || [ -s $build/corpus/train.jsonl.xz ] || $python training/corpus.py
[ -s $build/tokenizer.json ] || $python training/tokenizer.py
[ -s "$build/samples/heldout.tokens.npy" ] && [ -s "$build/samples/$recipe-long.tokens.npy" ] ||
  $python training/samples.py --recipe "$recipe"

# glibc gives large tensors back to the kernel after every step and takes them again: half of the time goes into page
# faults. jemalloc (Debian: libjemalloc2) keeps them.
jemalloc=$(ls /usr/lib/*/libjemalloc.so.2 2>/dev/null | head -n 1 || true)
if [ -n "$jemalloc" ]; then
  export MALLOC_CONF="thp:always,dirty_decay_ms:-1,muzzy_decay_ms:-1"
fi
LD_PRELOAD=$jemalloc $python training/train.py --recipe "$recipe" --threads "$threads"

to=engine/model/embedded
[ "$recipe" = smoke ] && to=$build/smoke/model
$python training/export.py --recipe "$recipe" --to "$to"
[ "$recipe" = smoke ] && exit 0
$python training/evaluate.py --model "$to" --write
$python training/card.py --model "$to"
