"""nbval settings that need code."""

import os
import tempfile

import pytest

# Kernels start without what a user has set for IPython and Matplotlib, and run where the
# home folder cannot be written to.
_empty = tempfile.TemporaryDirectory()
os.environ.update({name: _empty.name for name in ("IPYTHONDIR", "MPLCONFIGDIR")})
os.environ["JUPYTER_RUNTIME_DIR"] = os.path.join(_empty.name, "runtime")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    """Fail a cell that ran into nbval's time limit, and the cells after it.

    By itself nbval lets a cell pass that outlives the interruption, and reports whatever
    goes wrong in later cells as expected.
    """
    report = yield
    timed_out = getattr(item.parent, "timed_out", False)
    if timed_out and report.when == "call" and not report.failed:
        report.outcome = "failed"
        report.longrepr = "This cell or one before it ran into the time limit of a cell."
        report.wasxfail = None
        del report.wasxfail
    return report
