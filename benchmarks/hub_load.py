"""Let a class run notebook 01 at once on a hub of this machine, and measure it.

Run it by `make hub-load`, on Linux: `python -m benchmarks.hub_load STUDENTS`. It ends
with an error if a cell of any student fails. All traffic stays on loopback.
"""

import os
import re
import signal
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from hub.classroom import Hub, Student, run

import psutil

EDITION = Path(__file__).parents[1] / "build/student"
NOTEBOOK = "notebooks/01_plain_autoencoder.ipynb"
PASSWORD = uuid.uuid4().hex
MAX_MINUTES = 45
HUB = "hub"  # owns what belongs to no student: hub, proxy and culler


def main(students):
    """Print a table with one line a student; return whether every cell ran."""
    print(f"{students} students on {os.cpu_count()} cores run {Path(NOTEBOOK).name}")
    start = time.perf_counter()
    use = Use()
    with (
        tempfile.TemporaryDirectory() as folder,
        # Left after the hub: without it, the students give up.
        ThreadPoolExecutor(students) as pool,
        Hub(Path(folder) / "data", EDITION, HUB_PASSWORD=PASSWORD) as hub,
    ):
        names = [f"student-{number}" for number in range(1, students + 1)]
        runs = {name: pool.submit(attend, hub, name) for name in names}
        while wait(runs.values(), timeout=1).not_done:
            use.measure(hub)
            if time.perf_counter() - start > 60 * MAX_MINUTES:
                sys.exit(f"Not all are done after {MAX_MINUTES} minutes.")

    print("             server up   first result   all cells    memory   processor")
    failed = 0
    for name, future in runs.items():
        if future.exception() or future.result()["errors"]:
            failed += 1
            print(name, "failed:", future.exception() or future.result()["errors"])
            continue
        result = future.result()
        print(
            f"{name:<12}{result['server']:>8.0f} s{result['first']:>13.0f} s"
            f"{result['all'] / 60:>9.1f} min{use.memory[name]:>7.0f} MiB"
            f"{use.seconds[name]:>9.0f} s"
        )
    minutes = (time.perf_counter() - start) / 60
    print(f"{failed} of {students} failed, in {minutes:.1f} min")
    print(f"all together, with hub and proxy: {use.total:.0f} MiB at most")
    print(f"hub, proxy and culler alone: {use.memory[HUB]:.0f} MiB at most")
    print(f"what the memory limit counts, of one process: {use.data:.0f} MiB at most")
    return not failed


def attend(hub, name):
    """Log in, run all cells of the notebook; return seconds and error outputs."""
    student = Student(hub, name)
    start = time.perf_counter()
    if not student.log_in(PASSWORD):
        raise RuntimeError(f"{name} cannot log in")
    student.start_server()
    server = time.perf_counter()
    cells = student.request("GET", f"contents/{NOTEBOOK}").json()["content"]["cells"]
    session = {"path": NOTEBOOK, "name": "", "type": "notebook"}
    answer = student.request("POST", "sessions", json=session | {"kernel": {}})
    answer.raise_for_status()
    channel = student.connect(answer.json()["kernel"]["id"])
    channel.settimeout(60 * MAX_MINUTES)
    sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    first, errors = None, []
    for kind, content in run(channel, sources):
        if kind in {"stream", "display_data", "execute_result"}:
            first = first or time.perf_counter()
        if kind == "execute_reply" and content["status"] != "ok":
            errors.append(content.get("evalue", content["status"]))
        if kind == "status" and content["execution_state"] in {"restarting", "dead"}:
            raise RuntimeError("the kernel died")
    channel.close()
    return {
        "server": server - start,
        "first": first - server,
        "all": time.perf_counter() - server,
        "errors": errors,
    }


class Use:
    """What each student and the hub used: at most so much memory, seconds of processor.

    Memory is in MiB; what processes share is counted in equal parts (proportional set
    size).
    """

    def __init__(self):
        self.memory, self.seconds, self.total, self.data = {}, {}, 0, 0

    def measure(self, hub):
        """Look once at all processes of the hub."""
        memory, seconds = {}, {}
        for process in hub.processes():
            try:
                owner = process.environ().get("JUPYTERHUB_USER", HUB)
                pss = kib(process.pid, "smaps_rollup", "Pss") / 1024
                data = kib(process.pid, "status", "VmData") / 1024
                times = process.cpu_times()
            except (psutil.Error, OSError, TypeError):
                continue  # it has just ended
            memory[owner] = memory.get(owner, 0) + pss
            seconds[owner] = seconds.get(owner, 0) + times.user + times.system
            self.data = max(self.data, data if owner != HUB else 0)
        self.total = max(self.total, sum(memory.values()))
        for owner, mib in memory.items():
            self.memory[owner] = max(self.memory.get(owner, 0), mib)
            self.seconds[owner] = max(self.seconds.get(owner, 0), seconds[owner])


def kib(pid, file, field):
    """Return a number of KiB that Linux tells about a process."""
    text = Path(f"/proc/{pid}/{file}").read_text()
    return int(re.search(rf"^{field}:\s*(\d+) kB", text, re.M)[1])


if __name__ == "__main__":
    # Ended from outside, it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    students = sys.argv[1] if len(sys.argv) > 1 else "8"
    if not (students.isdecimal() and int(students) > 0):
        sys.exit(f"STUDENTS is {students!r}: it has to be a whole number from 1 on.")
    sys.exit(not main(int(students)))
