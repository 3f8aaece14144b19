"""What has to hold before the hub starts; otherwise it ends with one clear sentence."""

import errno
import fcntl
import os
import socket
import sys

import psutil


def setting(name, default):
    """Return a setting of the environment, or else its default; refuse an empty one."""
    value = os.environ.get(name, str(default))
    if not value:
        sys.exit(f"{name} is empty: give it a value, or leave it out for {default}.")
    return value


def port_setting(name, default):
    """Return the number of a port that has two more after it."""
    value = setting(name, default)
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65533):
        sys.exit(f"{name} is {value!r}: it has to be a whole number from 1 to 65533.")
    return int(value)


def keep_private(folder):
    """Make the data folder, and let nobody but this user into it, also if it exists."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        sys.exit(f"HUB_DATA is {folder}: it has to be a folder of your own ({error}).")


def lock(folder):
    """Let one hub at a time use the data folder.

    The system frees the lock when this process ends, however it ends.
    """
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)  # never closed
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(
            f"HUB_DATA is {folder}: another hub uses this folder. Stop that hub, or"
            " choose another folder."
        )


def stop_leftover_proxy(pid_file, script, folder):
    """Stop the proxy of a hub that could not, and remove the file with its number.

    JupyterHub would stop any process of that number, as after a power cut a stranger has
    it. A proxy is one of this data folder if its environment says so.
    """
    try:
        process = psutil.Process(int(pid_file.read_text()))
        ours = str(script) in process.cmdline()
        if ours and process.environ().get("HUB_DATA") == str(folder):
            process.terminate()
            process.wait(10)
    except FileNotFoundError:
        return
    except psutil.TimeoutExpired:
        process.kill()
    except (ValueError, psutil.Error):
        pass  # no number, no such process, or not one of ours
    pid_file.unlink()


def check_ports(address, port):
    """Make sure that the hub can listen on its port, and inside on the next two."""
    for host, number in (address, port), ("127.0.0.1", port + 1), ("127.0.0.1", port + 2):
        try:
            socket.create_server((host, number)).close()
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                sys.exit(
                    f"HUB_PORT is {port}: port {number} is taken or not allowed. Choose"
                    " one from 1024 to 65533 that is free, and so are the next two."
                )
            sys.exit(
                f"HUB_ADDRESS is {address!r}: it has to be an IPv4 address of this"
                f" machine, or 0.0.0.0 for all of them ({error})."
            )
