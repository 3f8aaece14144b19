"""Make the virtual environment `.venv` as requirements.txt says, or leave it as it is.

Every target of the Makefile runs this first. It takes a moment if nothing is to be done.
A new environment is built at its final place, since an environment holds its own path.
The old one is moved aside until the new one is complete, and back if that fails.
"""

import ast
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where make is rare; two set-ups are not kept apart there
    fcntl = None

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / ".installed"
OLD = ROOT / ".venv.old"
LOCK = ROOT / ".venv.lock"
NEEDED_BYTES = 5e9

# What pip's settings may say here: where packages come from, and how they are reached.
# Others, such as `user` or `target`, would put packages elsewhere, or leave some out.
KEPT_SETTINGS = {
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-cache-dir",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
}


def main():
    """Build the environment if it is missing, broken, moved, or older than the lock."""
    if is_current():
        return
    with only_one_set_up():
        clean_up_after_interruption()
        if not is_current():  # another set-up may just have made it
            rebuild()


def is_current():
    """Tell whether the environment is complete, works here, and is that of the lock."""
    return stamp() == wanted_stamp() and runs()


def is_of_this_folder():
    """Tell whether the environment is complete and was built in this very folder."""
    return stamp().startswith(f"{ROOT}\n")


def stamp():
    """Return what the last file of a complete environment holds, or an empty text."""
    return STAMP.read_text("utf-8") if STAMP.exists() else ""


def wanted_stamp():
    """Return what that file should hold: this folder, and the lock."""
    lock = hashlib.sha256((ROOT / "requirements.txt").read_bytes()).hexdigest()
    return f"{ROOT}\n{lock}\n"


def runs():
    """Tell whether the environment's Python starts: its own Python may be gone."""
    command = [python(), "-c", ""]
    try:
        return subprocess.run(command, check=False, timeout=60).returncode == 0
    except OSError:
        return False


def python():
    """Return the path of the environment's Python."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return ENVIRONMENT / folder / "python"


@contextlib.contextmanager
def only_one_set_up():
    """Wait for another set-up in this folder to end."""
    try:
        lock = LOCK.open("w")
    except OSError as error:
        sys.exit(f"Set-up has to write into this folder, and cannot: {error}")
    with lock:
        if fcntl:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("Another set-up is running in this folder. Waiting for it to end.")
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def clean_up_after_interruption():
    """Finish what a set-up that was killed has left."""
    if OLD.exists():
        if is_of_this_folder():
            remove(OLD)  # the new one was complete
        else:
            remove(ENVIRONMENT)
            OLD.rename(ENVIRONMENT)


def rebuild():
    """Build a new environment; keep the old one if that fails."""
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        sys.exit(
            f"Set-up needs {NEEDED_BYTES / 1e9:.0f} GB of free disk space, and there are "
            f"{free / 1e9:.1f} GB. Nothing has been changed."
        )
    usable = is_of_this_folder() and runs()
    if ENVIRONMENT.exists():
        ENVIRONMENT.rename(OLD)
    say("Setting up: this takes a few minutes, and needs the internet.")
    try:
        build()
    except BaseException as error:
        remove(ENVIRONMENT)
        if OLD.exists():
            OLD.rename(ENVIRONMENT)
        if not isinstance(error, subprocess.CalledProcessError):
            raise
        if usable:
            say("Set-up failed, so the environment is the old one: older than the lock.")
            return
        sys.exit("Set-up failed, see above. Without the internet it cannot work.")
    remove(OLD)


def build():
    """Make the environment, and write its stamp when it is complete."""
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    pip = [python(), "-m", "pip", "--disable-pip-version-check"]
    settings = pip_environment([*pip, "config", "list"])

    def install(*arguments):
        command = [*pip, "--quiet", "install", *arguments]
        subprocess.run(command, check=True, cwd=ROOT, env=settings)

    install("--requirement", "requirements.txt")
    # The package itself, in place, without using the network again.
    install("--no-deps", "--no-build-isolation", "--editable", ".")
    STAMP.write_text(wanted_stamp(), "utf-8")


def pip_environment(list_settings):
    """Return environment variables with which pip uses the `KEPT_SETTINGS` alone."""
    listed = subprocess.run(list_settings, check=True, stdout=subprocess.PIPE, text=True)
    kept = {"PIP_RETRIES": "2"}  # without the internet it should not take long to fail
    for section in "global", "install", ":env:":  # the later one counts
        for line in listed.stdout.splitlines():
            name, _, value = line.partition("=")
            setting = name.removeprefix(f"{section}.")
            if setting != name and setting in KEPT_SETTINGS:
                variable = "PIP_" + setting.upper().replace("-", "_")
                kept[variable] = " ".join(ast.literal_eval(value).split())
    others = {name: value for name, value in os.environ.items() if name[:4] != "PIP_"}
    return others | kept | {"PIP_CONFIG_FILE": os.devnull}


def remove(folder):
    """Remove a folder, if there is one."""
    if folder.exists():
        shutil.rmtree(folder)


def say(text):
    """Print a line at once: what runs next may print for itself."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
