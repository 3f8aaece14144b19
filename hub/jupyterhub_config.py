"""JupyterHub for a room: one machine, a class password, a copy of the notebooks each.

`make hub` starts it; docs/hub.md says how to use it, and what it does not protect from.
"""

import os
import signal
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # JupyterHub runs this alone

from hub import files, passwords, servers, start

c = get_config()  # noqa: F821

HUB = Path(__file__).resolve().parent
NOTEBOOKS = Path(start.setting("HUB_NOTEBOOKS", HUB.parent / "build/student")).resolve()
DATA = Path(start.setting("HUB_DATA", HUB / "data")).resolve()
ADDRESS = start.setting("HUB_ADDRESS", "127.0.0.1")
PORT = start.port_setting("HUB_PORT", 8000)
PROXY = HUB / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"

if not any(NOTEBOOKS.glob("*.ipynb")):
    sys.exit(
        f"HUB_NOTEBOOKS is {NOTEBOOKS}: there are no notebooks to hand out. Run"
        " `make student`, or choose a folder that holds some."
    )
start.keep_private(DATA)
start.lock(DATA)
start.stop_leftover_proxy(DATA / "proxy.pid", PROXY, DATA)
os.environ["HUB_DATA"] = str(DATA)  # by which the next hub recognizes the proxy
start.check_ports(ADDRESS, PORT)

# A terminal that closes stops the hub as Ctrl-C does, unless it was started by `nohup`.
if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


# --- Network: only the proxy can be opened to others ------------------------------------

c.JupyterHub.bind_url = f"http://{ADDRESS}:{PORT}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 1}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 2}"

c.ConfigurableHTTPProxy.command = ["node", str(PROXY)]
c.ConfigurableHTTPProxy.pid_file = str(DATA / "proxy.pid")

# In an address, these two characters have a meaning of their own.
DATABASE = str(DATA / "jupyterhub.sqlite").replace("%", "%25").replace("?", "%3F")
c.JupyterHub.db_url = f"sqlite:///{DATABASE}"
c.JupyterHub.upgrade_db = True  # after an update of JupyterHub; it keeps a backup
c.JupyterHub.cookie_secret_file = str(DATA / "cookie_secret")


# --- Who may log in ---------------------------------------------------------------------

# The lengths are the least that this authenticator takes.
CLASS = passwords.read_password("HUB_PASSWORD", DATA / "password", 8)
TEACHER = passwords.read_password("HUB_TEACHER_PASSWORD", DATA / "teacher_password", 32)
if CLASS == TEACHER:
    sys.exit("HUB_PASSWORD and HUB_TEACHER_PASSWORD are the same: they have to differ.")

c.JupyterHub.authenticator_class = passwords.PatientAuthenticator
c.SharedPasswordAuthenticator.user_password = CLASS
c.SharedPasswordAuthenticator.admin_password = TEACHER
c.Authenticator.admin_users = {"teacher"}
c.Authenticator.allow_all = True  # any name, with the class password
c.Authenticator.username_pattern = r"[a-z0-9][a-z0-9_.-]{0,30}\Z"  # it names a folder
c.JupyterHub.cookie_max_age_days = 1  # then a browser has to log in again
c.JupyterHub.template_vars = {
    "announcement_login": "Choose a name of letters from a to z and digits, and take the"
    " same name each time: your notebooks are kept under it."
}

print(f"Class password: {CLASS}\nPassword of the user 'teacher': {TEACHER}", flush=True)


# --- A student's server -----------------------------------------------------------------

c.JupyterHub.spawner_class = servers.LimitedSpawner
# -P: a student's own random.py must not take the place of Python's.
c.Spawner.cmd = [sys.executable, "-P", "-m", "jupyterhub.singleuser"]
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(HUB / "student_server"),
    # For the kernels: glibc would keep freed memory in a heap for every thread.
    "MALLOC_ARENA_MAX": "2",
}
c.Spawner.pre_spawn_hook = lambda spawner: files.hand_out(
    NOTEBOOKS, spawner.home_dir, spawner.log
)
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
        "command": [
            *[sys.executable, "-P", str(HUB / "idle_culler.py"), str(os.getpid())],
            "--timeout=3600",
        ],
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
