"""The hub for the room: who gets in, whose files are whose, and what stays."""

import json
import shutil
import sys
from pathlib import Path

from hub.classroom import CONFIG, Hub, Student, run

import psutil
import pytest
from traitlets.config import PyFileConfigLoader

ROOT = Path(__file__).parents[1]
FIRST = "notebooks/01_plain_autoencoder.ipynb"

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no JupyterHub for Windows"),
    pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed"),
    pytest.mark.skipif(
        not (ROOT / "hub/node_modules").exists(),
        reason="the hub's proxy is not installed: npm ci --prefix hub",
    ),
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    data = tmp_path_factory.mktemp("hub") / "data"
    # One core, to see the limit on a machine of two as well.
    with Hub(data, ROOT / "notebooks", "--Spawner.cpu_limit=1") as hub:
        yield hub


def class_password(hub):
    return (hub.data / "password").read_text()


def teacher_password(hub):
    return (hub.data / "teacher_password").read_text()


def at_work(hub, name):
    """Return a student who has logged in, and whose server runs."""
    student = Student(hub, name)
    assert student.log_in(class_password(hub))
    student.start_server()
    return student


def start_kernel(student):
    return student.request("POST", "kernels", json={"name": "python3"})


def test_a_student_needs_the_class_password(hub):
    for wrong in ["", "password", class_password(hub)[:-1], teacher_password(hub)]:
        assert not Student(hub, "anna").log_in(wrong), wrong
    assert Student(hub, "anna").log_in(class_password(hub))


def test_the_teacher_needs_another_password(hub):
    assert not Student(hub, "teacher").log_in(class_password(hub))
    assert Student(hub, "teacher").log_in(teacher_password(hub))


@pytest.mark.parametrize("name", ["../anna", "..", ".anna", "an na", "a" * 40])
def test_a_name_cannot_lead_out_of_the_folder(hub, name):
    assert not Student(hub, name).log_in(class_password(hub))


def test_passwords_are_generated_kept_private_and_told(hub):
    for password in class_password(hub), teacher_password(hub):
        assert len(password) >= 10
        assert f": {password}\n" in hub.log.read_text()
    for file in ["password", "teacher_password", "cookie_secret"]:
        assert (hub.data / file).stat().st_mode & 0o077 == 0, file
    assert hub.data.stat().st_mode & 0o077 == 0


def test_it_does_not_start_with_a_short_password(tmp_path):
    short = Hub(tmp_path / "data", ROOT / "notebooks", HUB_PASSWORD="7 chars")
    with pytest.raises(RuntimeError, match="HUB_PASSWORD needs at least 8"), short:
        pass


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("HUB_PASSWORD", "", "HUB_PASSWORD needs at least 8"),
        ("HUB_PASSWORD", "Schlüssel", "HUB_PASSWORD needs at least 8"),
        ("HUB_TEACHER_PASSWORD", "x" * 31, "HUB_TEACHER_PASSWORD needs at least 32"),
        ("HUB_NOTEBOOKS", "nowhere", "make student"),
    ],
)
def test_the_configuration_refuses(tmp_path, monkeypatch, setting, value, message):
    monkeypatch.setenv("HUB_DATA", str(tmp_path))
    monkeypatch.setenv("HUB_NOTEBOOKS", str(ROOT / "notebooks"))
    monkeypatch.setenv(setting, value)
    with pytest.raises(SystemExit, match=message):
        PyFileConfigLoader(str(CONFIG)).load_config()


def test_it_listens_on_loopback_only(hub):
    at_work(hub, "anna")
    heard = {
        connection.laddr
        for process in hub.processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {hub.port, hub.port + 1, hub.port + 2} < {port for _, port in heard}
    assert {address for address, _ in heard} == {"127.0.0.1"}


def test_a_server_opens_the_first_of_the_notebooks(hub):
    anna = at_work(hub, "anna")
    listing = anna.request("GET", "contents/notebooks").json()["content"]
    wanted = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {file["name"] for file in listing} >= wanted
    page = anna.session.get(anna.server, timeout=30)
    assert page.url == f"{anna.server}/lab/tree/{FIRST}"
    config = json.loads(page.text.split('type="application/json">')[1].split("<")[0])
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
    assert config["news"] == {"disabled": True}


def test_students_do_not_share_files_or_servers(hub):
    anna, bruno = at_work(hub, "anna"), at_work(hub, "bruno")
    mine = {"type": "file", "format": "text", "content": "by anna"}
    anna.request("PUT", "contents/notebooks/mine.txt", json=mine).raise_for_status()
    assert anna.request("GET", "contents/notebooks/mine.txt").ok
    assert bruno.request("GET", "contents/notebooks/mine.txt").status_code == 404
    bruno.server = anna.server
    assert bruno.request("GET", "contents/notebooks/mine.txt").status_code == 403


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps these limits")
def test_limits_are_kept(hub):
    anna = at_work(hub, "anna")
    kernels = [start_kernel(anna), start_kernel(anna)]
    third = start_kernel(anna)
    assert third.status_code == 403
    assert "running already" in third.json()["message"]
    assert anna.request("GET", "terminals").status_code == 404

    channel = anna.connect(kernels[0].json()["id"])
    cells = [
        "import os; print(len(os.sched_getaffinity(0)))",
        "big = bytearray(4 * 2**30)",
        "big = bytearray(2**30); print('alive')",
    ]
    messages = list(run(channel, cells))
    printed = "".join(content["text"] for kind, content in messages if kind == "stream")
    assert printed == "1\n"
    replies = [content for kind, content in messages if kind == "execute_reply"]
    # The cell after one that fails is not run by itself, so it is asked for again.
    assert [reply["status"] for reply in replies] == ["ok", "error", "aborted"]
    assert replies[1]["ename"] == "MemoryError"
    assert any(kind == "stream" for kind, _ in run(channel, cells[2:]))
    channel.close()


def test_ctrl_c_stops_everything_and_files_survive(hub):
    anna = at_work(hub, "anna")
    start_kernel(anna)
    notebook = anna.request("GET", f"contents/{FIRST}").json()
    notebook["content"]["cells"][0]["source"] = "# Anna was here"
    anna.request("PUT", f"contents/{FIRST}", json=notebook).raise_for_status()

    assert len(hub.processes()) >= 5  # hub, proxy, culler, server, kernel
    assert hub.stop() == []
    hub.start()
    notebook = at_work(hub, "anna").request("GET", f"contents/{FIRST}").json()
    assert notebook["content"]["cells"][0]["source"] == "# Anna was here"
