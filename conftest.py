"""nbval settings that need code."""

import pytest


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
