"""Draw the still pictures of the live page: what its models make of one digit.

    python tools/export_pictures.py

They are shown until the models are loaded (`docs/_static/poster_*.png`), and by whatever
quotes a link to the book (`docs/_static/share.png`).
"""

from sae_utils import codes, data, models
from tools import export_live

import keras
import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import image as images
from matplotlib import pyplot as plt

STATIC = export_live.FOR_BROWSER.parent
IMAGE = 30  # a 3, which the page shows at first
KEPT = 4


def reconstructions(arrays, x):
    """Rebuild an image from the units that contribute most, with each of the models.

    Args:
        arrays: The weights, `np.load` of `docs/live/models.npz`.
        x: The image, shape `(1, 784)`.

    Returns:
        A dict from a model's name to the rebuilt image, shape `(784,)`.
    """
    rebuilt = {}
    for name in export_live.MODELS:
        model = export_live.rebuild(arrays, name)
        code = codes.encode(model, x)
        weakest_first = np.argsort(codes.contributions(model, x)[0])
        code[:, weakest_first[:-KEPT]] = 0
        rebuilt[name] = keras.ops.convert_to_numpy(models.decoder(model)(code))[0]
    return rebuilt


def save(pixels, name):
    """Write an image of 28 x 28 pixels, ink dark on white paper."""
    path = STATIC / f"{name}.png"
    images.imsave(path, pixels.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)


def share(shown):
    """Draw the picture of a link: a digit and its reconstructions, under the question."""
    fig, axes = plt.subplots(1, len(shown), figsize=(12, 6.3), dpi=100)
    fig.suptitle(
        f"Keep {KEPT} of 64 units.\nWhich network still knows it?", fontsize=36, y=0.95
    )
    for ax, (title, pixels) in zip(axes, shown.items(), strict=True):
        ax.imshow(pixels.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=26)
    fig.text(0.5, 0.05, "Sparse Autoencoders, step by step", ha="center", fontsize=26)
    fig.subplots_adjust(left=0.03, right=0.97, bottom=0.12, top=0.72, wspace=0.08)
    fig.savefig(STATIC / "share.png")


def main():
    x = data.load_mnist(1, IMAGE + 1).x_test[IMAGE:]
    rebuilt = reconstructions(np.load(export_live.REFERENCE), x)
    for name, pixels in rebuilt.items():
        save(pixels, f"poster_{name}")
    save(x[0], "poster_input")
    titles = {name: title for name, (title, _, _) in export_live.MODELS.items()}
    share({"drawing": x[0]} | {titles[name]: each for name, each in rebuilt.items()})


if __name__ == "__main__":
    main()
