"""A student's server: JupyterLab as `make lab` sets it up, with few kernels at a time."""

import asyncio
from pathlib import Path

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError

c = get_config()  # noqa: F821

# The hub itself sets the address, the folder and the page to open.
load_subconfig(  # noqa: F821
    "jupyter_lab_config.py", path=str(Path(__file__).resolve().parents[2])
)

MAX_KERNELS = 2
MAX_WAITING = 10 * 2**20  # bytes


class LastMessages(list):
    """What a kernel sends while no browser listens: replies, and the last of its output.

    Whenever the output grows beyond `MAX_WAITING`, what there is of it is forgotten.
    """

    size = 0

    def append(self, message):
        """Add a message, a pair of its channel and its parts."""
        bytes_more = sum(len(part) for part in message[1])
        self.size += bytes_more
        if self.size > MAX_WAITING:
            self[:] = [each for each in self if each[0] != "iopub"]
            self.size = bytes_more
        super().append(message)


class FewKernels(AsyncMappingKernelManager):
    """Starts no more than `MAX_KERNELS` kernels: the memory limit is one for each."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.starting = asyncio.Lock()

    async def start_kernel(self, *args, **kwargs):
        """Start a kernel, if the student has one left."""
        async with self.starting:  # a kernel counts only once it has started
            if len(self) >= MAX_KERNELS:
                raise HTTPError(
                    403,
                    f"{MAX_KERNELS} notebooks are running already. Shut one down first:"
                    " the second button on the left lists them.",
                )
            return await super().start_kernel(*args, **kwargs)

    def start_buffering(self, kernel_id, *args):
        """Keep messages for a browser that comes back, but no endless output."""
        super().start_buffering(kernel_id, *args)
        self._kernel_buffers[kernel_id]["buffer"] = LastMessages()


c.ServerApp.kernel_manager_class = FewKernels
c.ServerApp.terminals_enabled = False  # what runs in one is outside these limits

# Stop kernels that nobody uses, also if their notebook is still open in a browser.
c.MappingKernelManager.cull_idle_timeout = 3600
c.MappingKernelManager.cull_connected = True
