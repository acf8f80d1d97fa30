"""The model that ships: its size, its manners, and that CTranslate2 computes what torch computes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.completion.pipeline import Completer
from engine.convert.model_bin import float_weight, read_variables
from engine.model.catalog import EMBEDDED_FOLDER, find_model
from engine.model.ctranslate import CTranslateModel
from engine.model.protocol import Question
from engine.types import CancellationToken, Cancelled, CompletionSettings
from tests.scripted import at_cursor

MAX_MIB = 32
MAX_LOGIT_DIFFERENCE = 1e-4
CODE = "def area(width, height):\n    return width * height\n\n\nclass Box:\n    def __init__(self):\n        self."


@pytest.fixture(scope="module")
def model() -> CTranslateModel:
    return CTranslateModel(find_model(""), "cpu", 2)


def test_it_is_small_enough_to_ship() -> None:
    assert sum(file.stat().st_size for file in EMBEDDED_FOLDER.iterdir()) < MAX_MIB * 2**20
    assert (EMBEDDED_FOLDER / "MODEL_CARD.md").is_file()


def test_it_completes_the_same_twice(model: CTranslateModel) -> None:
    completer = Completer(model, CompletionSettings(confidence=0.0))
    outcomes = [completer.complete(at_cursor(CODE + "<cursor>\n"), CancellationToken()) for _ in range(2)]
    assert outcomes[0].generated.text == outcomes[1].generated.text != ""
    assert len(outcomes[0].generated.ends) == len(outcomes[0].generated.log_probs)
    assert all(p <= 0 for p in outcomes[0].generated.log_probs)


def test_control_tokens_in_code_stay_code(model: CTranslateModel) -> None:
    tokenizer = model.tokenizer
    (control,) = tokenizer.control("<|code_middle|>")
    assert control not in tokenizer.encode("x = '<|code_middle|>' ###PATH:")
    assert tokenizer.decode(tokenizer.encode("x = '<|code_middle|>'")) == "x = '<|code_middle|>'"


@pytest.mark.parametrize(
    "text", ["def f():\n\treturn 1\n", "你好，世界 😀", "a\r\nb", " " * 100 + "x", "\x00\x7f\u2028"]
)
def test_text_survives_the_tokenizer(model: CTranslateModel, text: str) -> None:
    assert model.tokenizer.decode(model.tokenizer.encode(text)) == text


def test_half_an_emoji_becomes_a_replacement_character(model: CTranslateModel) -> None:
    assert model.tokenizer.decode(model.tokenizer.encode("a\ud83db")) == "a\ufffdb"
    assert model.tokenizer.decode(model.tokenizer.encode("a\ud83d\ude00b")) == "a😀b"


def test_a_stop_rule_ends_the_work(model: CTranslateModel) -> None:
    tokens = model.tokenizer.encode(CODE)
    generated = model.generate(Question(tokens, 64, lambda text: len(text) > 5), CancellationToken())
    assert generated.stopped
    assert len(generated.text[: generated.ends[-2]] if len(generated.ends) > 1 else "") <= 5


def test_cancelling_stops_a_running_answer(model: CTranslateModel) -> None:
    token, started = CancellationToken(), threading.Event()

    def stop(_text: str) -> bool:
        started.set()
        time.sleep(0)
        return False

    def cancel() -> None:
        started.wait(20)
        token.cancel()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    answer_again_and_again = (
        model.generate(Question(model.tokenizer.encode(CODE), 256, stop), token) for _ in range(200)
    )
    with pytest.raises(Cancelled):
        list(answer_again_and_again)  # one answer may end by itself before the cancel is seen
    canceller.join()


def test_ctranslate2_agrees_with_torch(tmp_path: Path) -> None:
    """The shipped int8 weights, in float32: our GLM-4 in torch against CTranslate2, every position of a long prompt."""
    torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'codegeex-lsp[convert]'")
    import ctranslate2
    import numpy as np

    from training.model import Glm
    from training.recipe import RECIPES

    description = find_model("")
    reference = Glm(RECIPES[description.facts["source"]["recipe"]]).eval()
    reference.load_state_dict(torch_weights(EMBEDDED_FOLDER / "model.bin", reference))
    tokens = CTranslateModel(description, "cpu", 2).tokenizer.encode(Path(__file__).read_text())[:700]
    generator = ctranslate2.Generator(str(EMBEDDED_FOLDER), compute_type="float32", intra_threads=2)
    actual = np.array(generator.forward_batch([[str(token) for token in tokens]]))[0]
    with torch.no_grad():
        expected = reference(torch.tensor([tokens]))[0].numpy()
    assert np.abs(actual - expected).max() <= MAX_LOGIT_DIFFERENCE
    # And through the KV cache: greedy decoding goes where the full forward pass points.
    generated = generator.generate_batch([[str(t) for t in tokens[:400]]], max_length=8, include_prompt_in_result=False)
    continued = tokens[:400]
    for token in generated[0].sequences_ids[0]:
        with torch.no_grad():
            assert int(reference(torch.tensor([continued]))[0, -1].argmax()) == token
        continued = [*continued, token]


def torch_weights(path: Path, reference):
    """model.bin under the names of training/model.py."""
    import torch

    variables = read_variables(path)

    def weight(name: str) -> torch.Tensor:
        return torch.from_numpy(float_weight(variables, name).copy())

    r = reference.recipe
    state = {
        "embedding.weight": weight("decoder/embeddings/weight"),
        "final_norm.weight": weight("decoder/layer_norm/gamma"),
    }
    kv = r.kv_groups * r.head_dim
    for i in range(r.layers):
        at, to = f"decoder/layer_{i}", f"layers.{i}."
        for kind in ("weight", "bias"):
            fused = weight(f"{at}/self_attention/linear_0/{kind}")
            parts = fused.split([r.heads * r.head_dim, kv, kv])
            state |= {f"{to}{name}.{kind}": part for name, part in zip(("query", "key", "value"), parts, strict=True)}
        state[f"{to}input_norm.weight"] = weight(f"{at}/self_attention/layer_norm/gamma")
        state[f"{to}dense.weight"] = weight(f"{at}/self_attention/linear_1/weight")
        state[f"{to}post_norm.weight"] = weight(f"{at}/ffn/layer_norm/gamma")
        state[f"{to}gate.weight"] = weight(f"{at}/ffn/linear_0/weight")
        state[f"{to}up.weight"] = weight(f"{at}/ffn/linear_0_noact/weight")
        state[f"{to}down.weight"] = weight(f"{at}/ffn/linear_1/weight")
    return state


def test_a_model_let_go_right_after_an_answer_does_not_end_the_process() -> None:
    """CTranslate2 drops the callback in its own thread; were the generator in it, the thread would join itself."""
    code = (
        "from engine.model.catalog import find_model\n"
        "from engine.model.ctranslate import CTranslateModel\n"
        "for _ in range(12):\n"
        "    CTranslateModel(find_model(''), 'cpu', 1).warm_up()\n"
        "print('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n")
