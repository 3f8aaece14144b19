"""Every figure is shown once, as a PNG with a text alternative, and then closed."""

import io
import struct
from itertools import combinations, pairwise

from sae_utils import codes, figures, metrics, models, plots

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb, to_rgba
from PIL import Image

ALT = "What the figure shows."
IMAGES = np.random.default_rng(0).random((3, 784))
WEIGHTS = np.random.default_rng(1).normal(size=(40, 784))
BLUE = "#0173b2"  # the first of seaborn's "colorblind" palette


@pytest.fixture(autouse=True)
def style():
    plt.switch_backend("Agg")
    with plt.rc_context():
        plots.use_style()
        yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    """The displays that a test causes."""
    displays = []

    def display(*objects, **options):
        displays.append((objects, options))

    monkeypatch.setattr(figures, "display", display)
    return displays


@pytest.fixture
def figure(monkeypatch):
    """Keep the figures that are shown, to look at what is drawn in them."""
    kept = []
    original = figures.show

    def show(fig, alt):
        kept.append(fig)
        original(fig, alt)

    monkeypatch.setattr(figures, "show", show)
    return lambda: kept[-1]


@pytest.fixture(scope="module")
def model():
    """A model of 40 units with contributions of different sizes, some of them 0."""
    keras.utils.set_random_seed(0)
    model = models.dense_autoencoder(40)
    decoder = model.get_layer("reconstruction")
    decoder.kernel.assign(WEIGHTS.astype("float32"))
    return model


def a_figure():
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    return fig


def a_model():
    return models.dense_autoencoder(40)


FIGURES = {
    "show": lambda alt: plots.show(a_figure(), alt),
    "image_rows": lambda alt: plots.image_rows(
        {"original": IMAGES, "reconstruction": IMAGES}, "title", alt
    ),
    "filters": lambda alt: plots.filters(
        {"alive": WEIGHTS[:5], "dead": WEIGHTS[:1]}, "title", alt
    ),
    "loss_curves": lambda alt: plots.loss_curves(
        {"training": [3, 2, 1], "validation": [3, 2.1, 1.1], "test": [3, 2, 1]},
        "title",
        alt,
    ),
    "activation_histograms": lambda alt: plots.activation_histograms(
        {"ReLU": np.maximum(WEIGHTS, 0), "sigmoid": IMAGES, "tenth": IMAGES / 10},
        "title",
        alt,
    ),
    "anatomy": lambda alt: plots.anatomy(a_model(), IMAGES[0], "title", alt),
    "autoencoder_diagram": lambda alt: plots.autoencoder_diagram(
        IMAGES[0], WEIGHTS[0, :32] ** 2, IMAGES[1], "title", alt
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
    title = options["metadata"]["image/png"].pop("title", None)
    share = options["metadata"]["image/png"].pop("title_share", None)
    assert (title is None) == (share is None) == (name == "show")  # which had no title
    metadata = {"image/png": {"alt": ALT, "width": width}}
    assert options == {"metadata": metadata, "raw": True}
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "show"])
def test_a_figure_says_where_its_title_is(shown, name):
    FIGURES[name](ALT)
    ((bundle,), options) = shown[0]
    about = options["metadata"]["image/png"]
    assert about["title"] == "title"
    drawn = np.asarray(Image.open(io.BytesIO(bundle["image/png"])).convert("L"))
    rows = np.flatnonzero((drawn < 128).any(axis=1))  # which have ink
    below = about["title_share"] * len(drawn)
    assert rows[0] < below  # the title, the first that is drawn, is above
    # The title's letters are one row of text, and nothing else is beside it.
    above = rows[rows < below]
    assert above[-1] - above[0] < 30
    assert not {round(below) - 1, round(below)} & {*rows.tolist()}


