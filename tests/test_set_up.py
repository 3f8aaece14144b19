"""The set-up of `make`, on a made-up project whose lock holds one small package.

Nothing is taken from the internet: the packages are wheels in a folder.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="make's way to set up")

ROOT = Path(__file__).parents[1]
FAILED = "Set-up failed, so the environment is the old one: older than the lock.\n"

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "course"
version = "0"
"""

# What setuptools does for the real project: an editable install is a wheel with a path.
BACKEND = """\
import os
from wheels import write_wheel

def build_editable(folder, config_settings=None, metadata_directory=None):
    return write_wheel(folder, "course", "0", {"course.pth": os.getcwd()})
"""

WHEELS = """\
import zipfile

def write_wheel(folder, name, version, files):
    info = f"{name}-{version}.dist-info"
    about = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    kind = ["Wheel-Version: 1.0", "Root-Is-Purelib: true", "Tag: py3-none-any"]
    files = files | {
        f"{info}/METADATA": "\\n".join(about),
        f"{info}/WHEEL": "\\n".join(kind),
        f"{info}/RECORD": "",
    }
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{wheel}", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel
"""


@pytest.fixture
def project(tmp_path):
    """A folder with the real set-up, a lock, and two versions of a package."""
    folder = tmp_path / "my course é"
    (folder / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools/set_up.py", folder / "tools")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "wheels.py").write_text(WHEELS)
    (folder / "requirements.txt").write_text("small==1.0\n")
    (tmp_path / "wheels").mkdir()
    for version in "1.0", "2.0":
        make_wheel(tmp_path / "wheels", version)
    return folder


def make_wheel(folder, version):
    names = {}
    exec(WHEELS, names)
    names["write_wheel"](folder, "small", version, {"small.py": f"version = {version}"})


def set_up(project, *, code=None, index=None, **settings):
    """Run the set-up, or Python `code` beside it, and return the ended process."""
    places = {"PIP_INDEX_URL": index} if index else wheels(project)
    script = project / "tools/set_up.py"
    return subprocess.run(
        [sys.executable, *(["-c", code] if code else [script])],
        env=clean_environment() | places | settings,
        cwd=project / "tools",
        capture_output=True,
        text=True,
        check=False,
    )


def wheels(project):
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project.parent / "wheels")}


def clean_environment():
    return {name: value for name, value in os.environ.items() if name[:4] != "PIP_"}


