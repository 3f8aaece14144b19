"""Files that the hub writes: never in part, and not where a link leads."""

import os
import tempfile
from pathlib import Path


def write_whole(path, content):
    """Write a file that then exists as a whole, or not at all if the disk is full."""
    # In the same folder, as only then the renaming is one step.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the content is on the disk before the name is
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def hand_out(notebooks, home, log):
    """Copy the notebooks that the student does not have yet; overwrite none.

    What cannot be copied is logged and left out, since the server starts all the same.

    Args:
        notebooks: Path. The folder of notebooks to hand out.
        home: Path. The student's home folder; the copies go into its `notebooks`.
        log: Logger.
    """
    folder = Path(home) / "notebooks"
    try:
        for each in folder.parent, folder:
            # A link could lead to another student's folder.
            if each.is_symlink():
                raise OSError(f"{each} is a link, not a folder")
            each.mkdir(parents=True, exist_ok=True)
        for notebook in sorted(notebooks.glob("*.ipynb")):
            copy = folder / notebook.name
            if copy.is_symlink():
                log.warning("Not handed out: %s is a link", copy)
            elif not copy.exists():
                write_whole(copy, notebook.read_bytes())
    except OSError as error:
        log.error("Not all notebooks were handed out: %s", error)