def test_one_title_of_several_axes_is_no_title_of_the_figure(shown):
    fig, axes = plt.subplots(1, 2)
    for ax in axes:
        ax.set_title("one of two")
    plots.show(fig, ALT)
    assert "title" not in shown[0][1]["metadata"]["image/png"]


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


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "show"])
def test_no_two_texts_overlap(shown, figure, name):
    FIGURES[name](ALT)
    fig = figure()
    FigureCanvasAgg(fig).draw()  # a closed figure has none
    hidden = labels_out_of_view(fig)
    texts = [
        text
        for text in fig.findobj(plt.Text)
        if text.get_text().strip() and text.get_visible() and text not in hidden
    ]
    # An annotation's own box would include its line.
    boxes = [plt.Text.get_window_extent(text).padded(-1) for text in texts]
    pairs = combinations(zip(texts, boxes, strict=True), 2)
    overlapping = [
        (one.get_text(), other.get_text())
        for (one, box), (other, other_box) in pairs
        if box.overlaps(other_box)
    ]
    assert overlapping == []


def labels_out_of_view(fig):
    """Return the ticks' labels that are not drawn, since they lie outside the limits."""
    found = []
    for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low <= tick.get_loc() <= high:
                found += [tick.label1, tick.label2]
    return found


def test_activation_histograms_have_labels(shown, figure):
    FIGURES["activation_histograms"](ALT)
    fig = figure()
    assert fig.get_supylabel() == "share of activations"
    assert fig.axes[-1].get_xlabel().startswith("activation, if above 0")
    assert [ax.get_title(loc="left") for ax in fig.axes[1::2]] == [
        "ReLU",
        "sigmoid",
        "tenth",
    ]


def test_image_rows_draws_each_image_in_its_place(shown, figure):
    dark = 1 - IMAGES
    plots.image_rows({"first": IMAGES, "second": dark}, "title", ALT)
    axes = figure().axes
    assert len(axes) == 6
    assert [axes[0].get_ylabel(), axes[3].get_ylabel()] == ["first", "second"]
    for ax, image in zip(axes, [*IMAGES, *dark], strict=True):
        (image_drawn,) = ax.images
        np.testing.assert_array_equal(image_drawn.get_array(), image.reshape(28, 28))
        assert image_drawn.get_clim() == (0, 1)  # one gray scale for all
        assert image_drawn.get_cmap().name == "gray_r"  # ink is dark


def test_image_rows_takes_other_shapes_and_photographs(shown, figure):
    plots.image_rows({"row": np.zeros((2, 4, 6, 1))}, "title", ALT, (4, 6), "gray")
    (drawn,) = figure().axes[0].images
    assert drawn.get_array().shape == (4, 6)
    assert drawn.get_cmap().name == "gray"  # light is light


def test_a_long_label_of_a_row_makes_the_picture_wider_and_is_not_cut(shown):
    long = "a label of many words that is much longer than most"
    for label in "short", long:
        plots.image_rows({label: IMAGES}, "title", ALT)
    short_width, width = (
        options["metadata"]["image/png"]["width"] for _, options in shown
    )
    assert width > short_width + 300


@pytest.mark.parametrize("rows", [{}, {"original": IMAGES, "reconstruction": IMAGES[:2]}])
def test_rows_of_different_lengths_are_refused(shown, rows):
    with pytest.raises(ValueError, match="rows must hold rows of one length") as error:
        plots.image_rows(rows, "title", ALT)
    assert str({label: len(images) for label, images in rows.items()}) in str(error.value)
    assert plt.get_fignums() == []


FOUR_PIXELS = np.array(
    [[1.0, -2.0, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0], [4.0, 1.0, 2.0, 3.0]]
)


