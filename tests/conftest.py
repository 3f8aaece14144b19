"""What several tests build from the notebooks."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def convert(tmp_path_factory):
    """Return a function that makes an edition of all notebooks, as make does.

    It takes the name of the edition's folder in `docs`, whose `config.py` says how, and
    the project's folder, if that is a copy. It returns the folder of what it made.
    """

    def make(edition, project=ROOT):
        folder = tmp_path_factory.mktemp(edition)
        config = project / "docs" / edition / "config.py"
        command = [sys.executable, "-m", "nbconvert", f"--config={config}"]
        notebooks = sorted(project.glob("notebooks/*.ipynb"))
        subprocess.run([*command, f"--output-dir={folder}", *notebooks], check=True)
        return folder

    return make