def installed(project):
    """Return the version of the small package that the environment holds."""
    code = "import small, wheels; print(small.version)"  # `wheels` is in the folder
    command = [project / ".venv/bin/python", "-P", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(run.stdout)


def mark(project):
    """Leave a file in the environment, to see later whether it is still the same one."""
    (project / ".venv/mark").touch()


def is_marked(project):
    return (project / ".venv/mark").exists()


def leftovers(project):
    return [path.name for path in project.glob(".venv.*") if path.name != ".venv.lock"]


DEAD = "http://127.0.0.1:9/simple"  # a port on which nobody listens


def test_it_is_built_once(project):
    assert set_up(project).returncode == 0
    assert installed(project) == 1.0
    mark(project)
    os.utime(project / "requirements.txt")  # as `touch` and a fresh checkout do
    run = set_up(project)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert is_marked(project)


def test_a_changed_lock_rebuilds_it(project):
    set_up(project)
    mark(project)
    (project / "requirements.txt").write_text("small==2.0\n")
    assert set_up(project).returncode == 0
    assert installed(project) == 2.0
    assert not is_marked(project)
    assert leftovers(project) == []


def test_without_a_network_the_old_one_is_kept(project):
    set_up(project)
    mark(project)
    (project / "requirements.txt").write_text("small==2.0\n")
    run = set_up(project, index=DEAD)
    assert run.returncode == 0
    assert run.stderr.endswith(FAILED)
    assert installed(project) == 1.0
    assert is_marked(project)
    assert leftovers(project) == []


def test_without_a_network_a_first_set_up_says_so(project):
    run = set_up(project, index=DEAD)
    assert run.returncode == 1
    assert "Without the internet it cannot work" in run.stderr
    assert not (project / ".venv").exists()


def test_a_moved_folder_is_set_up_again(project):
    set_up(project)
    moved = project.rename(project.parent / "renamed")
    assert set_up(moved).returncode == 0
    assert installed(moved) == 1.0


def test_a_moved_folder_without_a_network_loses_nothing(project):
    set_up(project)
    mark(project)
    moved = project.rename(project.parent / "renamed")
    run = set_up(moved, index=DEAD)
    assert run.returncode == 1
    assert "Without the internet" in run.stderr
    assert is_marked(moved)


def test_an_environment_whose_python_is_gone_is_built_again(project):
    set_up(project)
    (project / ".venv/bin/python").unlink()
    (project / ".venv/bin/python").symlink_to("/nowhere/python")
    assert set_up(project).returncode == 0
    assert installed(project) == 1.0


def test_two_at_once_make_one(project):
    command = [sys.executable, project / "tools/set_up.py"]
    environment = clean_environment() | wheels(project)
    both = [
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = sorted(process.communicate()[1].splitlines()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said[0].startswith("Another set-up is running in this folder.")
    assert said[1].startswith("Setting up:")
    assert installed(project) == 1.0


def test_a_users_pip_settings_do_not_count(project, tmp_path):
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nno-deps = true\n[install]\nuser = true\nprefix = /x\n")
    settings = {"PIP_USER": "1", "PIP_TARGET": str(tmp_path / "elsewhere")}
    settings |= {"PIP_CONFIG_FILE": str(config), "HOME": "/dev/null/nobody"}
    run = set_up(project, **settings)
    assert run.returncode == 0, run.stderr
    assert installed(project) == 1.0
    assert not (tmp_path / "elsewhere").exists()


def test_where_a_users_packages_come_from_does_count(project, tmp_path):
    config = tmp_path / "pip.conf"
    lines = ["[global]", "no-index = true", f"find-links = {tmp_path / 'wheels'}"]
    config.write_text("\n".join(lines))
    run = set_up(project, index=DEAD, PIP_CONFIG_FILE=str(config))
    assert run.returncode == 0, run.stderr
    assert installed(project) == 1.0


@pytest.mark.parametrize("new", ["half-built", "complete"])
def test_a_killed_set_up_is_finished(project, new):
    set_up(project)
    mark(project)
    if new == "complete":  # killed before the old one was removed
        (project / ".venv.old").mkdir()
    else:
        (project / ".venv").rename(project / ".venv.old")
        (project / ".venv").mkdir()
        (project / ".venv/pyvenv.cfg").touch()
        (project / "requirements.txt").write_text("small==2.0\n")  # what it was for
        assert set_up(project, index=DEAD).stderr.endswith(FAILED)
        (project / "requirements.txt").write_text("small==1.0\n")
    assert set_up(project, index=DEAD).returncode == 0
    assert is_marked(project)
    if new == "half-built":
        assert leftovers(project) == []


def test_a_full_disk_is_found_first(project):
    set_up(project)
    mark(project)
    (project / "requirements.txt").write_text("small==2.0\n")
    run = set_up(project, code="import set_up; set_up.NEEDED_BYTES = 1e18; set_up.main()")
    assert run.returncode == 1
    assert "needs 1000000000 GB of free disk space" in run.stderr
    assert is_marked(project)


def test_make_sets_up_before_all_that_needs_it():
    lines = (ROOT / "Makefile").read_text().splitlines()
    needs = {name: set() for name in ("lab", "test", "run", "site", "slides", "student")}
    for line in lines:
        target, colon, before = line.partition(":")
        if colon and target in needs:
            needs[target] |= set(before.split())
    assert all("set-up" in before for before in needs.values())
