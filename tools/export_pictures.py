"""Draw what the live page's models make of a digit, for where the page itself is not.

    python tools/export_pictures.py

The pictures are shown until the models are loaded (`docs/_static/poster_*.png`), by
whatever quotes a link to the book (`docs/_static/share.png`), and, moving, in the README
(`docs/_static/keep_units.gif`).
"""

from sae_utils import codes, data, models
from tools import export_live

import keras
import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import image as images
from matplotlib import pyplot as plt
from PIL import Image

STATIC = export_live.FOR_BROWSER.parent
IMAGE = 30  # a 3, which the page shows at first
KEPT = 4

# Of the moving picture: test images, and how many units are kept in its frames.
DIGITS = [30, 0, 4]  # a 3, a 7, a 4
FRAMES = [64, 48, 32, 24, 16, 12, 8, 6, 5, 4, 3, 2, 1]
MILLISECONDS = 350  # for a frame, but longer for the last one, and for what is asked


def reconstructions(arrays, x, kept=KEPT):
    """Rebuild an image from the units that contribute most, with each of the models.

    Args:
        arrays: The weights, `np.load` of `docs/live/models.npz`.
        x: The image, shape `(1, 784)`.
        kept: The number of units, from 1 to 64.

    Returns:
        A dict from a model's name to the rebuilt image, shape `(784,)`.
    """
    rebuilt = {}
    for name in export_live.MODELS:
        model = export_live.rebuild(arrays, name)
        code = codes.encode(model, x)
        weakest_first = np.argsort(codes.contributions(model, x)[0])
        code[:, weakest_first[:-kept]] = 0
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


def move(arrays, digits):
    """Draw the moving picture: fewer and fewer units, for one digit after another."""
    fig, axes = plt.subplots(1, 4, figsize=(7.2, 2.6), dpi=84)
    fig.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.72, wspace=0.05)
    title = fig.suptitle("", fontsize=17)
    titles = ["drawing", *(title for title, _, _ in export_live.MODELS.values())]
    shown = []
    for ax, name in zip(axes, titles, strict=True):
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, fontsize=15)
        shown.append(ax.imshow(np.zeros((28, 28)), cmap="gray_r", vmin=0, vmax=1))
    frames, durations = [], []
    for x in digits:
        for kept in FRAMES:
            rebuilt = reconstructions(arrays, x, kept)
            for each, pixels in zip(shown, [x, *rebuilt.values()], strict=True):
                each.set_data(pixels.reshape(28, 28))
            title.set_text(f"Keep {kept} of 64 units: which network still knows it?")
            fig.canvas.draw()
            frame = Image.fromarray(np.asarray(fig.canvas.buffer_rgba())[:, :, 0])
            frames.append(frame.quantize(12))  # few gray levels make a small file
            durations.append(MILLISECONDS * {KEPT: 5, FRAMES[-1]: 3}.get(kept, 1))
    plt.close(fig)
    first, *others = frames
    first.save(
        STATIC / "keep_units.gif",
        append_images=others,
        duration=durations,
        loop=0,  # for ever
    )


def main():
    x_test = data.load_mnist(1, max(IMAGE, *DIGITS) + 1).x_test
    arrays = np.load(export_live.REFERENCE)
    move(arrays, [x_test[i : i + 1] for i in DIGITS])
    x = x_test[IMAGE : IMAGE + 1]
    rebuilt = reconstructions(arrays, x)
    for name, pixels in rebuilt.items():
        save(pixels, f"poster_{name}")
    save(x[0], "poster_input")
    titles = {name: title for name, (title, _, _) in export_live.MODELS.items()}
    share({"drawing": x[0]} | {titles[name]: each for name, each in rebuilt.items()})


if __name__ == "__main__":
    main()
