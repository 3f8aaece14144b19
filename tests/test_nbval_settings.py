"""The settings under which nbval runs the notebooks: strict, and in this Python."""

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

# Each made-up notebook: its cells, with what each printed when it was "saved".
NOTEBOOKS = {
    "same": [("print(1)", "1\n"), ("x = 1", "")],
    "differs": [("print(1)", "2\n")],
    "lost": [("1 + 1", "")],
    "warns": [("import sys; print('careful', file=sys.stderr)", "")],
    "this_python": [("import sys; print(sys.executable)", f"{sys.executable}\n")],
    "hangs": [(HANGS, "")],
    "hangs_then_differs": [(HANGS, ""), ("print(1)", "2\n")],
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Run pytest over the made-up notebooks, under the project's settings."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "tests").mkdir()
    (folder / "notebooks").mkdir()
    for name in "pyproject.toml", "conftest.py":
        shutil.copy(ROOT / name, folder)
    for name, cells in NOTEBOOKS.items():
        write_notebook(folder / "notebooks" / f"{name}.ipynb", cells)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "--color=no", "--nbval-cell-timeout=5"],
        cwd=folder,
        env=os.environ | {"JUPYTER_PATH": str(broken_kernel(folder / "jupyter"))},
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


@pytest.mark.parametrize("name", ["same", "this_python"])
def test_notebook_passes(outcomes, name):
    assert outcomes[name] == {"PASSED"}


@pytest.mark.parametrize(
    "name", ["differs", "lost", "warns", "hangs", "hangs_then_differs"]
)
def test_notebook_fails(outcomes, name):
    assert outcomes[name] == {"FAILED"}
