"""Measure what each notebook costs in a fresh kernel: processor time, time and memory.

Run it by `make cost`, or for some notebooks and the median of three runs by
`make cost NOTEBOOKS=notebooks/02_l1_sparsity.ipynb REPEAT=3`. It changes no file, and
ends with an error if a notebook is over one of the series' limits.

Processor seconds are user plus system, over all threads and child processes, from the
start of the kernel: imports are included. They hardly depend on what else the machine
does, unlike the seconds on the wall clock.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MAX_SECONDS = 60  # of processor time
MAX_CELL_SECONDS = 12  # of processor time
MAX_MIB = 1229  # 1.2 GiB


def main(notebooks, repeat):
    """Print a table with one line per notebook; return whether all keep the limits."""
    # The kernel `python3` of this environment, and not one of that name elsewhere.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ.pop("JUPYTER_PATH", None)
    # And without what a user has set for IPython, such as a profile.
    empty = tempfile.TemporaryDirectory()
    os.environ["IPYTHONDIR"] = empty.name
    print(
        f"{os.cpu_count()} cores; limits: {MAX_SECONDS} s of processor time, "
        f"{MAX_CELL_SECONDS} s of it in one cell, {MAX_MIB} MiB; median of {repeat}"
    )
    print(f"{'notebook':<28}{'processor':>10}{'wall':>8}{'MiB':>7}   slowest cell")
    within = True
    for path in notebooks:
        runs = [cost(path) for _ in range(repeat)]
        seconds, wall, mib, cells = map(list, zip(*runs, strict=True))
        seconds, wall, mib = map(statistics.median, (seconds, wall, mib))
        cell, cell_seconds = slowest(cells)
        over = seconds > MAX_SECONDS or cell_seconds > MAX_CELL_SECONDS or mib > MAX_MIB
        within = within and not over
        print(
            f"{path.stem:<28}{seconds:>8.1f} s{wall:>6.0f} s{mib:>7.0f}"
            f"   {cell_seconds:.1f} s in [{cell}]{'   over' if over else ''}",
            flush=True,
        )
    return within


def cost(path):
    """Run a notebook in a fresh kernel, and measure it.

    Returns:
        Processor seconds, seconds on the wall clock, the peak of memory in MiB, and a
        list of the processor seconds of each code cell.
    """
    start = time.perf_counter()
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    cells = []
    with client.setup_kernel():
        pid = client.km.provisioner.pid
        for index, cell in enumerate(client.nb.cells):
            before = processor_seconds(pid)
            client.execute_cell(cell, index)
            if cell.cell_type == "code":
                cells.append(processor_seconds(pid) - before)
        wall = time.perf_counter() - start
        return processor_seconds(pid), wall, peak_mib(pid), cells


def slowest(runs):
    """Return number and seconds of the slowest cell, by the median of its runs."""
    medians = [statistics.median(seconds) for seconds in zip(*runs, strict=True)]
    return medians.index(max(medians)) + 1, max(medians)


def processor_seconds(pid):
    """Return what a process and its children, running or ended, have used so far."""
    process = psutil.Process(pid)
    total = sum(process.cpu_times()[:4])  # user, system, and the same of ended children
    for child in process.children(recursive=True):
        try:
            total += sum(child.cpu_times()[:4])
        except psutil.Error:
            continue  # it has just ended: its parent has its seconds now
    return total


def peak_mib(pid):
    """Return the most memory that a process has held; on macOS, what it holds now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) / 1024
    memory = psutil.Process(pid).memory_info()
    return getattr(memory, "peak_wset", memory.rss) / 2**20


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=NOTEBOOKS)
    parser.add_argument(
        "--repeat", type=int, default=1, help="take the median of so many"
    )
    options = parser.parse_args()
    sys.exit(not main(options.notebooks, options.repeat))
