"""What make's smaller tools and the linter say on other people's machines."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command, **variables):
    """Run a command with some environment variables changed, or removed if None."""
    environment = os.environ | variables
    environment = {
        name: value for name, value in environment.items() if value is not None
    }
    return subprocess.run(
        [sys.executable, *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def doctor(folder=ROOT, **variables):
    healthy = {"KERAS_BACKEND": None, "PYTHONPATH": None} | variables
    return run(folder / "tools/doctor.py", **healthy)


def test_doctor_finds_nothing_here(tmp_path):
    report = doctor(KERAS_HOME=str(tmp_path))
    assert "that of requirements.txt" in report.stdout
    assert "tensorflow 2." in report.stdout
    assert report.stdout.endswith("Nothing is wrong here.\n")
    assert (report.returncode, report.stderr) == (0, "")


def test_doctor_works_before_the_set_up(tmp_path):
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    report = doctor(tmp_path)
    assert "not set up yet" in report.stdout
    assert "- Run `make lab` or `make test`.\n" in report.stdout
    assert report.returncode == 1


@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        ({"KERAS_BACKEND": "jax"}, "The notebooks need TensorFlow: unset KERAS_BACKEND."),
        ({"PYTHONPATH": "/elsewhere"}, "make ignores PYTHONPATH"),
    ],
)
def test_doctor_names_a_variable_that_is_wrong(variables, advice):
    report = doctor(**variables)
    assert f"What to do:\n- {advice}" in report.stdout
    assert report.returncode == 1


def test_doctor_keeps_a_proxys_password_to_itself():
    report = doctor(http_proxy="http://me:secret@proxy:3128")
    assert "http_proxy    set" in report.stdout
    assert "secret" not in report.stdout


@pytest.mark.parametrize(
    ("text", "found", "code"),
    [
        (json.dumps({"backend": "jax"}), "backend jax (the course does not use it)", 0),
        ("{backend", "Remove keras.json from Keras' folder", 1),
    ],
)
def test_doctor_reads_keras_settings(tmp_path, text, found, code):
    (tmp_path / "keras.json").write_text(text)
    report = doctor(KERAS_HOME=str(tmp_path))
    assert found in report.stdout
    assert report.returncode == code


def test_book_on_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        served = run(ROOT / "tools/serve_book.py", str(port))
    assert served.returncode == 1
    assert served.stderr.startswith(f"The book cannot be shown on port {port}: ")
    assert "make site-serve SITE_PORT=8081" in served.stderr


def test_what_was_built_is_not_linted(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in "build/student", "docs/notebooks", "sae_utils":
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "bad.py").write_text("import os\n")
    check = ["-m", "ruff", "check", "--no-cache", "--output-format=concise"]
    found = run(*check, tmp_path).stdout.splitlines()
    assert [line.split(":")[0].split("/")[-2] for line in found if "F401" in line] == [
        "sae_utils"
    ]
