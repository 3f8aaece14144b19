"""Figures with axes: curves labeled at their ends, and histograms."""

from sae_utils import figures
from sae_utils.arguments import check_labeled

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.colors import to_rgb
from matplotlib.ticker import PercentFormatter


def loss_curves(curves, title, alt, x=None, xlabel="epoch", ylabel="loss"):
    """Show loss against epoch, or anything against another step.

    Args:
        curves: A dict from a curve's label to its losses, one per epoch.
        title: What the figure finds.
        alt: Text alternative, see `figures.show`.
        x: Where on the x axis the losses are, one number per loss, such as
            `range(0, 25)` for steps from 0; 1, 2, 3, ... if None.
        xlabel: Label of the x axis.
        ylabel: Label of the y axis.

    Raises:
        ValueError: If `curves` is no dict or empty, a curve is not one row of numbers, or
            `x` and a curve differ in length.
    """
    check_labeled("curves", curves)
    _check_curves(curves)
    lengths = {label: len(losses) for label, losses in curves.items()}
    if not curves or (x is not None and set(lengths.values()) != {len(x)}):
        raise ValueError(
            "curves must hold at least one curve, and x as many numbers as each curve; "
            f"got curves of lengths {lengths} and x of "
            f"{'no length' if x is None else f'length {len(x)}'}."
        )
    fig, ax = plt.subplots(figsize=(6, 3.2))
    for label, losses in curves.items():
        steps = np.arange(1, len(losses) + 1) if x is None else x
        marker = "o" if len(losses) <= 30 else None
        ax.plot(steps, losses, marker=marker, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.xaxis.get_major_locator().set_params(integer=True)
    label_lines(ax)
    figures.show(fig, alt)


def label_lines(ax, gap=1.25):
    """Write each line's label at its right end, in the line's color.

    Call it last, once limits and scales are set: labels that would overlap are moved
    apart to fit the axes as they are then. Lines without a label get none.

    Args:
        ax: Axes with labeled lines.
        gap: Least distance between two labels, in letter heights.
    """
    fig = ax.get_figure()
    ax.get_xlim(), ax.get_ylim()  # brings the limits up to date
    points = 72 / fig.dpi  # a pixel, in points
    ends = []
    for line in ax.lines:
        xy = np.asarray(line.get_xydata(), dtype=float)
        xy = xy[np.isfinite(xy).all(axis=1)]
        if len(xy) and not str(line.get_label()).startswith("_"):
            end = xy[np.argmax(xy[:, 0])]
            ends.append((line, end, ax.transData.transform(end) * points))
    if not ends:
        return
    size = plt.rcParams["legend.fontsize"]
    size = 10 if isinstance(size, str) else size
    right = max(place[0] for *_, place in ends)
    bottom, top = ax.get_window_extent().get_points()[:, 1] * points
    low, high = bottom + size, top - 0.7 * size
    heights = _apart([place[1] for *_, place in ends], gap * size, low, high)
    for (line, end, place), height in zip(ends, heights, strict=True):
        dx, dy = right - place[0] + 12, height - place[1]
        leads = abs(dy) > size / 3 or dx > 20
        color = _readable(line.get_color())
        ax.annotate(
            line.get_label(),
            end,
            (dx, dy),
            textcoords="offset points",
            color=color,
            size=size,
            va="center_baseline",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": color, "lw": 0.8}
            | {"shrinkA": 1, "shrinkB": 4, "relpos": (0, 0.5)}
            if leads
            else None,
        )


def activation_histograms(codes, title, alt):
    """Show the distribution of all activations of one or more codes, one row each.

    On the left, the share of activations that are exactly zero. On the right, the others
    in bins of equal width on a logarithmic axis: bars of equal area hold equal shares.
    The smallest thousandth is drawn in the leftmost bin.

    Args:
        codes: A dict from a label to activations of at least 0, shape
            `(samples, units)`.
        title: What the figure finds.
        alt: Text alternative, see `figures.show`.

    Raises:
        ValueError: If `codes` is no dict or empty, or holds NaN, infinite, or negative
            activations.
    """
    check_labeled("codes", codes)
    codes = {label: np.ravel(code) for label, code in codes.items()}
    if not codes or not all(
        code.size and np.isfinite(code).all() and code.min() >= 0
        for code in codes.values()
    ):
        ranges = {
            label: (code.min(), code.max()) if code.size else None
            for label, code in codes.items()
        }
        raise ValueError(
            "codes must hold at least one code, with finite activations of at least 0; "
            f"got codes that range over {ranges}."
        )
    # The same bins for all, so that bars can be compared from panel to panel.
    bins = _log_bins(np.concatenate(list(codes.values())))
    fig, axes = plt.subplots(
        len(codes),
        2,
        figsize=(7, 0.6 + 1.7 * len(codes)),
        sharex="col",
        sharey="col",
        width_ratios=[1, 7],
        squeeze=False,
    )
    for (left, right), (label, code), color in zip(
        axes, codes.items(), sns.color_palette("colorblind", len(codes)), strict=True
    ):
        zeros = np.mean(code == 0)
        left.bar(["exactly\nzero"], [zeros], color=color, width=0.6, linewidth=0)
        left.text(0, zeros + 0.03, _percent(zeros), ha="center", va="bottom")
        left.set(ylim=(0, 1), xlim=(-0.6, 0.6))
        others = np.clip(code[code > 0], bins[0], bins[-1])
        share = np.histogram(others, bins)[0] / code.size
        right.bar(bins[:-1], share, np.diff(bins), align="edge", color=color, linewidth=0)
        right.set(xscale="log", xlim=(bins[0], bins[-1]))
        right.set_title(label, fontsize="medium", loc="left")
        for ax in left, right:
            ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[-1, 1].xaxis.set_major_formatter(
        lambda x, _: np.format_float_positional(
            x, precision=3, fractional=False, trim="-"
        )
    )
    axes[-1, 1].set_xlabel("activation, if above 0 (logarithmic axis)")
    fig.supylabel("share of activations", fontsize=plt.rcParams["axes.labelsize"])
    fig.suptitle(title)
    fig.tight_layout()
    figures.show(fig, alt)


def _check_curves(curves):
    for label, losses in curves.items():
        if isinstance(losses, dict):
            raise ValueError(
                f"a curve must be a list of numbers; for {label!r} got a dict. Of what "
                f'train returns, take the losses: ["loss"].'
            )
        losses = np.asarray(losses)
        if losses.ndim != 1 or losses.dtype.kind not in "biuf":
            raise ValueError(
                f"a curve must be a list of numbers; for {label!r} got shape "
                f"{losses.shape} of {losses.dtype}."
            )


def _apart(places, gap, low, high):
    """Move places as little as possible, to between low and high and a gap apart."""
    order = np.argsort(places, kind="stable")
    blocks = []  # each: the places it holds, less their distance in the block
    for i, place in enumerate(np.asarray(places, dtype=float)[order]):
        blocks.append([place - i * gap])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    spread = np.concatenate([np.full(len(block), np.mean(block)) for block in blocks])
    spread = np.clip(spread, low, max(low, high - gap * (len(places) - 1)))
    moved = np.empty(len(places))
    moved[order] = spread + gap * np.arange(len(places))
    return moved


def _readable(color):
    """Darken a color until it can be read on white (a contrast of 4.5, WCAG 2 AA)."""
    color = np.array(to_rgb(color))
    while True:
        linear = np.where(
            color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4
        )
        if 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5:
            return tuple(color)
        color = color * 0.95


def _percent(share):
    """Write a share as a percentage that is 0 or 100 only if the share is 0 or 1."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _log_bins(values):
    """Return the edges of bins of equal width on a logarithmic axis."""
    values = values[values > 0]
    if not values.size:
        return np.geomspace(0.01, 1, 61)
    low, high = np.quantile(values, 0.001), values.max()
    low, high = min(low, high / 10), high * (1 + 1e-6)
    return np.geomspace(low, high, 61)