def tiles(ax, size=2):
    """Return the images of a mosaic by their row and column, and what is around them."""
    panel = np.ma.filled(ax.images[0].get_array(), np.nan)
    step = size + 2
    found = {}
    for top in range(0, panel.shape[0], step):
        for left in range(0, panel.shape[1], step):
            tile = panel[top : top + size, left : left + size].copy()
            panel[top : top + size, left : left + size] = np.nan
            if not np.isnan(tile).all():
                found[top // step, left // step] = tile.ravel()
    return found, panel


@pytest.mark.parametrize("said", [{}, {"note": "black for brighter"}])
def test_filters_have_their_own_scales_and_a_note(shown, figure, said):
    plots.filters({"three": FOUR_PIXELS}, "title", ALT, columns=2, shape=(2, 2), **said)
    fig = figure()
    (ax,) = fig.axes
    assert ax.get_title(loc="left") == "three"
    assert ax.images[0].get_clim() == (-1, 1)  # 0 is white in every image
    found, around = tiles(ax)
    assert list(found) == [(0, 0), (0, 1), (1, 0)]
    for tile, weights, size in zip(found.values(), FOUR_PIXELS, [2, 1, 4], strict=True):
        np.testing.assert_array_equal(tile, weights / size)
    assert np.isnan(around).all()
    note = said.get("note", "black adds ink, orange takes it away")
    assert fig.texts[-1].get_text() == f"{note}; each image has its own scale"


def test_added_ink_is_dark_nothing_is_white_and_the_opposite_is_a_color():
    assert plots.INK(1.0) == to_rgba("black")
    assert plots.INK(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.02)
    red, _, blue, _ = plots.INK(0.0)
    assert red - blue > 0.5  # orange, which no kind of color blindness takes for gray
    for strength in 0.1, 0.3, 0.5:
        assert len(set(plots.INK(0.5 + strength)[:3])) == 1  # gray


@pytest.mark.parametrize(
    "weights", [WEIGHTS[0], WEIGHTS.T, WEIGHTS[:, :783], WEIGHTS[:0]]
)
def test_weights_of_the_wrong_shape_are_refused(shown, weights):
    with pytest.raises(
        ValueError, match=r"of group 'g' must have shape \(units, 784\)"
    ) as e:
        plots.filters({"g": weights}, "title", ALT)
    assert f"got {weights.shape}" in str(e.value)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"groups": {}}, "groups must hold at least one group of weights; got none"),
        ({"columns": 0}, "columns must be a whole number of at least 1; got 0"),
    ],
)
def test_filters_refuses_what_it_cannot_draw(shown, arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.filters(**{"groups": {"g": WEIGHTS}, "title": "t", "alt": ALT} | arguments)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("bad", [WEIGHTS, [1.0, 2.0], None])
@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("rows", lambda bad: plots.image_rows(bad, "title", ALT)),
        ("groups", lambda bad: plots.filters(bad, "title", ALT)),
        ("curves", lambda bad: plots.loss_curves(bad, "title", ALT)),
        ("codes", lambda bad: plots.activation_histograms(bad, "title", ALT)),
    ],
)
def test_what_has_no_labels_is_refused(shown, name, draw, bad):
    with pytest.raises(ValueError, match=f"^{name} must be a dict from labels") as error:
        draw(bad)
    assert str(error.value).endswith(f"got {type(bad).__name__}.")


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[0], r"must have 28 by 28 pixels, so shape \(n, 784\); got \(784,\)"),
        (IMAGES[:, :783], r"shape \(n, 784\); got \(\d+, 783\)"),
        (IMAGES[:0], r"shape \(n, 784\); got \(0, 784\)"),
        (IMAGES * 255, r"^gray levels run from 0 to 1; .* 'r' reach 2\d\d.* by 255"),
        ((IMAGES * 255).astype(np.uint8), r"^gray levels run from 0 to 1"),
    ],
)
def test_what_is_no_row_of_images_is_refused(shown, images, message):
    with pytest.raises(ValueError, match=message):
        plots.image_rows({"r": images}, "title", ALT)
    assert plt.get_fignums() == []


def test_reconstructions_that_are_too_black_are_drawn(shown):
    plots.image_rows({"r": 3 * IMAGES - 1}, "title", ALT)
    assert len(shown) == 1


@pytest.mark.parametrize(
    ("losses", "got"),
    [
        ({"loss": [3, 2]}, r'a dict. Of what train returns, take the losses: \["loss"\]'),
        (3.0, r"shape \(\) of float64"),
        (np.ones((3, 2)), r"shape \(3, 2\) of float64"),
        ("falling", r"shape \(\) of <U7"),
    ],
)
def test_a_curve_that_is_no_list_of_numbers_is_refused(shown, losses, got):
    with pytest.raises(ValueError, match=f"list of numbers; for 'a' got {got}"):
        plots.loss_curves({"a": losses}, "title", ALT)
    assert plt.get_fignums() == []


