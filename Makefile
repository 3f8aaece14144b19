# make lab    set up, then open the series in JupyterLab
# make test   set up, then lint, unit tests, notebook-form tests and strict nbval
# make run    re-execute every notebook in place, top to bottom
# make cost   measure each notebook's time and memory
# make lock   resolve requirements.txt anew from pyproject.toml
# make clean  remove the virtual environment

# The first Python on the PATH that TensorFlow has a build for.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: lab test run cost lock clean

lab: $(VENV)/.installed
	$(BIN)/jupyter-lab --config=jupyter_lab_config.py

test: $(VENV)/.installed
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/pytest

# The two settings make sure that `python3` is the kernel of $(VENV), and not one of that
# name which somebody installed for another project.
run: $(VENV)/.installed
	$(BIN)/ruff format --no-cache notebooks
	JUPYTER_PATH= JUPYTER_PREFER_ENV_PATH=1 $(BIN)/jupyter-nbconvert \
		--config=jupyter_nbconvert_config.py --to=notebook --execute --inplace \
		notebooks/*.ipynb

cost: $(VENV)/.installed
	$(BIN)/python benchmarks/notebook_cost.py

# The stamp comes last, so that an interrupted set-up starts anew. The package itself is
# installed in place, without asking the network again.
$(VENV)/.installed: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was \
	found. If it is installed elsewhere: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	"$(PYTHON)" -m venv --clear $(VENV)
	$(PIP) install --requirement requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

# uv writes exact versions with environment markers, and no download addresses.
lock: $(VENV)/.installed
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
		--extra lab --extra test --custom-compile-command "make lock" \
		--upgrade --output-file requirements.txt pyproject.toml

clean:
	rm -rf $(VENV)
