# Needs git, make and Python 3.10 or later; everything else goes into .venv. `make` alone lists the commands.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
# One process, full precision: the values accelerate would choose by itself, named so that it does not list them.
LAUNCH := --num_processes 1 --num_machines 1 --mixed_precision no --dynamo_backend no

.PHONY: help demo test oldest mutants bench reproduce docs readme export clean
.DEFAULT_GOAL := help

help:
	@echo "make demo       train on the built-in scenes; options through ARGS, e.g. make demo ARGS='--help'"
	@echo "make test       run every notebook and the tests; pytest options through ARGS"
	@echo "make oldest     the tests of models and images with the oldest libraries that are allowed"
	@echo "make mutants    plant bugs by chance and count those that the tests notice; options through ARGS, e.g. ARGS='--modules loss --n 40'"
	@echo "make bench      time dense head, loss, data and a training step; with VOC=VOCdevkit/VOC2012 an evaluation too"
	@echo "make reproduce  the paper's ablations in small, about two hours on one core; goes on where it stopped"
	@echo "make docs       build the site into build/docs"
	@echo "make export     notebooks -> clippy/*.py, cleaned, options of the commands and their page, what editors and help read, and README.md"
	@echo "make readme     nbs/index.ipynb -> README.md"
	@echo "make clean      remove what the commands above built, but for $(VENV)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3,10) else \
		"clippy needs Python 3.10 or later and $(PYTHON) is %d.%d: try make PYTHON=python3.12" % v[:2])'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment: install its venv package (Debian: python3-venv)" >&2; exit 1; }

# The stamps: packages are installed again only when what they need may have changed.
$(VENV)/.clippy: settings.ini setup.py pyproject.toml | $(BIN)/python
	@echo "Installing clippy into $(VENV) (the first time: about 6 GB and a few minutes)" >&2
	@$(PIP) -e .
	@touch $@

$(VENV)/.clippy-dev: settings.ini setup.py pyproject.toml | $(BIN)/python
	@echo "Installing clippy and its development tools into $(VENV) (the first time: about 7 GB and a few minutes)" >&2
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/.clippy $@

demo: $(VENV)/.clippy
	$(BIN)/accelerate launch $(LAUNCH) -m clippy.train $(ARGS)

# Nothing may print after pytest: its closing line is the last. Three processes, for two cores: some tests wait. A file stays with one of them.
test: $(VENV)/.clippy-dev
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

# The floors of settings.ini under what reads models and images, and what those need; put before the newest on the path.
OLDEST := pillow==11.0.0 sentence-transformers==6.0.0 timm==1.0.26 transformers==5.0.0 huggingface_hub==1.10.2 tokenizers==0.22.0 safetensors==0.4.3
oldest: $(VENV)/.clippy-dev
	@$(PIP) --no-deps --upgrade --target build/oldest $(OLDEST)
	@PYTHONPATH=$(CURDIR)/build/oldest $(BIN)/python -m pytest -q tests/test_loading.py tests/test_saved.py tests/test_model.py tests/test_hub.py tests/test_data.py tests/test_predict.py $(ARGS)

$(VENV)/.clippy-mutants: settings.ini setup.py pyproject.toml | $(BIN)/python
	@echo "Installing clippy, its development tools and cosmic-ray into $(VENV) (the first time: about 7 GB and a few minutes)" >&2
	@$(PIP) -e '.[dev,mutants]'
	@touch $(VENV)/.clippy $(VENV)/.clippy-dev $@

mutants: $(VENV)/.clippy-mutants
	@$(BIN)/python tools/mutants.py $(ARGS)

$(VENV)/.clippy-bench: settings.ini setup.py pyproject.toml | $(BIN)/python
	@echo "Installing clippy and what it is compared with into $(VENV) (the first time: about 6 GB and a few minutes)" >&2
	@$(PIP) -e '.[bench]'
	@touch $(VENV)/.clippy $@

# One script or all of them: make bench BENCH=data ARGS='--n 24'. The first line of each says what it is.
BENCH ?= dense_head loss data step
bench: $(VENV)/.clippy-bench
	@for b in $(BENCH); do echo; sed -n '1s/"//gp' benchmarks/$$b.py; $(BIN)/python benchmarks/$$b.py $(ARGS) || exit 1; done
	@if [ -n "$(VOC)" ]; then $(BIN)/python benchmarks/voc_loop.py --data "$(VOC)"; fi

$(VENV)/.clippy-reproduce: settings.ini setup.py pyproject.toml | $(BIN)/python
	@echo "Installing clippy and what the ablations need into $(VENV) (the first time: about 6 GB and a few minutes)" >&2
	@$(PIP) -e '.[reproduce]'
	@touch $(VENV)/.clippy $@

reproduce: $(VENV)/.clippy-reproduce
	@$(BIN)/python tools/ablation.py $(ARGS)
	@echo "nbs/31_ablation.ipynb draws the tables"

docs: $(VENV)/.clippy-dev
	@$(BIN)/python tools/docs.py build/docs

readme: $(VENV)/.clippy-dev
	@$(BIN)/python tools/readme.py

export: $(VENV)/.clippy-dev
	@$(BIN)/nbdev-clean
	@$(BIN)/nbdev-export
	@$(BIN)/python -c 'from clippy.cli import write_options; write_options()'
	@$(BIN)/python tools/stubs.py
	@$(BIN)/python tools/commands.py
	@$(BIN)/nbdev-test nbs --file-re '^(contents|api)\.ipynb' --save && $(BIN)/nbdev-clean
	@$(BIN)/python tools/readme.py

clean:
	rm -rf build dist _proc _docs nbs/_proc .pytest_cache