def test_loss_curves_start_at_epoch_1(shown, figure):
    plots.loss_curves({"training": [3, 2, 1], "validation": [4, 3, 2]}, "title", ALT)
    (ax,) = figure().axes
    assert [line.get_label() for line in ax.lines] == ["training", "validation"]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    assert [text.get_text() for text in ax.texts] == ["training", "validation"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_loss_curves_start_where_they_are_told(shown, figure):
    steps = {"x": range(3), "xlabel": "training step", "ylabel": "dead units"}
    plots.loss_curves({"ReLU": [0, 5, 9]}, "title", ALT, **steps)
    (ax,) = figure().axes
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 0], [1, 5], [2, 9]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("training step", "dead units")


@pytest.mark.parametrize(
    ("curves", "x", "got"),
    [
        ({}, None, r"lengths {} and x of no length"),
        ({"a": [1, 2], "b": [1]}, [0, 1], r"lengths {'a': 2, 'b': 1} and x of length 2"),
        ({"a": [1, 2]}, [0, 1, 2], r"lengths {'a': 2} and x of length 3"),
    ],
)
def test_curves_without_a_step_per_loss_are_refused(shown, curves, x, got):
    message = f"curves must hold at least one curve, and x as many .* {got}"
    with pytest.raises(ValueError, match=message):
        plots.loss_curves(curves, "title", ALT, x=x)
    assert plt.get_fignums() == []


def labels_of(ends, names=None, **limits):
    """Draw lines that end at given heights; return their labels' boxes and the axes."""
    fig, ax = plt.subplots()
    for i, end in enumerate(ends):
        ax.plot([0, 1], [1, end], label=names[i] if names else f"line {i}")
    ax.set(**limits)
    plots.label_lines(ax)
    fig.canvas.draw()
    return [plt.Text.get_window_extent(text) for text in ax.texts], ax


@pytest.mark.parametrize(
    "limits", [{}, {"yscale": "log"}, {"ylim": (0, 4)}, {"ylim": (0.5, 40)}]
)
def test_labels_at_the_ends_of_lines_do_not_overlap_and_stay_beside_the_axes(limits):
    ends = [1, 3, 1.01, 1, 2.99, 3.01, 2]
    boxes, ax = labels_of(ends, **limits)
    assert len(boxes) == len(ends)
    # In the order of the lines' ends, from below.
    ordered = [boxes[i] for i in np.argsort(ends, kind="stable")]
    for lower, upper in pairwise(ordered):
        assert lower.y1 <= upper.y0
    frame = ax.get_window_extent()
    for box in boxes:
        assert frame.y0 <= box.y0 and box.y1 <= frame.y1
        assert box.x0 > ax.transData.transform((1, 1))[0]  # right of the lines' ends


def test_a_label_with_room_stands_level_with_its_line():
    boxes, ax = labels_of([1, 2, 3], ylim=(0, 4))
    for box, end in zip(boxes, [1, 2, 3], strict=True):
        level = ax.transData.transform((1, end))[1]
        assert box.y0 < level < box.y1


def test_labels_have_their_lines_colors_dark_enough_to_read():
    _, ax = labels_of([1, 2, 3, 4], names=["a", "_b", "c", "d"])
    assert [text.get_text() for text in ax.texts] == ["a", "c", "d"]  # _b has none
    assert to_rgb(ax.texts[0].get_color()) == to_rgb(BLUE)  # dark enough as it is
    for text, line in zip(ax.texts, [ax.lines[i] for i in (0, 2, 3)], strict=True):
        color, of_line = to_rgb(text.get_color()), to_rgb(line.get_color())
        assert np.argmax(color) == np.argmax(of_line)
        linear = np.power(color, 2.2) @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (linear + 0.05) > 4.4


def test_a_label_stands_at_the_last_finite_point():
    _fig, ax = plt.subplots()
    ax.plot([0, 1, 2], [0, 1, np.nan], label="line")
    plots.label_lines(ax)
    assert [text.xy for text in ax.texts] == [pytest.approx((1, 1))]


