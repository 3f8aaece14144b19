"""Print what `make doctor` finds on this machine, what is wrong, and what to do.

A report of a fault should contain this. It changes nothing, and needs no set-up.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import set_up

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHOWN = ("keras", "tensorflow", "numpy", "matplotlib", "jupyterlab", "nbval", "ipykernel")
VERSIONS = f"""
from importlib.metadata import version
print(", ".join(f"{{name}} {{version(name)}}" for name in {SHOWN}))
"""


def main():
    """Print the findings, a line each; end with an error if one of them is a fault."""
    findings = [
        python(),
        environment(),
        versions(),
        keras_settings(),
        *set_variables(),
        memory(),
        disk(),
        program("browser", BROWSERS, "only `make test-browser` needs one"),
        program("npm", ["npm"], "only `make hub` needs it: install Node.js 20 or newer"),
    ]
    faults = [advice for _, _, advice in findings if advice]
    for name, found, _ in findings:
        print(f"{name:<14}{found}")
    print()
    print("What to do:" if faults else "Nothing is wrong here.")
    for advice in faults:
        print(f"- {advice}")
    return not faults


def python():
    """Return name, finding, and advice (empty if all is well), like all that follow."""
    found = f"{platform.python_version()} on {platform.platform()}"
    is_right = (3, 11) <= sys.version_info < (3, 14)
    advice = "Use Python 3.11, 3.12, or 3.13: make PYTHON=/path/to/python3.12"
    return "Python", found, "" if is_right else advice


def environment():
    if set_up.is_current():
        return "environment", "complete, and that of requirements.txt", ""
    if not set_up.ENVIRONMENT.exists():
        return "environment", "not set up yet", "Run `make lab` or `make test`."
    advice = "Run `make lab` or `make test` with the internet: it is built again."
    if not set_up.is_of_this_folder():
        return "environment", "incomplete, or set up in another folder", advice
    if not set_up.runs():
        return "environment", "its Python does not start", advice
    return "environment", "older than requirements.txt", advice


def versions():
    command = [set_up.python(), "-c", VERSIONS]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "packages", "cannot be read", ""  # the line above says what to do
    return "packages", run.stdout.strip(), ""


def keras_settings():
    folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        text = (folder / "keras.json").read_text("utf-8")
    except OSError:
        return "Keras' file", "none", ""
    try:
        settings = json.loads(text)
    except ValueError:
        advice = "Remove keras.json from Keras' folder: Keras cannot read it."
        return "Keras' file", "is not JSON", advice
    found = ", ".join(f"{name} {value}" for name, value in settings.items())
    return "Keras' file", f"{found} (the course does not use it)", ""


def set_variables():
    """Return a finding for each variable that changes what the course does."""
    advice = {
        "KERAS_BACKEND": "The notebooks need TensorFlow: unset KERAS_BACKEND.",
        "PYTHONPATH": "make ignores PYTHONPATH; unset it where you run Jupyter yourself.",
    }
    for name in ("KERAS_BACKEND", "PYTHONPATH", "http_proxy", "https_proxy", "no_proxy"):
        if value := os.environ.get(name):
            is_right = name not in advice or value == "tensorflow"
            # A proxy's address may hold a password.
            shown = "set" if name.endswith("_proxy") else value
            yield name, shown, "" if is_right else advice[name]


def memory():
    cores = f"{os.cpu_count()} cores"
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:  # macOS and Windows do not tell without another package
        return "machine", cores, ""
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    free = kib["MemAvailable"] / 2**20
    advice = "A notebook needs about 1.2 GiB of memory: close other programs."
    return (
        "machine",
        f"{cores}, {free:.1f} GiB of memory free",
        "" if free > 1.5 else advice,
    )


def disk():
    free = shutil.disk_usage(set_up.ROOT).free
    advice = f"Set-up needs {set_up.NEEDED_BYTES / 1e9:.0f} GB of free disk space."
    is_enough = free >= set_up.NEEDED_BYTES or set_up.is_current()
    return "disk", f"{free / 1e9:.0f} GB free", "" if is_enough else advice


def program(name, commands, advice):
    found = next(filter(None, map(shutil.which, commands)), None)
    return name, found or f"none found: {advice}", ""


if __name__ == "__main__":
    sys.exit(not main())
