"""JupyterLab as `make lab` starts it: on this machine only, with its token, no news."""

c = get_config()  # noqa: F821

c.ServerApp.ip = "127.0.0.1"
