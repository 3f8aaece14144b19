"""The two pictures that the series returns to: an autoencoder, and a digit's anatomy."""

from sae_utils import codes, figures, images, metrics

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, Polygon

OTHERS = "#a9c9e2"  # bars of units whose images are not shown; those shown are blue
WIDTH = 8.6  # of both pictures, in inches
TOP = 30.0  # contributions that fit in every bar chart, so that charts compare


def anatomy(model, image, title, alt, strongest=6, layer="code", top=TOP):
    """Show what an autoencoder does to one image: code, strongest units, output.

    Above: the image, the contributions of all units to it (activation times the length
    of the unit's decoder row), largest first, and the reconstruction. Below: what the
    strongest units add, activation times decoder row, on one scale. Models can be
    compared from figure to figure: the layout is the same, and the axis of the
    contributions runs from 0 to `top`, which is 30, unless one is larger.

    Args:
        model: An autoencoder of square images, a `keras.Model` whose decoder is one
            dense layer after the code.
        image: One input of the model, shape `(inputs,)`, from 0 (paper) to 1 (ink).
        title: What the figure finds.
        alt: Text alternative, see `figures.show`.
        strongest: Number of units shown as images, 1 to 8.
        layer: Name of the code layer.
        top: Where the axis of the contributions ends, unless one is larger. A linear
            output needs about a tenth of what a sigmoid's takes.

    Raises:
        ValueError: If `strongest` is out of range, `image` is not one square image, the
            model has no layer of that name, or its decoder is more than one layer.
    """
    image = np.asarray(image, dtype=np.float32)
    rows = codes.decoder_rows(model, layer)
    side = round(image.size**0.5)
    if image.ndim != 1 or side**2 != image.size or rows.shape[1] != image.size:
        raise ValueError(
            "image must be one square image of shape (inputs,), and the decoder one "
            f"dense layer; got shape {image.shape} and "
            f"decoder rows of {rows.shape[1]} outputs."
        )
    most = min(8, len(rows))
    if not isinstance(strongest, int) or not 1 <= strongest <= most:
        raise ValueError(
            f"strongest must be a whole number from 1 to {most}; got {strongest!r}."
        )
    code = codes.encode(model, image[None], layer)[0]
    contributions = np.abs(code) * np.linalg.norm(rows, axis=1)
    order = np.argsort(-contributions, kind="stable")
    parts = code[order[:strongest], None] * rows[order[:strongest]]
    limit = float(np.abs(parts).max()) or 1.0

    # Everything is placed in inches, so that the layout never depends on the model.
    fig = plt.figure(figsize=(WIDTH, 4.4))
    _image(fig, (0, 2.4, 1.5), image, "image")
    _image(fig, (7.1, 2.4, 1.5), codes.outputs(model, image[None])[0], "reconstruction")
    ax = fig.add_axes(_inches(fig, 2.3, 2.4, 4.2, 1.5))
    _code_bars(ax, contributions[order], strongest, top)
    for left in 1.57, 6.67:
        _arrow(fig, left, 3.15)
    added = f"What the {strongest} strongest units add{_where(model)}"
    fig.text(0, 1.6 / 4.4, f"{added}: activation × decoder row, one scale")
    size = min(1.15, 7.5 / strongest - 0.1)
    for i, (unit, part) in enumerate(zip(order, parts, strict=False)):
        place = (i * (size + 0.1), 1.5 - size, size)
        tile = _image(fig, place, part, "", images.INK, limit)
        tile.set_xlabel(f"unit {unit}", color=figures.BLUE, fontsize="small")
    scale = fig.add_axes(_inches(fig, 7.65, 1.5 - size, 0.1, size))
    bar = fig.colorbar(tile.images[0], cax=scale, ticks=[-limit, 0, limit])
    labels = [f"−{limit:.2g}\nless ink", "0", f"+{limit:.2g}\nmore ink"]
    bar.set_ticklabels(labels, fontsize="small")
    for label, side in zip(
        scale.get_yticklabels(), ("bottom", "center", "top"), strict=True
    ):
        label.set_va(side)
    fig.suptitle(title, y=1, va="top")
    figures.show(fig, alt)


