"""The look that all figures share, and how they are shown."""

import io

import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
from IPython.display import display
from PIL import Image

BLUE = "#0173b2"  # the palette's, which occurs in no image of ink
SHOWN_DPI = 100  # size on the page, in pixels per inch of the figure
SHARPNESS = 1.5  # pixels of the image for each of those, for high-resolution screens


def use_style():
    """Set the series' look: seaborn's ticks and its palette for color-blind readers."""
    matplotlib.rcdefaults()  # without what a matplotlibrc of the user says
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
    about = {"alt": alt} | title_of(fig)
    fig.savefig(drawn, format="png", dpi=SHOWN_DPI * SHARPNESS, bbox_inches="tight")
    # 256 colors look the same here, and take half the space. The method keeps rare
    # colors, such as those of thin lines.
    image = Image.open(drawn).convert("RGB")
    image = image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    image.save(png, format="png", optimize=True)
    display(
        {"image/png": png.getvalue(), "text/plain": alt},
        metadata={"image/png": about | {"width": round(image.width / SHARPNESS)}},
        raw=True,
    )


def title_of(fig):
    """Find a figure's title, which the slides show as their own.

    Args:
        fig: A Matplotlib figure. Its title is the one above all of it; without one, the
            title of its only axes that have one.

    Returns:
        A dict with `title`, the text, and `title_share`, the share of the picture's
        height, from its upper edge, that ends below the title; an empty dict if there
        is no title.
    """
    found = [each for each in fig.texts if each.get_text() == fig.get_suptitle() != ""]
    found = found or [ax.title for ax in fig.axes if ax.get_title()]
    if len(found) != 1:
        return {}
    fig.canvas.draw()
    edge = matplotlib.rcParams["savefig.pad_inches"]
    whole = fig.get_tightbbox().padded(edge)  # in inches, as it is saved
    bottom = found[0].get_window_extent().y0 / fig.dpi
    text = " ".join(found[0].get_text().split())
    return {"title": text, "title_share": round((whole.y1 - bottom) / whole.height, 3)}


def hide_frame(ax):
    """Draw an image without ticks or frame.

    Args:
        ax: The image's axes.
    """
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