def test_axes_without_labels_stay_without():
    _fig, ax = plt.subplots()
    ax.plot([0, 1])
    plots.label_lines(ax)
    assert not ax.texts


def test_exact_zeros_have_a_bar_of_their_own(shown, figure):
    relu = np.array([[0.0, 0.0, 0.0, 0.3], [0.0, 0.0, 0.2, 0.6]])
    sigmoid = np.array([[1e-9, 0.2, 0.9, 0.1]])
    plots.activation_histograms({"ReLU": relu, "sigmoid": sigmoid}, "title", ALT)
    zeros, others, none, all_of_them = figure().axes
    assert [bar.get_height() for bar in zeros.patches] == [5 / 8]
    assert [text.get_text() for text in zeros.texts] == ["62%"]
    # Shares of all activations, so that codes of different sizes can be compared.
    assert sum(bar.get_height() for bar in others.patches) == pytest.approx(3 / 8)
    assert [bar.get_height() for bar in none.patches] == [0]
    assert [text.get_text() for text in none.texts] == ["0%"]
    assert sum(bar.get_height() for bar in all_of_them.patches) == pytest.approx(1)


def test_a_share_of_zeros_that_is_not_all_is_not_written_as_all(shown, figure):
    codes_ = {"most": np.array([0.0] * 999 + [1.0]), "few": np.array([1.0] * 999 + [0.0])}
    plots.activation_histograms(codes_, "title", ALT)
    texts = [text.get_text() for ax in figure().axes[::2] for text in ax.texts]
    assert texts == [">99%", "<1%"]


def test_histograms_have_the_same_axes_and_bins(shown, figure):
    few, many = IMAGES[:1] / 10, IMAGES
    plots.activation_histograms({"few": few, "many": many}, "title", ALT)
    axes = figure().axes
    for above, below in (axes[0], axes[2]), (axes[1], axes[3]):
        assert above.get_xlim() == below.get_xlim()
        assert above.get_ylim() == below.get_ylim()
    left, right = axes[1], axes[3]
    assert left.get_xscale() == "log"
    assert left.get_yscale() == "linear"  # equal areas are equal shares
    edges = [[bar.get_x() for bar in ax.patches] for ax in (left, right)]
    assert edges[0] == edges[1]
    widths = np.diff(np.log(edges[0]))
    np.testing.assert_allclose(widths, widths[0])
    # Each value is in the bin of its size.
    mean = sum(bar.get_height() * bar.get_x() for bar in right.patches)
    assert mean == pytest.approx(many.mean(), rel=0.1)


@pytest.mark.parametrize(
    "bad",
    [{}, {"c": [[-1.0, 1.0]]}, {"c": [[np.nan, 1.0]]}, {"c": [[np.inf]]}, {"c": [[]]}],
)
def test_codes_without_finite_activations_from_0_are_refused(shown, bad):
    with pytest.raises(ValueError, match=r"codes must hold .* of at least 0; got codes "):
        plots.activation_histograms(bad, "title", ALT)
    assert plt.get_fignums() == []


def test_codes_of_zeros_alone_are_drawn(shown, figure):
    plots.activation_histograms({"dead": np.zeros((2, 3))}, "title", ALT)
    assert [bar.get_height() for bar in figure().axes[0].patches] == [1]


def parts_of_anatomy(fig):
    image, reconstruction, bars, *tiles = fig.axes
    return image, reconstruction, bars, tiles[:-1], tiles[-1]


def test_anatomy_shows_contributions_largest_first(shown, figure, model):
    plots.anatomy(model, IMAGES[0], "title", ALT)
    *_, bars, _tiles, _scale = parts_of_anatomy(figure())
    expected = codes.contributions(model, IMAGES[:1])[0]
    heights = [bar.get_height() for bar in bars.patches]
    np.testing.assert_allclose(heights, np.sort(expected)[::-1], rtol=1e-6)
    centers = [bar.get_x() + bar.get_width() / 2 for bar in bars.patches]
    np.testing.assert_allclose(centers, np.arange(1, 41))
    blue = [bar.get_facecolor() == to_rgba(BLUE) for bar in bars.patches]
    assert blue == [True] * 6 + [False] * 34


