"""Show the book of build/site in a browser on this machine: `make site-serve`."""

import functools
import http.server
import sys
from pathlib import Path

BOOK = Path(__file__).resolve().parents[1] / "build" / "site"


def main(port):
    """Serve the book on a port until Ctrl+C."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=BOOK)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(
            f"The book cannot be shown on port {port}: {error}. "
            "Choose another one: make site-serve SITE_PORT=8081"
        )
    print(f"The book is at http://127.0.0.1:{port}/ until you press Ctrl+C.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main(*sys.argv[1:])
