"""JupyterHub for a room: one machine, a class password, a copy of the notebooks each.

`make hub` starts it; docs/hub.md says how to use it, and what it does not protect from.
"""

import os
import resource
import secrets
import shutil
import sys
from pathlib import Path

from jupyterhub.spawner import SimpleLocalProcessSpawner

c = get_config()  # noqa: F821

HUB = Path(__file__).resolve().parent
NOTEBOOKS = Path(os.environ.get("HUB_NOTEBOOKS", HUB.parent / "build/student")).resolve()
DATA = Path(os.environ.get("HUB_DATA", HUB / "data")).resolve()
ADDRESS = os.environ.get("HUB_ADDRESS", "127.0.0.1")
PORT = int(os.environ.get("HUB_PORT", "8000"))

if not any(NOTEBOOKS.glob("*.ipynb")):
    sys.exit(f"There are no notebooks to hand out in {NOTEBOOKS}: run `make student`.")
DATA.mkdir(mode=0o700, parents=True, exist_ok=True)


# --- Network: only the proxy can be opened to others ------------------------------------

c.JupyterHub.bind_url = f"http://{ADDRESS}:{PORT}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 1}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 2}"

c.ConfigurableHTTPProxy.command = [
    "node",
    str(HUB / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
]
c.ConfigurableHTTPProxy.pid_file = str(DATA / "proxy.pid")

c.JupyterHub.db_url = f"sqlite:///{DATA / 'jupyterhub.sqlite'}"
c.JupyterHub.upgrade_db = True  # after an update of JupyterHub; it keeps a backup
c.JupyterHub.cookie_secret_file = str(DATA / "cookie_secret")


# --- Who may log in ---------------------------------------------------------------------


def password(setting, file, shortest):
    """Return the password from the environment, or else the one in the data folder."""
    chosen = os.environ.get(setting)
    if chosen is None:
        path = DATA / file
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(max(10, shortest) // 2))
        chosen = path.read_text()
    if len(chosen) < shortest or not chosen.isascii():
        sys.exit(f"{setting} needs at least {shortest} characters, all of them ASCII.")
    return chosen


# The lengths are the least that this authenticator takes.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = password("HUB_PASSWORD", "password", 8)
c.SharedPasswordAuthenticator.admin_password = password(
    "HUB_TEACHER_PASSWORD", "teacher_password", 32
)
c.Authenticator.admin_users = {"teacher"}
c.Authenticator.allow_all = True  # any name, with the class password
c.Authenticator.username_pattern = r"[a-z0-9][a-z0-9_.-]{0,30}\Z"  # it names a folder
c.JupyterHub.template_vars = {
    "announcement_login": "Choose a name of letters from a to z and digits, and take the"
    " same name each time: your notebooks are kept under it."
}

print(
    f"Class password: {c.SharedPasswordAuthenticator.user_password}\n"
    f"Password of the user 'teacher': {c.SharedPasswordAuthenticator.admin_password}",
    flush=True,
)


# --- A student's server -----------------------------------------------------------------


class LimitedSpawner(SimpleLocalProcessSpawner):
    """A local server held to `mem_limit` and `cpu_limit`.

    The parent class only tells them to the server. Here the system enforces them, on the
    server and on the kernels it starts: the memory for each process, the cores for all.
    """

    def make_preexec_fn(self, name):
        """Return what the new process does before it becomes the server."""
        go_home = super().make_preexec_fn(name)
        memory = self.mem_limit
        if hasattr(os, "sched_setaffinity"):  # not on macOS
            cores = sorted(os.sched_getaffinity(0))
            # Each student's cores follow those of the one before, and start again.
            first = int(self.user.id * self.cpu_limit)
            share = {cores[(first + i) % len(cores)] for i in range(int(self.cpu_limit))}

        def prepare():
            go_home()
            os.nice(5)  # the hub itself stays responsive
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, share)

        return prepare


def hand_out(spawner):
    """Copy the notebooks that the student does not have yet; overwrite none."""
    folder = DATA / "students" / spawner.user.name / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)


c.JupyterHub.spawner_class = LimitedSpawner
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": str(HUB / "student_server")}
c.Spawner.pre_spawn_hook = hand_out
c.SimpleLocalProcessSpawner.home_dir_template = str(DATA / "students/{username}")
c.Spawner.notebook_dir = "~"
c.Spawner.default_url = "/lab/tree/notebooks/01_plain_autoencoder.ipynb"
c.Spawner.mem_limit = "3G"
c.Spawner.cpu_limit = 2
# A whole class starts its servers in the same minute.
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300


# --- Servers that nobody uses are stopped; their files stay -----------------------------

c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": [
            "list:users",
            "read:users:activity",
            "read:servers",
            "delete:servers",
        ],
        "services": ["idle-culler"],
    }
]