def test_anatomy_marks_the_units_that_carry_90_percent(shown, figure, model):
    plots.anatomy(model, IMAGES[0], "title", ALT)
    *_, bars, _tiles, _scale = parts_of_anatomy(figure())
    n90 = metrics.n90(codes.contributions(model, IMAGES[:1]))
    assert 1 < n90 < 40
    (line,) = bars.lines
    assert line.get_xdata()[0] == n90 + 0.5  # right of the last bar that it takes
    assert [text.get_text() for text in bars.texts] == [f"{n90:.0f} units\ncarry 90%"]
    heights = np.array([bar.get_height() for bar in bars.patches])
    left = np.arange(1, 41) < line.get_xdata()[0]
    assert heights[left].sum() >= 0.9 * heights.sum() > heights[left][:-1].sum()


def test_anatomy_shows_what_the_strongest_units_add(shown, figure, model):
    plots.anatomy(model, IMAGES[0], "title", ALT, strongest=4)
    *_, images, scale = parts_of_anatomy(figure())
    code = codes.encode(model, IMAGES[:1])[0]
    strongest = np.argsort(-codes.contributions(model, IMAGES[:1])[0])[:4]
    assert [ax.get_xlabel() for ax in images] == [f"unit {unit}" for unit in strongest]
    parts = code[strongest, None] * WEIGHTS[strongest]
    for ax, part in zip(images, parts, strict=True):
        shown_part = ax.images[0].get_array()
        np.testing.assert_allclose(shown_part, part.reshape(28, 28), rtol=1e-5)
        # One scale, with white at 0.
        limit = np.abs(parts).max()
        assert ax.images[0].get_clim() == pytest.approx((-limit, limit))
        assert ax.images[0].get_cmap() == plots.INK
    ends = [label.get_text() for label in scale.get_yticklabels()]
    assert ends == [f"−{limit:.2g}\nless ink", "0", f"+{limit:.2g}\nmore ink"]


def test_anatomy_shows_image_and_reconstruction(shown, figure, model):
    plots.anatomy(model, IMAGES[0], "title", ALT)
    image, reconstruction, *_ = parts_of_anatomy(figure())
    expected = [IMAGES[0], codes.outputs(model, IMAGES[:1])[0]]
    for ax, pixels in zip([image, reconstruction], expected, strict=True):
        drawn_pixels = ax.images[0].get_array()
        np.testing.assert_allclose(drawn_pixels, pixels.reshape(28, 28), rtol=1e-6)
        assert ax.images[0].get_clim() == (0, 1)


def test_anatomies_have_the_same_layout(shown, figure, model):
    def layout(each, image):
        plots.anatomy(each, image, "title", ALT)
        fig = figure()
        return [
            *(ax.get_position().bounds for ax in fig.axes),
            fig.axes[2].get_ylim(),
            shown[-1][1]["metadata"]["image/png"]["width"],
        ]

    sigmoid = models.dense_autoencoder(30, activation="sigmoid")
    faint = layout(model, IMAGES[0] / 100)
    assert layout(sigmoid, IMAGES[1]) == faint
    assert faint[-2] == (0, 30)
    # Only a larger contribution changes the axis.
    bright = layout(model, IMAGES[0] * 1000)
    assert bright[:-2] == faint[:-2]
    assert bright[-2][1] > 30


def test_anatomy_of_a_linear_output_can_have_a_shorter_axis(figure, model):
    plots.anatomy(model, IMAGES[0] / 100, "title", ALT, top=3)
    assert figure().axes[2].get_ylim() == (0, 3)


@pytest.mark.parametrize(
    ("output", "said"), [("sigmoid", "before the sigmoid:"), ("linear", "units add:")]
)
def test_anatomy_says_where_the_contributions_add_up(shown, figure, output, said):
    model = models.dense_autoencoder(8, output_activation=output)
    plots.anatomy(model, IMAGES[0], "title", ALT)
    assert any(said in text.get_text() for text in figure().texts)


