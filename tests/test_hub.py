"""The hub for the room: who gets in, whose files are whose, and what stays."""

import json
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hub.classroom import Hub, Student, has_ended, run, wait_for

import psutil
import pytest
from tornado.web import create_signed_value, decode_signed_value

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
    almost = class_password(hub)[:-1]
    for wrong in ["", "password", "Schlüssel", almost, teacher_password(hub)]:
        assert not Student(hub, "anna").log_in(wrong), wrong
    assert Student(hub, "anna").log_in(class_password(hub))


def test_a_browser_has_to_log_in_again_the_next_day(hub):
    anna = Student(hub, "anna")
    assert anna.log_in(class_password(hub))
    secret = bytes.fromhex((hub.data / "cookie_secret").read_text())
    name = "jupyterhub-hub-login"
    cookie = anna.session.cookies[name].strip('"')
    content = decode_signed_value(secret, name, cookie)
    for hours, page in (23, "/hub/home"), (25, "/hub/login"):
        past = time.time() - 3600 * hours
        cookie = create_signed_value(secret, name, content, clock=lambda past=past: past)
        anna.session.cookies.set(name, cookie.decode(), domain="127.0.0.1", path="/hub/")
        assert page in anna.session.get(f"{hub.url}/hub/home", timeout=60).url, hours


def test_the_teacher_needs_another_password(hub):
    assert not Student(hub, "teacher").log_in(class_password(hub))
    assert Student(hub, "teacher").log_in(teacher_password(hub))


def test_guessing_gets_slower_whatever_address_one_pretends(hub):
    times = []
    for number in range(12):
        guesser = Student(hub, f"guesser{number}")
        pretended = {"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": "10.0.0.99"}
        guesser.session.headers.update(pretended)
        start = time.monotonic()
        assert not guesser.log_in("wrong horse")
        times.append(time.monotonic() - start)
    assert times[-1] >= 1 > min(times)
    assert Student(hub, "anna").log_in(class_password(hub))  # ends it


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


def test_files_named_like_pythons_own_do_no_harm(hub):
    folder = hub.data / "students/dora/notebooks"
    folder.mkdir(parents=True)
    for name in "random.py", "calendar.py":
        for each in folder.parent, folder:
            (each / name).write_text("raise SystemExit('by dora')")
    (folder / "mine.py").write_text("print('by dora')")
    dora = at_work(hub, "dora")
    # As JupyterLab does it, a kernel is started in the folder of its notebook.
    session = {"path": FIRST, "name": "", "type": "notebook", "kernel": {}}
    kernel = dora.request("POST", "sessions", json=session).json()["kernel"]["id"]
    channel = dora.connect(kernel)
    messages = list(run(channel, ["import random, calendar, mine"]))
    channel.close()
    assert [content["text"] for kind, content in messages if kind == "stream"] == [
        "by dora\n"
    ]


def test_a_server_that_dies_at_once_is_noticed(hub):
    settings = hub.data / "students/emil/.jupyter"
    settings.mkdir(parents=True)
    (settings / "jupyter_server_config.py").write_text("raise SystemExit(3)")
    start = time.monotonic()
    emil = Student(hub, "emil")
    assert emil.log_in(class_password(hub))
    page = emil.session.get(f"{hub.url}/hub/spawn", timeout=60)
    while "Your server ended at once" not in page.text:
        assert time.monotonic() < start + 60
        time.sleep(0.5)
        page = emil.session.get(f"{hub.url}/hub/spawn-pending/emil", timeout=60)


def test_six_requests_at_once_get_two_kernels(hub):
    cleo = at_work(hub, "cleo")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(start_kernel, [cleo] * 6))
    assert sorted(answer.status_code for answer in answers) == [201, 201, *[403] * 4]
    assert len(cleo.request("GET", "kernels").json()) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps these limits")
