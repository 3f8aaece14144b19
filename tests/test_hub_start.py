"""What the hub checks and writes before it starts, without starting one."""

import asyncio
import json
import logging
import os
import socket
from pathlib import Path
from types import SimpleNamespace

from hub.classroom import CONFIG, free_ports, run

import pytest
from traitlets.config import PyFileConfigLoader

ROOT = Path(__file__).parents[1]

resource = pytest.importorskip("resource", reason="no JupyterHub for Windows")


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Return a function that reads the configuration, with some settings."""

    def load(**settings):
        usual = {
            "HUB_DATA": str(tmp_path / "data"),
            "HUB_NOTEBOOKS": str(ROOT / "notebooks"),
            "HUB_PORT": str(free_ports()),
        }
        for name in ["HUB_PASSWORD", "HUB_TEACHER_PASSWORD", "HUB_ADDRESS"]:
            monkeypatch.delenv(name, raising=False)
        for name, value in (usual | settings).items():
            monkeypatch.setenv(name, value)
        return PyFileConfigLoader(str(CONFIG)).load_config()

    return load


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("HUB_PASSWORD", "", "HUB_PASSWORD needs at least 8 .* it has 0"),
        ("HUB_PASSWORD", "7 chars", "HUB_PASSWORD needs at least 8 .* it has 7"),
        ("HUB_PASSWORD", "Schlüssel", "all of them ASCII; it has 9, of which 1 "),
        ("HUB_PASSWORD", "Password123", "HUB_PASSWORD is 'Password123', one of the"),
        ("HUB_TEACHER_PASSWORD", "x" * 31, "HUB_TEACHER_PASSWORD needs at least 32"),
        ("HUB_NOTEBOOKS", "nowhere", "HUB_NOTEBOOKS is .*nowhere.*make student"),
        ("HUB_NOTEBOOKS", "", "HUB_NOTEBOOKS is empty"),
        ("HUB_DATA", "", "HUB_DATA is empty"),
        ("HUB_DATA", __file__, "HUB_DATA is .*py: it has to be a folder"),
        ("HUB_ADDRESS", "", "HUB_ADDRESS is empty"),
        ("HUB_ADDRESS", "999.0.0.1", "HUB_ADDRESS is '999.0.0.1': .* IPv4 address"),
        ("HUB_PORT", "", "HUB_PORT is empty"),
        ("HUB_PORT", "80 80", "HUB_PORT is '80 80': .* from 1 to 65533"),
        ("HUB_PORT", "65534", "HUB_PORT is '65534': .* from 1 to 65533"),
    ],
)
def test_the_configuration_refuses(load, setting, value, message):
    with pytest.raises(SystemExit, match=message):
        load(**{setting: value})


def test_the_two_passwords_differ(load):
    same = "one and the same password for everybody"
    with pytest.raises(SystemExit, match="they have to differ"):
        load(HUB_PASSWORD=same, HUB_TEACHER_PASSWORD=same)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_taken_port_is_told(load, which):
    port = free_ports()
    with (
        socket.create_server(("127.0.0.1", port + which)),
        pytest.raises(SystemExit, match=f"HUB_PORT is {port}: port {port + which} is"),
    ):
        load(HUB_PORT=str(port))


def test_one_hub_at_a_time_uses_a_data_folder(load, tmp_path):
    load()
    with pytest.raises(SystemExit, match=f"HUB_DATA is {tmp_path}/data: another hub"):
        load()
    load(HUB_DATA=str(tmp_path / "other"))


def test_a_data_folder_that_exists_becomes_private(load, tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)
    load()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_password_file_may_end_with_a_new_line(load, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/password").write_text("by an editor\n")
    assert load().SharedPasswordAuthenticator.user_password == "by an editor"


def test_an_empty_password_file_is_written_anew(load, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/teacher_password").touch()
    password = load().SharedPasswordAuthenticator.admin_password
    assert len(password) == 32
    assert (tmp_path / "data/teacher_password").read_text() == password


# --- Handing out ------------------------------------------------------------------------


@pytest.fixture
def student(load, tmp_path):
    """Return what the hub knows of a student, and a function that hands out to them."""
    config = load()
    home = tmp_path / "data/students/anna"
    spawner = SimpleNamespace(
        user=SimpleNamespace(name="anna"),
        home_dir=str(home),
        log=logging.getLogger("hub"),
    )
    return SimpleNamespace(
        home=home,
        folder=home / "notebooks",
        hand_out=lambda: config.Spawner.pre_spawn_hook(spawner),
    )


def handed_out(folder):
    """Return whether the folder has all notebooks as they are, and nothing else."""
    wanted = {path.name: path.read_bytes() for path in ROOT.glob("notebooks/*.ipynb")}
    return {path.name: path.read_bytes() for path in folder.iterdir()} == wanted


def test_no_notebook_is_handed_out_in_part(student, caplog):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))  # like a full disk
    try:
        student.hand_out()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(student.folder.iterdir()) == []
    assert "Not all notebooks were handed out" in caplog.text
    student.hand_out()
    assert handed_out(student.folder)


def test_no_password_is_written_in_part(load, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            load()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["lock"]


def test_nothing_is_handed_out_through_a_link(student, tmp_path, caplog):
    others = tmp_path / "data/students/bruno/notebooks"
    others.mkdir(parents=True)
    student.home.mkdir()
    student.folder.symlink_to(others)
    student.hand_out()
    assert list(others.iterdir()) == []
    assert f"{student.folder} is a link" in caplog.text


def test_a_link_that_leads_nowhere_is_not_followed(student, tmp_path, caplog):
    student.folder.mkdir(parents=True)
    link = student.folder / "01_plain_autoencoder.ipynb"
    link.symlink_to(tmp_path / "elsewhere")
    student.hand_out()
    assert not (tmp_path / "elsewhere").exists()
    assert f"{link} is a link" in caplog.text
    assert (student.folder / "02_l1_sparsity.ipynb").exists()


@pytest.mark.parametrize("kind", ["file", "dead link"])
def test_what_is_no_folder_does_not_stop_the_server(student, tmp_path, caplog, kind):
    student.home.mkdir(parents=True)
    if kind == "file":
        student.folder.touch()
    else:
        student.folder.symlink_to(tmp_path / "nowhere")
    student.hand_out()
    assert str(student.folder) in caplog.text


# --- Logging in, and what runs from an earlier start ------------------------------------


def test_failures_slow_down_one_address_only(load, monkeypatch):
    config = load(HUB_PASSWORD="correct horse")
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    authenticator = config.JupyterHub.authenticator_class(config=config)

    def log_in(password, address):
        # Whatever comes before the last comma was sent by the student.
        headers = {"X-Forwarded-For": f"10.9.9.9,{address}", "X-Real-Ip": "10.9.9.9"}
        handler = SimpleNamespace(request=SimpleNamespace(headers=headers))
        data = {"username": "anna", "password": password}
        return asyncio.run(authenticator.authenticate(handler, data))

    for wrong in ["wrong horse", "Schlüssel"] * 15:
        assert log_in(wrong, "10.0.0.1") is None
    assert waits == [*range(1, 11), *[10] * 9]
    waits.clear()
    assert log_in("correct horse", "10.0.0.2")["name"] == "anna"
    assert waits == []
    assert log_in("correct horse", "10.0.0.1")["name"] == "anna"
    assert log_in("wrong horse", "10.0.0.1") is None
    assert waits == [10]  # the right password has ended it


def test_many_tries_at_once_gain_nothing(load, monkeypatch):
    config = load(HUB_PASSWORD="correct horse")
    authenticator = config.JupyterHub.authenticator_class(config=config)
    authenticator.failures["10.0.0.1"] = 100
    authenticator.LONGEST = 0.1
    headers = {"X-Forwarded-For": "10.0.0.1"}
    handler = SimpleNamespace(request=SimpleNamespace(headers=headers))
    data = {"username": "anna", "password": "wrong horse"}

    async def flood():
        tries = [authenticator.authenticate(handler, data) for _ in range(50)]
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = asyncio.run(flood())
    assert answers.count(None) == 5
    assert {getattr(answer, "status_code", None) for answer in answers} == {None, 429}


def test_a_number_from_before_a_power_cut_may_be_a_strangers(load):
    config = load()
    config.SimpleLocalProcessSpawner.home_dir_template = "/tmp/{username}"
    spawner = config.JupyterHub.spawner_class(config=config, home_dir="/tmp/anna")
    spawner.load_state({"pid": os.getpid()})
    assert spawner.pid == 0


# --- The classroom of the tests ---------------------------------------------------------


class LateOutput:
    """A channel whose kernel replies before it has sent all output."""

    def send(self, message):
        self.parent = {"parent_header": json.loads(message)["header"]}
        self.messages = [
            ("status", {"execution_state": "busy"}),
            ("execute_reply", {"status": "ok"}),
            ("stream", {"text": "late"}),
            ("status", {"execution_state": "idle"}),
        ]

    def recv(self):
        kind, content = self.messages.pop(0)
        return json.dumps({"msg_type": kind, "content": content, **self.parent})


def test_output_after_the_reply_is_kept():
    assert ("stream", {"text": "late"}) in list(run(LateOutput(), ["print('late')"]))
