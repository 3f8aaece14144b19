"""A hub and its students, driven over HTTP: for its test and for its load test."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import requests
import websocket

HUB = Path(__file__).resolve().parent
CONFIG = HUB / "jupyterhub_config.py"


def free_ports():
    """Return a port that is free on loopback, and so are the next two."""
    # At random, as two hubs may be about to start at the same time.
    for port in random.sample(range(18000, 28000, 3), 20):
        try:
            for each in range(port, port + 3):
                with socket.create_server(("127.0.0.1", each)):
                    pass
        except OSError:
            continue
        return port
    raise OSError("No three free ports in a row were found between 18000 and 28000.")


class Hub:
    """A hub that runs while its `with` block does.

    Args:
        data: Path. The data folder.
        notebooks: Path. The folder of notebooks to hand out.
        options: Strings. Options of JupyterHub that go before those of its file.
        settings: Further environment variables, such as `HUB_PASSWORD`.
    """

    def __init__(self, data, notebooks, *options, **settings):
        self.data = Path(data)
        self.options = options
        self.port = free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
        self.environment = inherited | {
            "HUB_DATA": str(data),
            "HUB_NOTEBOOKS": str(notebooks),
            "HUB_PORT": str(self.port),
            **settings,
        }
        self.log = self.data.with_name(self.data.name + ".log")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start the hub, and wait until it answers."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", f"--config={CONFIG}", *self.options],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a group of its own, as a shell makes one
                # As at a terminal, even if what runs here was started by `nohup`.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )
        try:
            wait_for(self._answers, seconds=120, what="the hub")
        except BaseException:
            self.stop()
            raise

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"The hub has stopped:\n{self.log.read_text()}")
        try:
            return browser().get(f"{self.url}/hub/api", timeout=5).ok
        except requests.RequestException:
            return False

    def stop(self, signal=signal.SIGINT):
        """Stop the hub as Ctrl-C does; return what that left behind, and end it too.

        Args:
            signal: Another signal than that of Ctrl-C, to all that the terminal started.
        """
        family = self.processes()
        if family:
            os.killpg(self.process.pid, signal)
        deadline = time.monotonic() + 60
        while not all(map(has_ended, family)) and time.monotonic() < deadline:
            time.sleep(0.1)
        left_behind = [process for process in family if not has_ended(process)]
        for process in left_behind:
            process.kill()
        self.process.wait()
        return left_behind

    def processes(self):
        """Return the hub's process and all below it: proxy, culler, servers, kernels."""
        if self.process.poll() is not None:
            return []
        hub = psutil.Process(self.process.pid)
        return [hub, *hub.children(recursive=True)]


class Student:
    """Somebody who logs in at a hub, as a browser does.

    Args:
        hub: The `Hub`.
        name: String. The name to log in with.
    """

    def __init__(self, hub, name):
        self.hub = hub
        self.name = name
        self.server = f"{hub.url}/user/{name}"
        self.session = browser()

    def log_in(self, password):
        """Try to log in; return whether the hub let the student in.

        Raises:
            requests.HTTPError: if the hub fails to answer.
        """
        page = self.session.get(f"{self.hub.url}/hub/login", timeout=60)
        page.raise_for_status()
        answer = self.session.post(
            f"{self.hub.url}/hub/login?next=/hub/home",
            data={
                "_xsrf": self._xsrf("/hub/"),
                "username": self.name,
                "password": password,
            },
            timeout=60,
        )
        if answer.status_code != 403:  # a wrong name or password
            answer.raise_for_status()
        return answer.ok and answer.url.endswith("/hub/home")

    def start_server(self):
        """Start the student's server, and let the browser be known to it."""
        self.session.get(f"{self.hub.url}/hub/spawn", timeout=60).raise_for_status()
        wait_for(self._is_up, seconds=300, what=f"the server of {self.name}")

    def _is_up(self):
        # Follows the redirects by which hub and server agree on who this is.
        answer = self.session.get(f"{self.server}/lab", timeout=60)
        return answer.ok and answer.url.startswith(self.server)

    def request(self, method, path, **options):
        """Ask the Jupyter server; return what it answers."""
        headers = {"X-XSRFToken": self._xsrf(f"/user/{self.name}/")}
        return self.session.request(
            method, f"{self.server}/api/{path}", headers=headers, timeout=60, **options
        )

    def connect(self, kernel):
        """Return a websocket to a kernel of the student's server.

        The next one after it is closed gets what the kernel has sent in between.
        """
        address = f"{self.server}/api/kernels/{kernel}/channels?session_id=classroom"
        paths = {"/", f"/user/{self.name}/"}
        cookies = [c for c in self.session.cookies if c.path in paths]
        return websocket.create_connection(
            address.replace("http", "ws", 1),
            cookie="; ".join(f"{c.name}={c.value}" for c in cookies),
            header={"X-XSRFToken": self._xsrf(f"/user/{self.name}/")},
            # An open socket, as this would ask a proxy of the environment for one.
            socket=socket.create_connection(("127.0.0.1", self.hub.port), timeout=60),
        )

    def _xsrf(self, path):
        return self.session.cookies.get("_xsrf", path=path)


def has_ended(process):
    """Return whether a process has ended, also if nobody has taken note of it yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def browser():
    """Return a session that keeps cookies, and uses no proxy of the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def wait_for(condition, seconds, what):
    """Wait until `condition()` holds.

    Raises:
        TimeoutError: if it does not hold after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited for {what} in vain, for {seconds} seconds.")
        time.sleep(0.5)


def run(channel, cells):
    """Run the sources of cells, one after the other; yield what the kernel sends back.

    Args:
        channel: A websocket to a kernel, as `Student.connect` returns it.
        cells: List of strings.

    A cell is done when the kernel has replied and is idle again: the two messages, and
    the cell's output before the second, come by different channels.

    Yields:
        Pairs of a message's type and its content, see Jupyter's messaging protocol.
    """
    requests = {uuid.uuid4().hex: cell for cell in cells}
    for identifier, cell in requests.items():
        header = {"msg_id": identifier, "msg_type": "execute_request", "version": "5.3"}
        message = {
            "channel": "shell",
            "header": header | {"session": "classroom", "username": ""},
            "parent_header": {},
            "metadata": {},
            "content": {"code": cell, "silent": False, "allow_stdin": False},
        }
        channel.send(json.dumps(message))
    running, busy = set(requests), set(requests)
    while running or busy:
        message = json.loads(channel.recv())
        kind, content = message["msg_type"], message["content"]
        request = message["parent_header"].get("msg_id")
        if kind == "execute_reply":
            running.discard(request)
        if kind == "status" and content["execution_state"] == "idle":
            busy.discard(request)
        yield kind, content