def test_limits_are_kept(hub, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # the test needs no proxy
    anna = at_work(hub, "anna")
    kernels = [start_kernel(anna), start_kernel(anna)]
    third = start_kernel(anna)
    assert third.status_code == 403
    assert "running already" in third.json()["message"]
    assert anna.request("GET", "terminals").status_code == 404

    channel = anna.connect(kernels[0].json()["id"])
    cells = [
        "import os; print(len(os.sched_getaffinity(0)), os.environ['MALLOC_ARENA_MAX'])",
        "big = bytearray(4 * 2**30)",
        "big = bytearray(2**30); print('alive')",
    ]
    messages = list(run(channel, cells))
    printed = "".join(content["text"] for kind, content in messages if kind == "stream")
    assert printed == "1 2\n"
    replies = [content for kind, content in messages if kind == "execute_reply"]
    # The cell after one that fails is not run by itself, so it is asked for again.
    assert [reply["status"] for reply in replies] == ["ok", "error", "aborted"]
    assert replies[1]["ename"] == "MemoryError"
    assert any(kind == "stream" for kind, _ in run(channel, cells[2:]))
    channel.close()


def test_endless_output_does_not_fill_a_server_that_no_browser_listens_to(hub):
    fritz = at_work(hub, "fritz")
    kernel = start_kernel(fritz).json()["id"]
    channel = fritz.connect(kernel)
    cell = "for line in range(400_000): print(f'{line:1000}')"
    for kind, _ in run(channel, [cell]):
        if kind == "stream":
            channel.close()
            break
    wait_for(
        lambda: "idle" in fritz.request("GET", f"kernels/{kernel}").text,
        seconds=120,
        what="the end of the output",
    )
    server = next(
        process
        for process in hub.processes()
        if "jupyterhub.singleuser" in process.cmdline()
        and process.environ()["JUPYTERHUB_USER"] == "fritz"
    )
    assert server.memory_info().rss < 300 * 2**20
    channel = fritz.connect(kernel)
    kinds = [kind for kind, _ in run(channel, ["pass"])]
    channel.close()
    assert kinds.count("execute_reply") == 2  # that of the first cell was kept


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP], ids=lambda how: how.name)
def test_ctrl_c_or_a_closed_terminal_stops_all_and_files_survive(hub, how):
    anna = at_work(hub, "anna")
    start_kernel(anna)
    notebook = anna.request("GET", f"contents/{FIRST}").json()
    notebook["content"]["cells"][0]["source"] = f"# Anna was here before {how.name}"
    anna.request("PUT", f"contents/{FIRST}", json=notebook).raise_for_status()

    assert len(hub.processes()) >= 5  # hub, proxy, culler, server, kernel
    assert hub.stop(how) == []
    hub.start()
    notebook = at_work(hub, "anna").request("GET", f"contents/{FIRST}").json()
    source = notebook["content"]["cells"][0]["source"]
    assert source == f"# Anna was here before {how.name}"


def test_new_passwords_keep_out_who_was_in(hub):
    anna = at_work(hub, "anna")
    hub.stop()
    for file in ["cookie_secret", "jupyterhub.sqlite"]:  # as docs/hub.md says
        (hub.data / file).unlink()
    hub.start()
    at_work(hub, "anna")  # by another browser; the server has to be up again
    assert anna.session.get(f"{hub.url}/hub/home", timeout=60).url.count("/hub/login")
    assert anna.request("GET", "contents").status_code == 403


def test_nothing_piles_up_after_a_hub_was_killed(hub):
    at_work(hub, "anna")
    family = hub.processes()
    proxy, culler = (
        next(process for process in family if word in " ".join(process.cmdline()))
        for word in ["configurable-http-proxy", "idle_culler"]
    )
    hub.process.kill()
    hub.process.wait()
    wait_for(lambda: has_ended(culler), seconds=20, what="the culler's end")
    assert not has_ended(proxy)
    hub.start()
    assert has_ended(proxy)
    assert at_work(hub, "anna").request("GET", "contents").ok
    assert not all(map(has_ended, family))  # anna's server has been taken over
    hub.stop()
    assert all(map(has_ended, family))
    hub.start()


def test_the_number_of_the_proxy_may_be_a_strangers(hub):
    with subprocess.Popen(["sleep", "600"]) as stranger:
        hub.stop()
        (hub.data / "proxy.pid").write_text(str(stranger.pid))
        hub.start()
        assert stranger.poll() is None
        stranger.kill()


def test_a_folder_may_have_any_name(tmp_path):
    with Hub(tmp_path / "a%20b" / "what?", ROOT / "notebooks") as hub:
        assert Student(hub, "anna").log_in(class_password(hub))
        assert (hub.data / "jupyterhub.sqlite").exists()
