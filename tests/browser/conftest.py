"""A headless browser for the tests of this folder, which `make test-browser` runs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]

# As in tools/doctor.py.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser():
    """Chromium or Chrome, as installed on this machine; without one the test is skipped.

    The variable BROWSER_PATH names another one than those on the PATH.
    """
    candidates = [os.environ.get("BROWSER_PATH"), *map(shutil.which, BROWSERS)]
    path = next(filter(None, candidates), None)
    if path is None:
        pytest.skip(
            f"no browser found: install Chromium or Chrome, so that one of {BROWSERS} is "
            "on the PATH, or set BROWSER_PATH"
        )
    with sync_playwright() as playwright:
        # Its sandbox does not start for root, as one is in a container.
        chromium = playwright.chromium.launch(
            executable_path=path, chromium_sandbox=os.geteuid() != 0
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def screenshots():
    """The folder where tests leave their screenshots, which CI keeps."""
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Note for the fixture `page` that its test has failed."""
    report = yield
    item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def page(browser, screenshots, request):
    """A fresh page, 1280 x 720, of which a screenshot is kept if the test fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    yield page
    if request.node.stash[FAILED]:
        name = re.sub(r"\W+", "_", request.node.name).strip("_")
        page.screenshot(path=screenshots / f"{name}.png")
    context.close()


@pytest.fixture
def troubles(page):
    """What went wrong in the page: errors of scripts, requests that failed or left it.

    A page from a folder may load files of that folder, and nothing else.
    """
    found = []

    def on_request(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            found.append(f"request to {request.url}")

    page.on("request", on_request)

    def on_failure(request):
        # A page that is left lets go of the pictures that it was fetching ahead.
        left = request.failure == "net::ERR_ABORTED" and request.resource_type == "image"
        if not left:
            found.append(f"failed: {request.url}, {request.failure}")

    page.on("requestfailed", on_failure)
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: (
            found.append(f"console: {message.text}") if message.type == "error" else None
        ),
    )
    return found


@pytest.fixture(scope="session")
def site(tmp_path_factory, convert):
    """The folder of the book and its slides, built as `make site` builds it.

    The first worker that needs it builds it; the others wait.
    """
    import fcntl  # Windows, which only collects these tests, has none

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with open(shared / "book.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "site").exists():
            folder = shared / "unfinished"
            command = ["-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
            subprocess.run([sys.executable, *command, ROOT / "docs", folder], check=True)
            shutil.move(convert("slides"), folder / "slides")
            folder.rename(shared / "site")
    return shared / "site"
