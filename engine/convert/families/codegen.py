"""CodeGen and CodeGen2: GPT-J, whose Q, V and K are stored in this order within each of the parts it was trained in."""

from __future__ import annotations

import re
from functools import partial

from engine.convert.config import Config
from engine.convert.families.gpt_like import Affine, GptDecoder, positions
from engine.convert.families.gptj import build
from engine.convert.family import Family
from engine.convert.reference.gptj import codegen_reference
from engine.convert.tensors import stack_rows

# Of CodeGen, and of checkpoints without code of their own.
PARTS = 4
CODE_FILE = "modeling_codegen.py"
PARTS_IN_CODE = re.compile(r"^\s*mp_num\s*=\s*(\d+)\s*$", re.MULTILINE)


def _qkv(decoder: GptDecoder, index: int) -> Affine:
    sizes, parts = decoder.sizes, _parts(decoder.config)
    if sizes.heads % parts:
        raise decoder.config.fault("n_head", f"is {sizes.heads}, expected a multiple of {parts}")
    rows = sizes.width // parts
    at = decoder.layout.layer.format(index)
    stored = decoder.weights.take(at + "attn.qkv_proj.weight", 3 * sizes.width, sizes.width)
    order = [3 * part + place for place in (0, 2, 1) for part in range(parts)]
    return stack_rows([stored.cut(i * rows, (i + 1) * rows) for i in order]), None


def _parts(config: Config) -> int:
    """Return the number of parts. CodeGen2 was trained in eight or in four; only the code published with it shows
    which.

    That code is read as text and never run.
    """
    if "auto_map" not in config.table:
        return PARTS
    path = config.folder / CODE_FILE
    found = PARTS_IN_CODE.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if found is None:
        raise config.fault(
            "auto_map", f"names code that comes with the checkpoint; put its {CODE_FILE} into the folder"
        )
    return int(found[1])


FAMILY = Family("codegen", ("codegen",), partial(build, _qkv), codegen_reference, positions)
