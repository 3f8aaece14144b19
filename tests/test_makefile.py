"""What make says where something is missing. Its recipes run here without a set-up."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is missing")


@pytest.fixture
def folder(tmp_path):
    """A folder with the Makefile and what the hub's packages are installed from."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "hub").mkdir()
    shutil.copy(ROOT / "hub/package-lock.json", tmp_path / "hub")
    return tmp_path


def make(folder, *arguments, **variables):
    """Run make, and return the ended process."""
    return subprocess.run(
        ["make", "-C", folder, *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_that_cannot_be_written_is_named(folder):
    (folder / "build").touch()  # a file: nobody can make a folder of this name
    run = make(folder, "can-build")
    assert run.returncode == 2
    assert "Cannot write into the folder build: copy the project" in run.stderr


@pytest.mark.parametrize(
    ("target", "built"),
    [("site", "site"), ("slides", "site/slides"), ("student", "student")],
)
def test_what_builds_looks_at_that_folder_first(target, built):
    run = make(ROOT, "--dry-run", target)
    assert run.stdout.index("mkdir -p build") < run.stdout.index("build/" + built)


def test_without_the_hubs_packages_the_tests_go_on(folder, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "npm").write_text("#!/bin/sh\nexit 1\n")
    (programs / "npm").chmod(0o755)
    run = make(folder, "hub-if-npm", PATH=f"{programs}:{os.environ['PATH']}")
    assert run.returncode == 0
    assert (
        "npm could not install the hub's packages: its tests are skipped." in run.stderr
    )


def test_no_python_is_said(folder):
    run = make(folder, "set-up", "PYTHON=")
    assert run.returncode == 2
    assert "Python 3.11, 3.12 or 3.13 is needed" in run.stderr
