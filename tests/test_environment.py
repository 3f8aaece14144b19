"""The ways to set the project up agree: pyproject, lock, conda, workflow, this Python."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import sae_utils

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
WANTED = [
    Requirement(line)
    for lines in [
        PROJECT["dependencies"],
        *PROJECT["optional-dependencies"].values(),
        PYPROJECT["build-system"]["requires"],
    ]
    for line in lines
]
LOCK = [
    line
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))

PYTHONS = ["3.11", "3.12", "3.13"]
SYSTEMS = {
    "linux": {"os_name": "posix", "platform_system": "Linux"},
    "darwin": {"os_name": "posix", "platform_system": "Darwin"},
    "win32": {"os_name": "nt", "platform_system": "Windows"},
}


def target(python, system):
    """Return the values of environment markers on a supported Python and system."""
    return default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_version": f"{python}.9",
        "sys_platform": system,
        **SYSTEMS[system],
    }


def pins(environment):
    """Return each package's locked versions there: more than one would be a clash."""
    found = {}
    for requirement in map(Requirement, LOCK):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (specifier,) = requirement.specifier
            found.setdefault(requirement.name, []).append(specifier.version)
    return found


def test_supported_pythons_are_those_of_pyproject():
    allowed = SpecifierSet(PROJECT["requires-python"])
    minors = [f"3.{minor}" for minor in range(30) if allowed.contains(f"3.{minor}.1")]
    assert minors == PYTHONS


def test_lock_has_exact_versions_and_no_address():
    exact = r"[a-z0-9._-]+==[0-9][0-9a-z.]*( ; [a-z_]+ .*)?"
    assert len(LOCK) > 100
    assert [line for line in LOCK if not re.fullmatch(exact, line)] == []
    assert [line for line in LOCK if "://" in line or "@" in line] == []


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_lock_satisfies_pyproject(python, system):
    environment = target(python, system)
    locked = pins(environment)
    assert [name for name, versions in locked.items() if len(versions) != 1] == []
    assert len(WANTED) > 10
    for requirement in WANTED:
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert locked.get(requirement.name), f"{requirement} is not in the lock"
            assert requirement.specifier.contains(locked[requirement.name][0])


def test_this_environment_is_the_lock():
    installed = {name: [version(name)] for name in pins(default_environment())}
    assert installed == pins(default_environment())
    assert version(PROJECT["name"]) == PROJECT["version"]
    assert Path(sae_utils.__file__).is_relative_to(ROOT)


def version(name):
    """Return a package's installed version, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def test_conda_takes_python_and_leaves_the_rest_to_the_lock():
    assert CONDA["name"] == "sparse-autoencoders"
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]
    python, pip, section = CONDA["dependencies"]
    assert python.removeprefix("python=") in PYTHONS
    assert pip == "pip"
    assert section == {"pip": ["-r requirements.txt", "-e ."]}


def test_workflow_tests_every_python_on_every_system():
    (job,) = WORKFLOW["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert matrix["python-version"] == PYTHONS
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    for step in job["steps"]:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/x@v1"))
    commands = "\n".join(step.get("run", "") for step in job["steps"])
    assert "make test" in commands
    assert r".venv\Scripts\pytest" in commands


def test_hooks_before_a_commit_are_what_make_test_runs_first():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    (repository,) = hooks["repos"]
    assert repository["repo"] == "local"
    entries = [
        hook["entry"].replace(".venv/bin", "$(BIN)") for hook in repository["hooks"]
    ]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = makefile.partition("\ntest: ")[2].partition("\n\n")[0].split("\n\t")[1:]
    assert [line.removesuffix(" .") for line in recipe[:2]] == entries


def test_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()


def test_changelog_names_this_version():
    assert f"\n## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
