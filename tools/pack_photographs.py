"""Pack eight photographs into `sae_utils/bundled/photographs.npz`.

Run once, when the bundled file is made. The photographs come inside the Python package
scikit-image (the bundled file is from its version 0.26.0), which nothing else here needs:

    pip install scikit-image
    python tools/pack_photographs.py
"""

import hashlib
from pathlib import Path

import numpy as np
import skimage

TARGET = Path(__file__).resolve().parents[1] / "sae_utils" / "bundled" / "photographs.npz"

# name in the npz file: (file in skimage/data, SHA-256 of it). The note beside the npz
# file names each photograph's author and license.
SOURCES = {
    "astronaut": (
        "astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
    "brick": (
        "brick.png",
        "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    ),
    "camera": (
        "camera.png",
        "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    ),
    "chelsea": (
        "chelsea.png",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    ),
    "coffee": (
        "coffee.png",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    ),
    "grass": (
        "grass.png",
        "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
    ),
    "gravel": (
        "gravel.png",
        "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
    ),
    "rocket": (
        "rocket.jpg",
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
    ),
}


def read_photograph(file, sha256):
    """Read a photograph as floats in [0, 1], after checking that it is the original."""
    path = Path(skimage.__file__).parent / "data" / file
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise ValueError(f"{path}: its SHA-256 is {found}, the original's is {sha256}.")
    return skimage.img_as_float(skimage.io.imread(path))


def gray_and_halved(photograph):
    """Turn color into gray, and each square of 2 x 2 pixels into its mean, as uint8."""
    if photograph.ndim == 3:
        photograph = skimage.color.rgb2gray(photograph)
    rows, columns = (side // 2 for side in photograph.shape)
    squares = photograph[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    return np.rint(255 * squares.mean(axis=(1, 3))).astype(np.uint8)


def main():
    photographs = {
        name: gray_and_halved(read_photograph(file, sha256))
        for name, (file, sha256) in SOURCES.items()
    }
    np.savez_compressed(TARGET, **photographs)
    digest = hashlib.sha256(TARGET.read_bytes()).hexdigest()
    print(f"{TARGET}\nSHA256 (goes into sae_utils/data.py): {digest}")


if __name__ == "__main__":
    main()
