"""Figures of digits and of units' weights, as ink on paper."""

from sae_utils import figures
from sae_utils.arguments import check_labeled, check_whole

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

# No image with gray levels from 0 to 1, nor its reconstruction, comes near this one.
TOO_BLACK = 100

# Weights as ink on paper: black adds ink, white is 0, orange takes ink away. Orange and
# gray differ for readers with any kind of color blindness.
INK = LinearSegmentedColormap.from_list(
    "ink", ["#d5720d", "#f8cf9d", "white", "#8c8c8c", "black"]
)
INK_NOTE = "black adds ink, orange takes it away"


def image_rows(rows, title, alt, shape=(28, 28), cmap="gray_r"):
    """Show rows of gray images, such as originals above their reconstructions.

    Args:
        rows: A dict from a row's label to its images, shape `(n, ...)`, the same n in
            each row. Gray levels run from 0 to 1.
        title: What the figure finds.
        alt: Text alternative, see `figures.show`.
        shape: Height and width of an image in pixels.
        cmap: `"gray_r"` for ink on paper, where 1 is black; `"gray"` for photographs,
            where 1 is white.

    Raises:
        ValueError: If `rows` is no dict or empty, or its rows differ in length, hold no
            image, images of another size, or gray levels up to 255.
    """
    check_labeled("rows", rows)
    lengths = {label: len(images) for label, images in rows.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"rows must hold rows of one length; got lengths {lengths}.")
    for label, images in rows.items():
        _check_images(label, np.asarray(images), shape)
    n = next(iter(lengths.values()))
    fig, axes = plt.subplots(
        len(rows), n, figsize=(0.8 * n, 0.85 * len(rows)), squeeze=False
    )
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            ax.imshow(np.reshape(image, shape), cmap=cmap, vmin=0, vmax=1)
            figures.hide_frame(ax)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    fig.suptitle(title, y=1 + 0.08 / len(rows))
    figures.show(fig, alt)


def _check_images(label, images, shape):
    pixels = shape[0] * shape[1]
    if images.size != len(images) * pixels or not len(images):
        raise ValueError(
            f"the images of row {label!r} must have {shape[0]} by {shape[1]} pixels, so "
            f"shape (n, {pixels}); got {images.shape}."
        )
    if images.max() > TOO_BLACK:
        raise ValueError(
            f"gray levels run from 0 to 1; those of row {label!r} reach "
            f"{images.max():.3g}. Divide images with gray levels up to 255 by 255."
        )


def filters(groups, title, alt, columns=16, shape=(28, 28), note=INK_NOTE):
    """Show units' weights: black is positive, white is 0, orange is negative.

    Each image has its own scale, up to its largest absolute weight.

    Args:
        groups: A dict from a label to the weights of some units, shape
            `(units, inputs)`. Each group starts on a row of its own.
        title: What the figure finds.
        alt: Text alternative, see `figures.show`.
        columns: Images per row.
        shape: Height and width of an image in pixels.
        note: What black and orange mean here. It stands below the images.

    Raises:
        ValueError: If `groups` is no dict or empty, or an image's size is not the number
            of inputs.
    """
    check_labeled("groups", groups)
    groups = {label: np.asarray(weights) for label, weights in groups.items()}
    _check_filters(groups, columns, shape)
    # Laid out in inches, with titles above their rows of images.
    width, tall = 0.5 * columns, 0.5 * (shape[0] + 2) / (shape[1] + 2)
    heights = [-(-len(weights) // columns) * tall for weights in groups.values()]
    height = sum(heights) + 0.35 * len(groups) + 0.6
    fig = plt.figure(figsize=(width, height))
    top = height - 0.3
    for (label, weights), rows in zip(groups.items(), heights, strict=True):
        top -= 0.35 + rows
        ax = fig.add_axes((0, top / height, 1, rows / height))
        panel, corners = _mosaic(weights, columns, shape)
        ax.imshow(panel, cmap=INK, vmin=-1, vmax=1)
        look = {"fill": False, "clip_on": False, "ec": "0.85", "lw": 0.6}
        for corner in corners:
            ax.add_patch(Rectangle(corner, shape[1], shape[0], **look))
        ax.set_title(label, fontsize="medium", loc="left")
        figures.hide_frame(ax)
    note = f"{note}; each image has its own scale"
    fig.suptitle(title, y=1, va="top")
    fig.text(0, 0.2 / height, note, fontsize="small", color="0.3", va="top")
    figures.show(fig, alt)


def _check_filters(groups, columns, shape):
    if not groups:
        raise ValueError("groups must hold at least one group of weights; got none.")
    for label, weights in groups.items():
        if (
            weights.ndim != 2
            or weights.shape[1:] != (shape[0] * shape[1],)
            or not len(weights)
        ):
            raise ValueError(
                f"the weights of group {label!r} must have shape (units, "
                f"{shape[0] * shape[1]}); got {weights.shape}."
            )
    check_whole("columns", columns)


def _mosaic(weights, columns, shape):
    """Lay images out on a grid with a margin of two pixels; empty places stay blank.

    The second value is the upper left corner of each image.
    """
    rows = -(-len(weights) // columns)
    height, width = shape
    panel = np.full((rows * (height + 2), columns * (width + 2)), np.nan)
    corners = []
    for i, image in enumerate(weights):
        top, left = i // columns * (height + 2), i % columns * (width + 2)
        image = image.reshape(shape) / (np.abs(image).max() or 1.0)
        panel[top : top + height, left : left + width] = image
        corners.append((left - 0.5, top - 0.5))
    return panel, corners
