"""JupyterLab as `make lab` starts it: on this machine only, with its token, no news."""

import platform
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

c = get_config()  # noqa: F821


class ThisPython(KernelSpecManager):
    """Offers the Python that JupyterLab itself runs in, and no other kernel.

    A kernel called python3 that somebody installed for another project would otherwise
    be taken before ours.
    """

    def _kernel_dirs_default(self):
        return []


class NotebooksOfThisPython(AsyncLargeFileManager):
    """Opens a notebook as if this Python had saved it.

    Otherwise JupyterLab adds Python's version, and shows a notebook that nobody has
    changed as not saved.
    """

    async def get(self, path, content=True, type=None, format=None, **options):
        """Return a file; in a notebook, with this Python's version."""
        model = await super().get(path, content, type, format, **options)
        if model["type"] == "notebook" and content:
            language = model["content"]["metadata"].get("language_info", {})
            if language.get("name") == "python":
                language["version"] = platform.python_version()
        return model


c.ServerApp.kernel_spec_manager_class = ThisPython
c.ServerApp.contents_manager_class = NotebooksOfThisPython

# The project is the root, so that links from a notebook to other files work.
c.ServerApp.root_dir = str(Path(__file__).resolve().parent)
c.FileContentsManager.preferred_dir = "notebooks"
c.LabApp.default_url = "/lab/tree/notebooks/01_plain_autoencoder.ipynb"

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_root = True  # as one often is in a container


def without_news(handler, page_config):
    """Leave out the plugin that asks whether to fetch news, on every page."""
    page_config["disabledExtensions"].append(
        "@jupyterlab/apputils-extension:announcements"
    )
    return page_config


# No request leaves this machine: no news, no look for updates or for extensions.
c.ServerApp.tornado_settings = {"page_config_hook": without_news}
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