def autoencoder_diagram(
    image,
    code,
    reconstruction,
    title,
    alt,
    activation="ReLU",
    output_activation="sigmoid",
):
    """Draw an autoencoder: image, encoder, code, decoder, reconstruction.

    Args:
        image: One input, a square image of shape `(inputs,)`, from 0 (paper) to 1 (ink).
        code: Its code, shape `(units,)`: drawn as a column of cells, the largest
            activation in black.
        reconstruction: Its reconstruction, shape `(inputs,)`.
        title: What the figure says.
        alt: Text alternative, see `figures.show`.
        activation: Name of the encoder's activation, as written in the formula.
        output_activation: Name of the decoder's.

    Raises:
        ValueError: If `image` is not one square image, `reconstruction` has another
            shape, or `code` is not one code.
    """
    image, code = np.asarray(image), np.asarray(code)
    reconstruction = np.asarray(reconstruction)
    n, units = image.size, code.size
    square = image.ndim == 1 and round(n**0.5) ** 2 == n
    if not square or reconstruction.shape != image.shape:
        raise ValueError(
            "image and reconstruction must be square images of one shape (inputs,); got "
            f"shapes {image.shape} and {reconstruction.shape}."
        )
    if code.ndim != 1 or not units:
        raise ValueError(f"code must be one code of shape (units,); got {code.shape}.")
    fig = plt.figure(figsize=(WIDTH, 3.3))
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, WIDTH), ylim=(0, 3.3))
    ax.axis("off")
    middle, tall, low = 1.65, 1.9, 1.2  # the center line; heights of images and code
    text = {"ha": "center", "va": "center"}
    for left, right, name, weights, formula in (
        (2.15, 3.85, "encoder", (1, n, units), rf"$h = ${activation}$(x\,W_1 + b_1)$"),
        (
            6.45,
            4.75,
            "decoder",
            (2, units, n),
            rf"$\hat{{x}} = ${output_activation}$(h\,W_2 + b_2)$",
        ),
    ):
        i, inputs, outputs = weights
        corners = [(left, middle - tall / 2), (left, middle + tall / 2)]
        corners += [(right, middle + low / 2), (right, middle - low / 2)]
        ax.add_patch(Polygon(corners, fc="#e3eef7", ec=figures.BLUE, lw=1.2))
        center = (left + right) / 2
        ax.text(center, middle + 0.4, name, weight="bold", **text)
        ax.text(center, middle, f"$W_{i}$  ({inputs}, {outputs})", **text)
        ax.text(center, middle - 0.3, f"$b_{i}$  ({outputs},)", **text)
        ax.text(center, 0.3, formula, **text)
    _image(fig, (0, middle - tall / 2, tall), image, "")
    _image(fig, (WIDTH - tall, middle - tall / 2, tall), reconstruction, "")
    column = fig.add_axes(_inches(fig, 4.2, middle - low / 2, 0.2, low))
    column.pcolormesh(
        code[::-1, None], cmap="gray_r", vmin=0, edgecolor="0.8", lw=0.3 * (units <= 64)
    )
    _thin_frame(column)
    for center, label, size, height in (
        (tall / 2, "image $x$", n, tall),
        (WIDTH / 2, "code $h$", units, low),
        (WIDTH - tall / 2, r"reconstruction $\hat{x}$", n, tall),
    ):
        ax.text(center, middle + height / 2 + 0.2, label, **text)
        ax.text(center, middle - height / 2 - 0.2, f"$(m$, {size})", **text)
    fig.suptitle(title, y=1.02, va="top")
    figures.show(fig, alt)


def _where(model):
    """Say where the units' contributions add up: before the last layer's activation."""
    activation = getattr(model.layers[-1], "activation", None)
    name = getattr(activation, "__name__", "linear")
    return "" if name == "linear" else f" before the {name}"


def _code_bars(ax, contributions, strongest, top):
    """Draw sorted contributions as bars, and how many carry 90% of their sum."""
    ranks = np.arange(1, len(contributions) + 1)
    colors = [figures.BLUE if rank <= strongest else OTHERS for rank in ranks]
    ax.bar(ranks, contributions, width=1, color=colors, linewidth=0)
    top = max(top, contributions[0])
    edge = 0.02 * len(ranks)  # keeps the first bar off the axis
    ax.set(xlim=(0.5 - edge, len(ranks) + 0.5), ylim=(0, top))
    ax.set_xlabel("unit, in order of its contribution")
    ax.set_title(f"contributions of the code's {len(ranks)} units", fontsize="medium")
    n90 = metrics.n90(contributions[None])
    if np.isfinite(n90):
        ax.axvline(n90 + 0.5, color="black", linestyle="--", linewidth=1)
        left = n90 < 0.6 * len(ranks)
        ax.annotate(
            f"{n90:.0f} units\ncarry 90%",
            (n90 + 0.5, 0.93 * top),
            (5 if left else -5, 0),
            textcoords="offset points",
            ha="left" if left else "right",
            va="top",
        )


def _inches(fig, left, bottom, width, height):
    across, up = fig.get_size_inches()
    return left / across, bottom / up, width / across, height / up


def _arrow(fig, left, height):
    """Draw an arrow to the right, a quarter of an inch long."""
    across, up = fig.get_size_inches()
    tip, end = ((left + 0.25) / across, height / up), (left / across, height / up)
    look = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 0}
    fig.add_artist(FancyArrowPatch(end, tip, mutation_scale=14, **look))


def _image(fig, place, image, label, cmap="gray_r", limit=None):
    """Draw a square image at `left, bottom, size` in inches, its label above it."""
    left, bottom, size = place
    ax = fig.add_axes(_inches(fig, left, bottom, size, size))
    side = round(np.size(image) ** 0.5)
    low, high = (0, 1) if limit is None else (-limit, limit)
    ax.imshow(np.reshape(image, (side, side)), cmap=cmap, vmin=low, vmax=high)
    ax.set_title(label, fontsize="medium")
    _thin_frame(ax)
    return ax


def _thin_frame(ax):
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, color="0.8", linewidth=0.8)
