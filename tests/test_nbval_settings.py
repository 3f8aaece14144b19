"""The settings under which notebooks are run: strict, in this Python, and no user's."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]

HANGS = """\
import time
try:
    time.sleep(60)
except KeyboardInterrupt:
    pass
"""

# What a user's start-up files, profile, and Matplotlib settings would change.
HOSTILE = {
    ".ipython/profile_default/startup/00.py": "print('good morning')\n",
    ".ipython/profile_default/ipython_config.py": (
        "c = get_config()\nc.InteractiveShell.ast_node_interactivity = 'all'\n"
    ),
    ".config/matplotlib/matplotlibrc": "no.such.setting: 1\n",
}

# What conftest.py chooses for the kernels of a run.
CHOSEN = {"IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_RUNTIME_DIR"}

# Each made-up notebook: its cells, with what each printed when it was "saved".
NOTEBOOKS = {
    "same": [("print(1)", "1\n"), ("x = 1", "")],
    "differs": [("print(1)", "2\n")],
    "lost": [("1 + 1", "")],
    "warns": [("import sys; print('careful', file=sys.stderr)", "")],
    "profile": [("print(1)\n2;\nNone", "1\n")],
    "matplotlib": [("import matplotlib.pyplot", "")],
    "this_python": [("import sys; print(sys.executable)", f"{sys.executable}\n")],
    "hangs": [(HANGS, "")],
    "hangs_then_differs": [(HANGS, ""), ("print(1)", "2\n")],
}


@pytest.fixture(scope="module", params=["hostile", "unwritable"])
def home(request, tmp_path_factory):
    """The variables that name a home full of settings, or one that cannot be written."""
    if request.param == "unwritable":
        return {"HOME": "/dev/null/nobody"}
    folder = tmp_path_factory.mktemp("home")
    for path, text in HOSTILE.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return {"HOME": str(folder)}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, home):
    """Run pytest over the made-up notebooks, under the project's settings."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "tests").mkdir()
    (folder / "notebooks").mkdir()
    for name in "pyproject.toml", "conftest.py":
        shutil.copy(ROOT / name, folder)
    for name, cells in NOTEBOOKS.items():
        write_notebook(folder / "notebooks" / f"{name}.ipynb", cells)
    # What conftest.py has set for this run must not protect that one.
    kept = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "--color=no", "--nbval-cell-timeout=5"],
        cwd=folder,
        env=kept | home | {"JUPYTER_PATH": str(broken_kernel(folder / "jupyter"))},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {name: set() for name in NOTEBOOKS}
    for outcome, name in re.findall(
        r"^([A-Z]+) .*?(\w+)\.ipynb::Cell", run.stdout, re.MULTILINE
    ):
        found[name].add(outcome)
    return found


def write_notebook(path, cells):
    node = nbformat.v4.new_notebook()
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    for count, (source, text) in enumerate(cells, start=1):
        outputs = [nbformat.v4.new_output("stream", text=text)] if text else []
        node.cells.append(
            nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=count)
        )
    nbformat.write(node, path)


def broken_kernel(folder):
    """Install a kernel named python3 that does not start, as a user may have one."""
    spec = folder / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [str(folder / "no-python"), "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Broken", "language": "python"})
    )
    return folder


@pytest.mark.parametrize("name", ["same", "profile", "matplotlib", "this_python"])
def test_notebook_passes(outcomes, name):
    assert outcomes[name] == {"PASSED"}


@pytest.mark.parametrize(
    "name", ["differs", "lost", "warns", "hangs", "hangs_then_differs"]
)
def test_notebook_fails(outcomes, name):
    assert outcomes[name] == {"FAILED"}


def test_make_run_stores_the_same_everywhere(tmp_path, home):
    path = tmp_path / "made_up.ipynb"
    write_notebook(path, NOTEBOOKS["profile"])
    config = f"--config={ROOT / 'jupyter_nbconvert_config.py'}"
    command = ["-m", "nbconvert", config, "--to=notebook", "--execute", "--inplace"]
    kept = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    if home["HOME"].startswith("/dev"):  # nbconvert itself keeps files there
        kept["JUPYTER_RUNTIME_DIR"] = str(tmp_path / "runtime")
    subprocess.run([sys.executable, *command, path], env=kept | home, check=True)
    node = nbformat.read(path, as_version=4)
    (cell,) = node.cells
    assert [output.text for output in cell.outputs] == ["1\n"]
    assert "version" not in node.metadata["language_info"]
    assert node.metadata["language_info"]["pygments_lexer"] == "ipython3"