def test_the_anatomy_of_a_blank_image_has_no_line(shown, figure, model):
    plots.anatomy(model, np.zeros(784), "title", ALT)
    *_, bars, images, _scale = parts_of_anatomy(figure())
    assert not bars.lines and not bars.texts
    for ax in images:  # white
        assert ax.images[0].norm(0.0) == 0.5 and not ax.images[0].get_array().any()


@pytest.mark.parametrize("image", [IMAGES[:1], IMAGES[0, :783], IMAGES[0, :81]])
def test_anatomy_refuses_what_is_not_one_image(shown, model, image):
    with pytest.raises(ValueError, match="image must be one square image") as error:
        plots.anatomy(model, image, "title", ALT)
    assert f"got shape {image.shape}" in str(error.value)
    assert plt.get_fignums() == []


def test_anatomy_refuses_a_deeper_decoder(shown):
    conv = models.conv_autoencoder()
    with pytest.raises(ValueError, match="decoder rows of 1568 outputs"):
        plots.anatomy(conv, IMAGES[0], "title", ALT)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("strongest", [0, 9, -1, 2.5])
def test_anatomy_refuses_too_few_or_too_many_units(shown, model, strongest):
    message = f"strongest must be a whole number from 1 to 8; got {strongest}"
    with pytest.raises(ValueError, match=message):
        plots.anatomy(model, IMAGES[0], "title", ALT, strongest=strongest)
    assert plt.get_fignums() == []


def test_the_diagram_shows_what_goes_in_and_comes_out_with_shapes(shown, figure):
    code = np.arange(32.0)
    plots.autoencoder_diagram(IMAGES[0], code, IMAGES[1], "title", ALT)
    canvas, image, reconstruction, column = figure().axes
    for ax, pixels in zip([image, reconstruction], IMAGES, strict=False):
        np.testing.assert_array_equal(ax.images[0].get_array(), pixels.reshape(28, 28))
    # The first unit is at the top; an axis counts from below.
    squares = np.ravel(column.collections[0].get_array())
    np.testing.assert_array_equal(squares, code[::-1])
    assert column.get_ylim() == (0, 32)
    assert column.collections[0].get_clim() == (0, 31)
    texts = {text.get_text() for text in canvas.texts}
    assert {
        "$W_1$  (784, 32)",
        "$b_1$  (32,)",
        "$W_2$  (32, 784)",
        "$b_2$  (784,)",
        "$(m$, 784)",
        "$(m$, 32)",
        "image $x$",
        "code $h$",
        r"reconstruction $\hat{x}$",
    } < texts


def test_the_diagram_of_a_code_as_large_as_its_image(shown, figure):
    plots.autoencoder_diagram(IMAGES[0], IMAGES[1], IMAGES[2], "title", ALT)
    canvas = figure().axes[0]
    heights = {text.get_text(): text.get_position()[1] for text in canvas.texts}
    assert heights["image $x$"] > heights["code $h$"] + 0.2  # above what it names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": IMAGES}, r"of one shape \(inputs,\); got shapes \(3, 784\) and"),
        ({"image": IMAGES[0, :80]}, r"square images .* got shapes \(80,\) and"),
        ({"reconstruction": IMAGES[0, :81]}, r"got shapes \(784,\) and \(81,\)"),
        ({"code": [[1.0]]}, r"code must be one code of shape \(units,\); got \(1, 1\)"),
        ({"code": []}, r"code must be one code of shape \(units,\); got \(0,\)"),
    ],
)
def test_the_diagram_refuses_what_it_cannot_draw(shown, arguments, message):
    good = {"image": IMAGES[0], "code": [1.0], "reconstruction": IMAGES[1]}
    with pytest.raises(ValueError, match=message):
        plots.autoencoder_diagram(**good | arguments, title="title", alt=ALT)
    assert plt.get_fignums() == []


def test_use_style_sets_the_palette_for_color_blind_readers():
    with plt.rc_context():
        plt.rcdefaults()
        plots.use_style()
        cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
        assert to_rgb(cycle[0]) == to_rgb(BLUE)
        assert not plt.rcParams["axes.spines.top"]
        assert not plt.rcParams["axes.spines.right"]
