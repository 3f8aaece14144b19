"""The students' servers: each is a process with a limit on memory and cores."""

import asyncio
import os
import resource

import psutil
from jupyterhub.spawner import SimpleLocalProcessSpawner


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

    async def start(self):
        """Start the server; return its address as soon as it listens there.

        JupyterHub itself would wait for `http_timeout` for a server that is dead.
        """
        address = await super().start()
        while not await listens(*address):
            status = await self.poll()
            if status is not None:
                error = RuntimeError(f"The server ended at once, with status {status}.")
                error.jupyterhub_message = (
                    f"Your server ended at once, with status {status}. Please tell your"
                    " teacher: the reason is where the hub was started."
                )
                raise error
            await asyncio.sleep(0.5)
        return address

    def load_state(self, state):
        """Recall the server of an earlier hub, unless a stranger has its number now."""
        super().load_state(state)
        try:
            if psutil.Process(self.pid).environ().get("HOME") != self.home_dir:
                self.pid = 0
        except psutil.Error:
            self.pid = 0


async def listens(host, port):
    """Return whether somebody listens on the port."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
