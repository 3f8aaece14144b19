"""Figures of the series. Each is shown at once, with a text for who cannot see it."""

import io

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from IPython.display import display
from PIL import Image

SHOWN_DPI = 100  # size on the page, in pixels per inch of the figure
SHARPNESS = 1.5  # pixels of the image for each of those, for screens that can show them


def use_style():
    """Set the series' look: seaborn's ticks and its palette for colour-blind readers."""
    sns.set_theme(style="ticks", palette="colorblind")
    plt.rcParams.update({"axes.spines.right": False, "axes.spines.top": False})


def show(fig, alt):
    """Show a figure with a text alternative, and close it.

    Args:
        fig: A Matplotlib figure.
        alt: What the figure shows, in a sentence, for readers who cannot see it.

    Raises:
        ValueError: If `alt` is empty.
    """
    plt.close(fig)  # first: an open figure would be drawn below an error message
    if not alt.strip():
        raise ValueError("alt must say what the figure shows; got an empty text.")
    drawn, png = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png", dpi=SHOWN_DPI * SHARPNESS, bbox_inches="tight")
    # A palette of 48 colours looks the same here, and takes a third of the room.
    image = Image.open(drawn).convert("RGB").quantize(48, dither=Image.Dither.NONE)
    image.save(png, format="png", optimize=True)
    display(
        {"image/png": png.getvalue(), "text/plain": alt},
        metadata={"image/png": {"alt": alt, "width": round(image.width / SHARPNESS)}},
        raw=True,
    )


def image_rows(rows, title, alt, shape=(28, 28)):
    """Show rows of grey images, such as originals above their reconstructions.

    Args:
        rows: A dict from a row's label to its images, shape `(n, ...)`, the same n in
            each row. Grey levels run from 0 (white) to 1 (black).
        title: What the figure finds.
        alt: Text alternative, see `show`.
        shape: Height and width of an image in pixels.

    Raises:
        ValueError: If `rows` is empty or its rows differ in length.
    """
    lengths = {label: len(images) for label, images in rows.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"rows must hold rows of one length; got lengths {lengths}.")
    n = next(iter(lengths.values()))
    fig, axes = plt.subplots(
        len(rows), n, figsize=(0.8 * n, 0.85 * len(rows)), squeeze=False
    )
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            ax.imshow(np.reshape(image, shape), cmap="gray_r", vmin=0, vmax=1)
            _hide_frame(ax)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    fig.suptitle(title, y=1 + 0.08 / len(rows))
    show(fig, alt)


def filters(groups, title, alt, columns=16, shape=(28, 28)):
    """Show units' weights as images: grey is 0, white positive, black negative.

    Each image is scaled by its own largest weight.

    Args:
        groups: A dict from a label to the weights of some units, shape
            `(units, inputs)`. Each group starts on a row of its own.
        title: What the figure finds.
        alt: Text alternative, see `show`.
        columns: Images in a row.
        shape: Height and width of an image in pixels.

    Raises:
        ValueError: If `groups` is empty, or an image's size is not the inputs' number.
    """
    if not groups:
        raise ValueError("groups must hold at least one group of weights; got none.")
    panels = {}
    for label, weights in groups.items():
        weights = np.asarray(weights)
        if weights.ndim != 2 or weights.shape[1] != shape[0] * shape[1]:
            raise ValueError(
                f"the weights of group {label!r} must have shape (units, "
                f"{shape[0] * shape[1]}); got {weights.shape}."
            )
        panels[label] = _mosaic(weights, columns, shape)
    heights = [panel.shape[0] for panel in panels.values()]
    width = 0.5 * columns
    scale = width / next(iter(panels.values())).shape[1]
    fig, axes = plt.subplots(
        len(panels),
        1,
        figsize=(width, scale * sum(heights) + 0.45 * len(panels) + 0.3),
        height_ratios=heights,
        squeeze=False,
    )
    for ax, (label, panel) in zip(axes[:, 0], panels.items(), strict=True):
        ax.imshow(panel, cmap="gray", vmin=-1, vmax=1)
        ax.set_title(label, fontsize="medium", loc="left")
        _hide_frame(ax)
    fig.suptitle(title)
    fig.tight_layout()
    show(fig, alt)


def loss_curves(curves, title, alt):
    """Show loss against epoch.

    Args:
        curves: A dict from a curve's label to its losses, one an epoch.
        title: What the figure finds.
        alt: Text alternative, see `show`.
    """
    fig, ax = plt.subplots(figsize=(6, 3.2))
    for label, losses in curves.items():
        ax.plot(np.arange(1, len(losses) + 1), losses, marker="o", label=label)
    ax.set(xlabel="epoch", ylabel="loss", title=title)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
    show(fig, alt)


def activation_histograms(codes, title, alt, threshold=0.1):
    """Show the distribution of all activations of one or more codes, one panel each.

    The vertical axis is logarithmic: in a sparse code, nearly all values are near 0.

    Args:
        codes: A dict from a label to activations, shape `(samples, units)`.
        title: What the figure finds.
        alt: Text alternative, see `show`.
        threshold: Drawn as a line; above it a unit counts as active.
    """
    fig, axes = plt.subplots(
        1,
        len(codes),
        figsize=(4.2 * len(codes), 3.2),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    # The same bins for all, so that bars can be compared from panel to panel.
    every = np.concatenate([np.ravel(code) for code in codes.values()])
    bins = np.histogram_bin_edges(every, bins=50)
    for ax, (label, code), color in zip(
        axes[0], codes.items(), sns.color_palette(), strict=False
    ):
        values = np.ravel(code)
        sns.histplot(
            x=values, bins=bins, stat="probability", color=color, linewidth=0, ax=ax
        )
        ax.axvline(threshold, color="black", linestyle="--", linewidth=1)
        share = np.mean(values > threshold)
        ax.set(xlabel="activation", ylabel="share of activations", yscale="log")
        ax.set_title(f"{label}: {share:.0%} above {threshold}", fontsize="medium")
    fig.suptitle(title)
    fig.tight_layout()
    show(fig, alt)


def _mosaic(weights, columns, shape):
    """Lay images out on a grid with a margin of one pixel; missing ones are blank."""
    rows = -(-len(weights) // columns)
    height, width = shape
    panel = np.full((rows * (height + 1), columns * (width + 1)), np.nan)
    for i, image in enumerate(weights):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        largest = np.abs(image).max() or 1.0
        panel[top : top + height, left : left + width] = image.reshape(shape) / largest
    return panel


def _hide_frame(ax):
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
