"""Every figure is shown once, as a PNG with a text alternative, and then closed."""

import struct

from sae_utils import plots

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

ALT = "What the figure shows."
IMAGES = np.random.default_rng(0).random((3, 784))
WEIGHTS = np.random.default_rng(1).normal(size=(5, 784))
BLUE = to_rgb("#0173b2")  # the first of seaborn's "colorblind" palette


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    """The displays that a test causes."""
    displays = []

    def display(*objects, **options):
        displays.append((objects, options))

    monkeypatch.setattr(plots, "display", display)
    return displays


@pytest.fixture
def figure(monkeypatch):
    """Keep the figures that are shown, to look at what is drawn in them."""
    figures = []
    original = plots.show

    def show(fig, alt):
        figures.append(fig)
        original(fig, alt)

    monkeypatch.setattr(plots, "show", show)
    return lambda: figures[-1]


def a_figure():
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    return fig


FIGURES = {
    "show": lambda alt: plots.show(a_figure(), alt),
    "image_rows": lambda alt: plots.image_rows(
        {"original": IMAGES, "reconstruction": IMAGES}, "title", alt
    ),
    "filters": lambda alt: plots.filters(
        {"alive": WEIGHTS, "dead": WEIGHTS[:1]}, "title", alt
    ),
    "loss_curves": lambda alt: plots.loss_curves({"training": [3, 2, 1]}, "title", alt),
    "activation_histograms": lambda alt: plots.activation_histograms(
        {"ReLU": IMAGES, "sigmoid": IMAGES}, "title", alt
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_one_png_with_alt_text_and_is_closed(shown, name):
    FIGURES[name](ALT)
    assert len(shown) == 1
    ((bundle,), options) = shown[0]
    assert sorted(bundle) == ["image/png", "text/plain"]
    assert bundle["image/png"].startswith(b"\x89PNG\r\n")
    assert bundle["text/plain"] == ALT
    # The image has more pixels than it takes on the page, for sharp screens.
    pixels = struct.unpack(">I", bundle["image/png"][16:20])[0]
    width = round(pixels / 1.5)
    # Without raw, the bundle would be shown as a dict.
    metadata = {"image/png": {"alt": ALT, "width": width}}
    assert options == {"metadata": metadata, "raw": True}
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("alt", ["", "  \n"])
def test_an_empty_alt_text_is_refused(shown, name, alt):
    with pytest.raises(ValueError, match="alt must say what the figure shows"):
        FIGURES[name](alt)
    assert shown == []
    # A figure left open would be drawn below the error message.
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "show"])
def test_the_title_is_in_the_figure(shown, figure, name):
    FIGURES[name](ALT)
    fig = figure()
    titles = [fig.get_suptitle(), *(ax.get_title() for ax in fig.axes)]
    assert "title" in titles


@pytest.mark.parametrize("name", ["loss_curves", "activation_histograms"])
def test_axes_are_labelled(shown, figure, name):
    FIGURES[name](ALT)
    for ax in figure().axes:
        assert ax.get_xlabel()
    assert figure().axes[0].get_ylabel()


def test_image_rows_draws_each_image_in_its_place(shown, figure):
    dark = 1 - IMAGES
    plots.image_rows({"first": IMAGES, "second": dark}, "title", ALT)
    axes = figure().axes
    assert len(axes) == 6
    assert [axes[0].get_ylabel(), axes[3].get_ylabel()] == ["first", "second"]
    for ax, image in zip(axes, [*IMAGES, *dark], strict=True):
        (drawn,) = ax.images
        np.testing.assert_array_equal(drawn.get_array(), image.reshape(28, 28))
        assert drawn.get_clim() == (0, 1)  # one grey scale for all
        assert drawn.get_cmap().name == "gray_r"  # ink is dark


def test_image_rows_takes_images_of_other_shapes(shown, figure):
    plots.image_rows({"row": np.zeros((2, 4, 6, 1))}, "title", ALT, shape=(4, 6))
    assert figure().axes[0].images[0].get_array().shape == (4, 6)


@pytest.mark.parametrize("rows", [{}, {"original": IMAGES, "reconstruction": IMAGES[:2]}])
def test_rows_of_different_lengths_are_refused(shown, rows):
    with pytest.raises(ValueError, match="rows must hold rows of one length") as error:
        plots.image_rows(rows, "title", ALT)
    assert str({label: len(images) for label, images in rows.items()}) in str(error.value)
    assert plt.get_fignums() == []


def test_filters_scales_each_unit_by_its_own_largest_weight(shown, figure):
    weights = np.array(
        [[1.0, -2.0, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0], [4.0, 1.0, 2.0, 3.0]]
    )
    plots.filters({"three": weights}, "title", ALT, columns=2, shape=(2, 2))
    (ax,) = figure().axes
    assert ax.get_title(loc="left") == "three"
    (drawn,) = ax.images
    assert drawn.get_clim() == (-1, 1)  # 0 is the same grey in every image
    nan = np.nan  # margins, and the missing fourth image
    np.testing.assert_array_equal(
        np.ma.filled(drawn.get_array(), nan),
        [
            [0.5, -1.0, nan, 0.0, 0.0, nan],
            [0.0, 0.25, nan, 0.0, 0.0, nan],
            [nan] * 6,
            [1.0, 0.25, nan, nan, nan, nan],
            [0.5, 0.75, nan, nan, nan, nan],
            [nan] * 6,
        ],
    )


@pytest.mark.parametrize("weights", [WEIGHTS[0], WEIGHTS.T, WEIGHTS[:, :783]])
def test_weights_of_the_wrong_shape_are_refused(shown, weights):
    with pytest.raises(
        ValueError, match=r"of group 'g' must have shape \(units, 784\)"
    ) as e:
        plots.filters({"g": weights}, "title", ALT)
    assert f"got {weights.shape}" in str(e.value)
    assert plt.get_fignums() == []


def test_no_groups_are_refused(shown):
    with pytest.raises(ValueError, match="groups must hold at least one group"):
        plots.filters({}, "title", ALT)


def test_loss_curves_start_at_epoch_1(shown, figure):
    plots.loss_curves({"training": [3, 2, 1], "validation": [4, 3, 2]}, "title", ALT)
    (ax,) = figure().axes
    assert [line.get_label() for line in ax.lines] == ["training", "validation"]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    assert [text.get_text() for text in ax.get_legend().texts] == [
        "training",
        "validation",
    ]


def test_histograms_give_the_share_above_the_threshold(shown, figure):
    code = np.array([[0.0, 0.0, 0.0, 0.3], [0.0, 0.0, 0.2, 0.6]])
    plots.activation_histograms({"code": code}, "title", ALT, threshold=0.25)
    (ax,) = figure().axes
    assert ax.get_title() == "code: 25% above 0.25"
    assert ax.get_yscale() == "log"
    assert ax.lines[0].get_xdata()[0] == 0.25
    # Shares, so that codes of different sizes can be compared.
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)


def test_use_style_sets_the_palette_for_colour_blind_readers():
    with plt.rc_context():
        plots.use_style()
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"][0] == BLUE
        assert not plt.rcParams["axes.spines.top"]
        assert not plt.rcParams["axes.spines.right"]
