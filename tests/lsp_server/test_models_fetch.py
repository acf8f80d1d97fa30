"""`codegeex-lsp models fetch` against a hub on loopback: nothing without leave, nothing but what is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.convert import convert as conversion
from engine.convert import hub as client
from tests.lsp_server.fake_hub import COMMIT, FILES, REPO, WEIGHTS, FakeHub, fake_hub
from tests.lsp_server.models_command import ModelsCommand
from tests.small_model import small_model

ALLOWED = ("fetch", REPO, "--allow-network")
ONLY_DOWNLOAD = (*ALLOWED, "--accept-licence", "--no-convert")
NEEDED = {
    "README.md",
    "MODEL_LICENSE",
    "config.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "model.safetensors",
}
FOLDER = "owner--codegeex2-tiny@0123456789ab"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    # Read when the library is imported, which another test may have done.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    for name in ("HF_TOKEN", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS", "HF_HUB_VERBOSITY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        yield hub


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> ModelsCommand:
    return ModelsCommand(tmp_path, monkeypatch, capsys)


def downloaded(models: ModelsCommand) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (models.cache / "downloads" / FOLDER).iterdir()}


def test_without_permission_no_server_is_contacted(models: ModelsCommand, hub: FakeHub) -> None:
    result = models("fetch", REPO)
    assert (result.code, hub.asked) == (2, [])
    assert "no server was contacted" in result.err
    assert f"--allow-network this command would show the licence of {REPO} (main branch) on {hub.address}" in result.err


def test_the_real_command_requests_only_the_files(tmp_path: Path, hub: FakeHub) -> None:
    environment = os.environ | {"HF_HOME": str(tmp_path / "hf"), "AI_AGENT": "any"}
    command = [sys.executable, "-m", "codegeex_lsp", "models", *ONLY_DOWNLOAD, "--folder", str(tmp_path / "to")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    files = {f"/{REPO}/resolve/{COMMIT}/{name}" for name in NEEDED}
    assert set(hub.asked) == {f"/api/models/{REPO}", *files}  # no telemetry, no registry of agents
    assert (tmp_path / "to" / FOLDER / "model.safetensors").read_bytes() == WEIGHTS


def test_only_what_a_conversion_reads_is_downloaded(models: ModelsCommand, hub: FakeHub) -> None:
    assert models(*ONLY_DOWNLOAD).code == 0
    assert hub.requested_files == NEEDED  # no code, no pickle, nothing of subfolders
    found = downloaded(models)
    assert found.pop("SHA256SUMS").decode().split()[1::2] == ["tokenizer.model", "model.safetensors"]
    assert found == {name: FILES[name] for name in NEEDED}


def test_pickles_are_downloaded_only_without_safetensors(models: ModelsCommand, hub: FakeHub) -> None:
    del hub.files["model.safetensors"]
    result = models(*ONLY_DOWNLOAD)
    assert "Its weights are PyTorch files, not safetensors" in result.out
    assert {"pytorch_model.bin", "pytorch_model.bin.index.json"} < hub.requested_files
    assert not any(name.endswith(".py") or name == "training_args.bin" for name in hub.requested_files)


def test_the_licence_is_shown_before_anything_is_downloaded(models: ModelsCommand, hub: FakeHub) -> None:
    result = models(*ALLOWED, answer="n")
    assert (result.code, hub.requested_files, models.cache.exists()) == (1, {"MODEL_LICENSE"}, False)
    assert f"{REPO}, commit 0123456789ab: 6 files, 0.0 MiB" in result.out
    assert "Licence: codegeex MODEL_LICENSE: The CodeGeeX License 1. A clause." in result.out
    assert f"11 more lines: {hub.address}/{REPO}/blob/{COMMIT}/MODEL_LICENSE" in result.out
    assert "CodeGeeX2's weights are free for academic use; commercial use needs a registration" in result.out
    assert "Declined: nothing was downloaded." in result.out


def test_without_a_terminal_the_licence_is_declined(models: ModelsCommand, hub: FakeHub) -> None:
    assert models(*ALLOWED, answer=None).code == 1
    assert hub.requested_files == {"MODEL_LICENSE"}


def test_what_was_downloaded_is_converted(models: ModelsCommand, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[conversion.Conversion] = []

    def convert(request: conversion.Conversion, _report: object) -> Path:
        requests.append(request)
        return small_model(request.folder / request.name)

    monkeypatch.setattr(conversion, "convert", convert)
    result = models(*ALLOWED, "--revision", "v1", "--quantization", "float16", answer="yes")
    source = models.cache / "downloads" / FOLDER
    assert requests == [conversion.Conversion(source, models.folder, "codegeex2-tiny", "float16")]
    assert hub.asked[0] == f"/api/models/{REPO}/revision/v1"
    assert "codegeex2-tiny was installed." in result.out
    assert f"is kept in {source}" in result.out


def test_a_taken_name_is_an_error_before_the_download(models: ModelsCommand, hub: FakeHub) -> None:
    small_model(models.folder / "codegeex2-tiny")
    assert "a model named 'codegeex2-tiny' already exists" in models(*ALLOWED).err
    assert hub.asked == []


def test_an_interrupted_download_is_resumed(
    models: ModelsCommand, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: object, count: int) -> None:
        if count == 1000:  # a block of the weights, the only large file
            raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr("lsp_server.cli.models.progress.Bars.advance", interrupt)
        result = models(*ONLY_DOWNLOAD)
    assert (result.code, "run the same command again to resume" in result.err) == (130, True)
    assert len(downloaded(models)["model.safetensors.part"]) == 1000
    hub.asked.clear()
    assert models(*ONLY_DOWNLOAD).code == 0
    assert hub.ranges == ["model.safetensors from 1000"]
    assert hub.requested_files == {
        "MODEL_LICENSE",
        "model.safetensors",
    }  # the licence is shown again, the others are there
    assert downloaded(models)["model.safetensors"] == WEIGHTS


def test_a_connection_that_drops_is_taken_up_again(
    models: ModelsCommand, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    hub.drops_after = 20_000
    assert models(*ONLY_DOWNLOAD).code == 0
    assert len(hub.ranges) == 1
    assert downloaded(models)["model.safetensors"] == WEIGHTS


def test_a_damaged_download_gets_no_name(models: ModelsCommand, hub: FakeHub) -> None:
    hub.served["model.safetensors"] = WEIGHTS[:-1] + b"?"
    result = models(*ONLY_DOWNLOAD)
    assert (result.code, f"model.safetensors was damaged in the download from {hub.address}" in result.err) == (1, True)
    assert not any(name.startswith("model.safetensors") for name in downloaded(models))


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (404, "", f"there is no {REPO} on http"),
        (404, "RepoNotFound", "or it is private: check the name; for a private one set HF_TOKEN to your token"),
        (404, "RevisionNotFound", "has no revision 'v1'"),
        (401, "", "is forbidden (401): the access token in HF_TOKEN is missing, wrong, or not valid for it"),
        (403, "GatedRepo", "is gated: accept its terms on its page, and set HF_TOKEN to your access token"),
        (503, "", "is not available now (the hub answers 503); try again later"),
    ],
)
def test_what_the_hub_refuses(models: ModelsCommand, hub: FakeHub, status: int, error: str, sentence: str) -> None:
    hub.status, hub.error = status, error
    result = models(*ALLOWED, "--revision", "v1")
    assert (result.code, sentence in result.err) == (1, True), result.err
    assert "Traceback" not in result.err


def test_a_hub_that_is_not_there(models: ModelsCommand, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    result = models(*ALLOWED)
    assert (result.code, "no connection to http://127.0.0.1:9" in result.err) == (1, True)


def test_offline_is_respected(models: ModelsCommand, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in models(*ALLOWED).err
    assert hub.asked == []


def test_a_repository_without_weights(models: ModelsCommand, hub: FakeHub) -> None:
    hub.files = {"config.json": b"{}", "model.gguf": b"weights of another kind"}
    assert "has no safetensors or PyTorch files, so there is nothing to convert" in models(*ALLOWED).err


def test_a_disk_that_is_too_small(models: ModelsCommand, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert "GiB free, the download needs" in models(*ONLY_DOWNLOAD).err
    assert hub.requested_files == {"MODEL_LICENSE"}


@pytest.mark.parametrize("repo", ["codegeex", "a/b/c", "https://hub/a/b", "../a", "a/b?c"])
def test_what_is_no_repository(models: ModelsCommand, hub: FakeHub, repo: str) -> None:
    assert "is not OWNER/NAME" in models("fetch", repo, "--allow-network").err
    assert hub.asked == []


@pytest.mark.parametrize(
    ("names", "weights"),
    [
        (["model.safetensors", "pytorch_model.bin"], ["model.safetensors"]),
        (
            ["consolidated.safetensors", "model-1-of-2.safetensors", "model-2-of-2.safetensors"],
            ["model-1-of-2.safetensors", "model-2-of-2.safetensors"],
        ),
        (["adapter.safetensors", "x.bin"], ["adapter.safetensors"]),
        (
            ["pytorch_model-1.bin", "pytorch_model.bin.index.json", "training_args.bin"],
            ["pytorch_model.bin.index.json", "pytorch_model-1.bin"],
        ),
        (["codegeex_13b.pt", "optimizer.bin"], ["codegeex_13b.pt"]),
        (["sub/model.safetensors", "..\\model.safetensors", "run.py"], []),
    ],
)
def test_which_weights_are_chosen(names: list[str], weights: list[str]) -> None:
    assert client.choose_files(names) == weights
