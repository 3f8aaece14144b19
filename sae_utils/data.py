"""The data of the series: images, words, novels, and tables that took long."""

import hashlib
import io
from pathlib import Path
from typing import NamedTuple

from sae_utils.arguments import check_labeled, check_whole

import numpy as np
import pandas as pd

BUNDLED = Path(__file__).with_name("bundled")
# The SHA-256 checksum of each file there, which the note beside it repeats.
SHA256 = {
    "language_model.npz": (
        "23e589710b185a9ebf2a35fbd6e1f740d5479733aa68fb1415057b61e98188de"
    ),
    "mnist.npz": "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64",
    "photographs.npz": "c30c1e376e7906c4129f8b29873c7d86a1126c8f022defa5799cf95f98ad5dfe",
    "novels.npz": "d5f03e0a47533692c73c1f02984cfd69d894a9622a003ecd5a1ecbd4a77456c0",
    "word_vectors.npz": (
        "d0cc3c454abccbb8fd61bd52eb73319b48c9ef36cc321c91c17f5d22cfc43455"
    ),
}
MEASURED = Path(__file__).with_name("measured")


class Mnist(NamedTuple):
    """Training and test images (float32 in [0, 1]) and labels (uint8, 0 to 9)."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load_mnist(n_train=60_000, n_test=10_000, flatten=True):
    """Load the first images of MNIST from the file that comes with the package.

    Args:
        n_train: Number of training images, 1 to 60,000. The first ones are taken.
        n_test: Number of test images, 1 to 10,000. The first ones are taken.
        flatten: If True, an image is a row of 784 pixels; if False, an array of
            shape `(28, 28, 1)`, as convolutional layers expect.

    Returns:
        A named tuple `x_train, y_train, x_test, y_test`. Images are float32 between 0
        (paper) and 1 (ink), of shape `(n, 784)` or `(n, 28, 28, 1)`; labels are uint8
        of shape `(n,)`.

    Raises:
        ValueError: If `n_train` or `n_test` is not a whole number in its range.
        OSError: If the data file is missing, cut short, or altered; the message says
            how to restore it.

    Source: LeCun, Bottou, Bengio, and Haffner (1998), see `sae_utils/bundled/mnist.md`.
    """
    _check_count("n_train", n_train, 60_000, "MNIST has no more images")
    _check_count("n_test", n_test, 10_000, "MNIST has no more images")
    arrays = np.load(io.BytesIO(read_bundled("mnist.npz")))
    shape = (-1, 784) if flatten else (-1, 28, 28, 1)

    def images(name, n):
        return arrays[name][:n].reshape(shape).astype(np.float32) / np.float32(255)

    return Mnist(
        x_train=images("x_train", n_train),
        y_train=arrays["y_train"][:n_train],
        x_test=images("x_test", n_test),
        y_test=arrays["y_test"][:n_test],
    )


def load_photographs():
    """Load the photographs that come with the package.

    Eight of them: a portrait of an astronaut, a brick wall, a man with a camera, Chelsea
    the cat, a cup of coffee, grass, gravel, and a rocket.

    Returns:
        A dict from a photograph's name to its gray levels, a float32 array of shape
        `(height, width)` between 0 (black) and 1 (white).

    Raises:
        OSError: If the data file is missing, cut short, or altered; the message says
            how to restore it.

    Source: scikit-image, see `sae_utils/bundled/photographs.md` for authors and licenses.
    """
    arrays = np.load(io.BytesIO(read_bundled("photographs.npz")))
    return {name: arrays[name].astype(np.float32) / np.float32(255) for name in arrays}


def image_patches(n, size=8, seed=0, photographs=None):
    """Cut square patches out of photographs, at random places.

    Each patch comes from one of the photographs, all equally likely, and from one of its
    places, all equally likely. Patches can overlap.

    Args:
        n: Number of patches, at least 1.
        size: Height and width of a patch in pixels, from 1 to the shortest side of a
            photograph (150 in those that come with the package).
        seed: Whole number that fixes the patches, or what else
            `numpy.random.default_rng` takes.
        photographs: A dict from names to gray images, arrays of shape
            `(height, width)`; what `load_photographs` returns if None.

    Returns:
        A float32 array of shape `(n, size * size)`, one patch per row, its pixels row by
        row.

    Raises:
        ValueError: If `n` or `size` is not a whole number in its range, or
            `photographs` is empty, no dict, or holds arrays of another rank.
        OSError: As `load_photographs` does.
    """
    n, size = check_whole("n", n), check_whole("size", size)
    photographs = load_photographs() if photographs is None else photographs
    check_labeled("photographs", photographs)
    images = [np.asarray(image, dtype=np.float32) for image in photographs.values()]
    if not images or any(image.ndim != 2 for image in images):
        raise ValueError(
            "photographs must hold at least one gray image of shape (height, width); got "
            f"shapes {[image.shape for image in images]}."
        )
    shortest = min(min(image.shape) for image in images)
    if size > shortest:
        raise ValueError(
            f"size must be at most {shortest}, the shortest side of a photograph; got "
            f"{size}."
        )
    rng = np.random.default_rng(seed)
    patches = np.empty((n, size * size), dtype=np.float32)
    for patch in patches:
        image = images[rng.integers(len(images))]
        top, left = (rng.integers(side - size + 1) for side in image.shape)
        patch[:] = image[top : top + size, left : left + size].ravel()
    return patches


class WordVectors(NamedTuple):
    """Words, a list of strings, and their vectors, one row per word."""

    words: list
    vectors: np.ndarray


def load_word_vectors(n_words=20_000):
    """Load the GloVe vectors of the most frequent English words.

    Args:
        n_words: Number of words, 1 to 20,000. The most frequent ones are taken.

    Returns:
        A named tuple `words, vectors`: a list of strings, the most frequent first (marks
        and numbers are words, too), and a float32 array of shape `(n_words, 100)`.

    Raises:
        ValueError: If `n_words` is not a whole number in its range.
        OSError: If the data file is missing, cut short, or altered; the message says
            how to restore it.

    Source: Pennington and others (2014), see `sae_utils/bundled/word_vectors.md`.
    """
    _check_count("n_words", n_words, 20_000, "the file has no more words")
    arrays = np.load(io.BytesIO(read_bundled("word_vectors.npz")))
    words = arrays["words"].tobytes().decode("utf-8").split("\n")
    return WordVectors(words[:n_words], arrays["vectors"][:n_words].astype(np.float32))


def load_novel(part="train"):
    """Load what the small language model read, or what was kept from it.

    Args:
        part: `"train"` for the first nine tenths of *Pride and Prejudice*, *Emma*, and
            *Sense and Sensibility*, or `"held_out"` for the last tenth of each.

    Returns:
        A string of 2,018,563 or 210,269 symbols. A paragraph is one line.

    Raises:
        ValueError: If `part` is neither of the two.
        OSError: If the data file is missing, cut short, or altered; the message says
            how to restore it.

    Source: Jane Austen (1811 to 1815), see `sae_utils/bundled/novels.md`.
    """
    if part not in ("train", "held_out"):
        raise ValueError(f"part must be 'train' or 'held_out'; got {part!r}.")
    arrays = np.load(io.BytesIO(read_bundled("novels.npz")))
    return arrays[part].tobytes().decode("ascii")


def load_measured(name):
    """Load a table of results that take too long to measure inside a notebook.

    The first line of its file says which script in `benchmarks` made it.

    Args:
        name: Name of a table, such as `"scoreboard"`.

    Returns:
        A `pandas.DataFrame`, one row per trained model.

    Raises:
        ValueError: If there is no such table.
    """
    names = sorted(path.stem for path in MEASURED.glob("*.csv"))
    if name not in names:
        raise ValueError(f"name must be one of {names}; got {name!r}.")
    return pd.read_csv(MEASURED / f"{name}.csv", comment="#")


def _check_count(name, n, available, reason):
    is_whole = isinstance(n, int | np.integer) and not isinstance(n, bool)
    if not is_whole or not 1 <= n <= available:
        raise ValueError(
            f"{name} must be a whole number from 1 to {available:,} ({reason}); got "
            f"{n!r}."
        )


def read_bundled(name):
    """Return the bytes of a file in `sae_utils/bundled`.

    Args:
        name: Name of the file, such as `"mnist.npz"`.

    Returns:
        A bytes object.

    Raises:
        OSError: If the file is missing or altered; the message says how to restore it.
    """
    path = BUNDLED / name
    restore = (
        f"Restore it with `git checkout -- sae_utils/bundled/{name}` in the project's "
        "folder, or reinstall sae_utils."
    )
    if not path.exists():
        raise FileNotFoundError(f"The data file {path} is missing. {restore}")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise OSError(
            f"The data file {path} is cut short or altered: its {len(content):,} bytes "
            f"do not have the expected SHA-256 checksum. {restore}"
        )
    return content
