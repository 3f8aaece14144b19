"""Measure the time and the memory that each notebook takes, in a fresh kernel each.

Run it by `make cost`. It changes no file, and ends with an error if a notebook is over
the series' limits.
"""

import os
import re
import sys
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MAX_SECONDS = 120
MAX_MIB = 1536


def main():
    """Print a table with one line a notebook; return whether all keep the limits."""
    # The kernel `python3` of this environment, and not one of that name elsewhere.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ.pop("JUPYTER_PATH", None)
    print(f"{os.cpu_count()} cores; at most {MAX_SECONDS} s and {MAX_MIB} MiB each")
    print(f"{'notebook':<32}{'seconds':>8}{'MiB':>8}")
    within = True
    for path in NOTEBOOKS:
        seconds, mib = cost(path)
        over = seconds > MAX_SECONDS or mib > MAX_MIB
        within = within and not over
        mark = "  over" if over else ""
        print(f"{path.stem:<32}{seconds:>8.0f}{mib:>8.0f}{mark}", flush=True)
    return within


def cost(path):
    """Run a notebook; return the seconds, kernel start included, and the peak in MiB."""
    start = time.perf_counter()
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    with client.setup_kernel():
        for index, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, index)
        seconds = time.perf_counter() - start
        mib = peak_mib(client.km.provisioner.pid)
    return seconds, mib


def peak_mib(pid):
    """Return the most memory that a process has held; on macOS, what it holds now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) / 1024
    memory = psutil.Process(pid).memory_info()
    return getattr(memory, "peak_wset", memory.rss) / 2**20


if __name__ == "__main__":
    sys.exit(not main())
