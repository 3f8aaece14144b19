"""The idle culler, which ends with its hub, however the hub ends.

Without this, each hub that was killed would leave a culler behind.
"""

import os
import sys
import time
from threading import Thread

from jupyterhub_idle_culler import main


def end_with(parent):
    """End this process once it belongs to another one than `parent`."""
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(0)


if __name__ == "__main__":
    Thread(target=end_with, args=[int(sys.argv.pop(1))], daemon=True).start()
    main()
