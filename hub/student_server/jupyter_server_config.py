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


c.ServerApp.kernel_manager_class = FewKernels
c.ServerApp.terminals_enabled = False  # what runs in one is outside these limits

# Stop kernels that nobody uses, also if their notebook is still open in a browser.
c.MappingKernelManager.cull_idle_timeout = 3600
c.MappingKernelManager.cull_connected = True
