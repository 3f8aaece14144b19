"""Pack the digits on which a network learns in the live page.

    python tools/export_digits.py    # docs/_static/live_digits.js

They are the first 2,000 training images of MNIST in 16 gray levels, compressed.
"""

import base64
import zlib
from pathlib import Path

from sae_utils import data

import numpy as np

FOR_BROWSER = (
    Path(__file__).resolve().parent.parent / "docs" / "_static" / "live_digits.js"
)
N_IMAGES = 2000


def pack(images):
    """Write images as a script that a page can load.

    Args:
        images: Gray levels in [0, 1], shape `(n, 784)`.

    Returns:
        The script, a string. It holds half a byte per pixel, the first of two in the
        upper half, compressed by zlib, in base 64.
    """
    levels = np.rint(images * 15).astype(np.uint8)
    both = levels[:, ::2] * 16 + levels[:, 1::2]
    text = base64.b64encode(zlib.compress(both.tobytes(), 9)).decode()
    # A page reads base 64 without its line breaks.
    lines = "".join(f"{text[i : i + 88]}\n" for i in range(0, len(text), 88))
    return (
        "// Made by tools/export_digits.py. The images are from MNIST, by Y. LeCun,\n"
        "// C. Cortes and C. Burges, license CC BY-SA 3.0, here in 16 gray levels.\n"
        f"window.liveDigits = `\n{lines}`;\n"
    )


def main():
    script = pack(data.load_mnist(N_IMAGES, 1).x_train)
    FOR_BROWSER.write_text(script, encoding="ascii")
    print(f"{FOR_BROWSER}: {len(script):,} bytes")


if __name__ == "__main__":
    main()
