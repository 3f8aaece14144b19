# make lab           set up, then open the series in JupyterLab
# make test          set up, then lint, unit tests, notebook-form tests, and strict nbval
# make run           re-execute every notebook in place, top to bottom
# make site          build the book, with a deck of slides per notebook, into build/site;
#                    make site-serve shows it; make slides does the same as make site
# make student       build the notebooks without solutions or outputs into build/student
# make hub           serve the notebooks to a room with JupyterHub (see docs/hub.md)
# make hub-load      let 8 simulated students run notebook 01 at once on such a hub
# make test-browser  test the book, the slides, and JupyterLab in a browser
# make cost          measure each notebook's processor time, elapsed time, and memory
# make bench         measure the speed of training against plain Keras
# make lock          pin requirements.txt again from pyproject.toml
# make vendor        fetch again the scripts that ship with the book and the slides
# make doctor        say what this machine has, what is wrong, and what to do
# make clean         remove what was built, and the virtual environment

# The first Python on the PATH that TensorFlow has a build for.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && echo $$p && break; done)
VENV := .venv
# Otherwise glibc keeps freed memory in a separate heap for every TensorFlow thread.
export MALLOC_ARENA_MAX := 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# Packages of other Pythons must not get in.
unexport PYTHONPATH PYTHONHOME

.PHONY: set-up lab test run site site-serve slides student hub hub-load hub-if-npm \
	test-browser cost bench lock vendor doctor clean can-build

lab: set-up
	$(BIN)/jupyter-lab --config=jupyter_lab_config.py

# Two workers; all cells of a notebook must go to the same one, since they share a kernel.
test: set-up hub-if-npm
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/pytest -n 2 --dist loadfile

# The two settings make sure that `python3` is the kernel of $(VENV), and not a kernel
# of the same name that was installed for another project.
run: set-up
	$(BIN)/ruff format --no-cache notebooks
	JUPYTER_PATH= JUPYTER_PREFER_ENV_PATH=1 $(BIN)/jupyter-nbconvert \
		--config=jupyter_nbconvert_config.py --to=notebook --execute --inplace \
		notebooks/*.ipynb

can-build:
	@mkdir -p build 2>/dev/null && test -w build || { echo "Cannot write into the folder \
	build: copy the project to a folder of your own." >&2; exit 1; }

# Warnings, such as a link that leads nowhere, are errors.
site: set-up can-build
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/site
	$(BIN)/jupyter-nbconvert --log-level=WARN --config=docs/slides/config.py \
		--output-dir=build/site/slides notebooks/*.ipynb
	@echo "The book is in build/site: open index.html there."

# The slides take their scripts from the book, and link to its pages.
slides: set-up site

# Another port than the hub's.
SITE_PORT ?= 8080

site-serve: site
	@$(BIN)/python tools/serve_book.py $(SITE_PORT)

student: set-up can-build
	$(BIN)/jupyter-nbconvert --config=docs/student/config.py --output-dir=build/student \
		notebooks/*.ipynb

hub: set-up student hub/node_modules/.package-lock.json
	$(BIN)/jupyterhub --config=hub/jupyterhub_config.py

hub-load: set-up student hub/node_modules/.package-lock.json
	$(BIN)/python -m benchmarks.hub_load 8

# npm writes this file itself, at the end.
hub/node_modules/.package-lock.json: hub/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or newer with npm is needed." >&2; \
		exit 1; }
	npm ci --prefix hub --no-audit --no-fund --fetch-retries=1

# Without npm, or if npm cannot install, the hub's tests are skipped.
hub-if-npm:
	@if command -v npm >/dev/null; then \
		$(MAKE) hub/node_modules/.package-lock.json || echo "npm could not install the \
	hub's packages: its tests are skipped." >&2; fi

test-browser: set-up
	$(BIN)/pytest -n 2 --dist worksteal -m browser tests/browser

cost: set-up
	$(BIN)/python benchmarks/notebook_cost.py --repeat $(or $(REPEAT),1) $(NOTEBOOKS)

bench: set-up
	$(BIN)/python benchmarks/training_speed.py

# It builds the environment only if that is missing, broken, moved, or older than the lock.
set-up:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was \
	found. If it is installed elsewhere: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" tools/set_up.py

# uv writes exact versions with environment markers, and no download addresses.
lock: set-up
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
		--extra lab --extra test --extra site --extra browser --extra hub \
		--custom-compile-command "make lock" --upgrade --output-file requirements.txt pyproject.toml

vendor: set-up
	$(BIN)/python tools/vendor.py

doctor:
	@"$(or $(PYTHON),python3)" tools/doctor.py

clean:
	rm -rf $(VENV) $(VENV).old build docs/notebooks
