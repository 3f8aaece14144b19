"""The live page: its arithmetic is that of Keras, and a reader can do what it offers."""

import base64

from sae_utils import codes, data, metrics
from tools import export_live

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.browser

BATCH = 1000

# Runs a batch of images, one byte per pixel, through a model of the page. A pixel comes
# back in two bytes.
RUN_BATCH = """
([name, base64]) => {
  const { unpackModel, encode, decode, strengths } = window.live;
  const model = unpackModel(window.liveModels.models[name]);
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const pixels = new Uint8Array(2 * bytes.length);
  const view = new DataView(pixels.buffer);
  const strongest = [];
  for (let start = 0; start < bytes.length; start += 784) {
    const image = Float32Array.from(bytes.subarray(start, start + 784), (b) => b / 255);
    const code = encode(model, image);
    const strength = strengths(model, code);
    strongest.push(strength.indexOf(Math.max(...strength)));
    decode(model, code).forEach((pixel, i) =>
      view.setUint16(2 * (start + i), Math.round(pixel * 65535), true));
  }
  let text = "";
  for (let i = 0; i < pixels.length; i += 32768)
    text += String.fromCharCode(...pixels.subarray(i, i + 32768));
  return [strongest, btoa(text)];
}
"""


@pytest.fixture
def live(page, site, troubles):
    """The page, opened, and at the end of the test free of errors and requests."""
    page.goto((site / "live.html").as_uri())
    page.wait_for_selector("#live:not([hidden])")
    yield page
    assert troubles == []


def part(page, name, card=None):
    inside = f"#live-{card} " if card else "#live "
    return page.locator(f'{inside}[data-live="{name}"]')


def pixels(canvas):
    """The red of a canvas, from 0 to 1, as an array of its height and width."""
    values, height, width = canvas.evaluate(
        """canvas => {
          const { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          return [Array.from(data).filter((_, i) => i % 4 === 0), height, width];
        }"""
    )
    return np.reshape(values, (height, width)) / 255


def labels(page, card):
    """What the page says of each unit of a code, such as "Unit 1, activation 0.20"."""
    return (
        part(page, "code", card)
        .locator("button")
        .evaluate_all("all => all.map(one => one.ariaLabel)")
    )


def n90(page, card):
    return int(part(page, "n90", card).inner_text())


def activations(page, card):
    """What the page says each unit's activation is, rounded to two decimals."""
    return [float(label.split()[-1]) for label in labels(page, card)]


def first_images(n):
    """The first test images, in the page's 16 gray levels, and their labels."""
    _, _, x, y = data.load_mnist(1, n)
    return np.rint(x * 15) / 15, y


def error(page, card):
    return float(part(page, "error", card).inner_text())


def next_frame(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")


def draw(page, points):
    """Draw one stroke with the mouse; points are shares of the paper's side."""
    box = part(page, "drawing").bounding_box()
    places = [
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()
    next_frame(page)


@pytest.mark.parametrize("name", export_live.MODELS)
def test_arithmetic_is_that_of_keras(live, name):
    x = data.load_mnist(1).x_test
    model = export_live.rebuild(np.load(export_live.REFERENCE), name)
    strongest = np.argmax(codes.contributions(model, x), axis=1)
    reconstruction = codes.outputs(model, x)
    same, difference = 0, 0.0
    for start in range(0, len(x), BATCH):
        batch = slice(start, start + BATCH)
        sent = np.rint(x[batch] * 255).astype(np.uint8).tobytes()
        units, got = live.evaluate(RUN_BATCH, [name, base64.b64encode(sent).decode()])
        got = np.frombuffer(base64.b64decode(got), "<u2").reshape(-1, 784) / 65535
        same += np.sum(units == strongest[batch])
        difference = max(difference, np.abs(got - reconstruction[batch]).max())
    print(f"{name}: differs by {difference:.4f}, same strongest unit {same / len(x):.4f}")
    assert difference < 0.05
    assert same >= 0.99 * len(x)


def test_numbers_of_the_page_are_right(live):
    shown = pixels(part(live, "input"))
    first = data.load_mnist(1, 1, flatten=False).x_test[0, :, :, 0]
    np.testing.assert_allclose(1 - shown, first, atol=0.04)  # 16 gray levels
    for card in export_live.MODELS:
        rebuilt = pixels(part(live, "reconstruction", card))
        assert error(live, card) == pytest.approx(
            np.mean((shown - rebuilt) ** 2), abs=2e-4
        )
        model = export_live.rebuild(np.load(export_live.REFERENCE), card)
        x, _ = first_images(1)
        np.testing.assert_allclose(
            activations(live, card), codes.encode(model, x)[0], atol=0.1
        )
        expected = metrics.n90(codes.contributions(model, x))
        # The page's weights are rounded, so that one unit may lie on the other side.
        assert n90(live, card) == pytest.approx(expected, abs=1)
    assert n90(live, "plain") > 1.5 * n90(live, "kl")


def test_n90_of_the_page_is_that_of_the_package(live):
    random = np.random.default_rng(0)
    lengths = random.random(20) * 30
    some = random.random((30, 20)) * (random.random((30, 20)) < 0.4)
    some = some.astype(np.float32)
    equal = np.ones(20, np.float32) / lengths.astype(np.float32)
    equal[10:] = 0
    for code in [*some, equal]:
        counted = live.evaluate(
            "([lengths, code]) => window.live.n90({ lengths }, new Float32Array(code))",
            [lengths.tolist(), code.tolist()],
        )
        assert counted == metrics.n90(code[np.newaxis] * lengths)
    assert counted == 9  # of ten equal units
    blank = "() => window.live.n90({ lengths: [1, 2] }, new Float32Array([0, 0]))"
    assert live.evaluate(blank) == 0


def test_reader_draws_with_the_mouse(live):
    before = {card: labels(live, card) for card in export_live.MODELS}
    draw(live, [(0.3, 0.2), (0.7, 0.2), (0.4, 0.9)])
    assert part(live, "caption").inner_text() == "Your drawing"
    for card in export_live.MODELS:
        assert labels(live, card) != before[card]
    # A drawn 7 is one that the sparse codes know.
    assert error(live, "l1") < 0.04
    part(live, "clear").click()
    assert part(live, "caption").inner_text() == "Blank paper"
    assert pixels(part(live, "input")).min() == 1
    assert pixels(part(live, "drawing")).min() == 1


@pytest.mark.parametrize("size", [0.15, 0.8])
def test_drawing_is_scaled_and_centered_as_mnist_is(live, size):
    """An L of any size and place becomes 20 pixels high, its mass in the middle."""
    draw(live, [(0.1, 0.1), (0.1, 0.1 + size), (0.1 + size / 2, 0.1 + size)])
    ink = 1 - pixels(part(live, "input"))
    inked = np.flatnonzero(ink.sum(axis=1) > 0.1)
    assert inked[-1] - inked[0] + 1 in (19, 20, 21)
    middle = np.arange(28) + 0.5
    assert ink.sum(axis=1) @ middle / ink.sum() == pytest.approx(14, abs=0.2)
    assert ink.sum(axis=0) @ middle / ink.sum() == pytest.approx(14, abs=0.2)
    # Not black and white alone, but smooth at the rim.
    assert np.any((ink > 0.1) & (ink < 0.9))


def test_reader_draws_with_a_finger(browser, site):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto((site / "live.html").as_uri())
    part(page, "drawing").scroll_into_view_if_needed()
    box = part(page, "drawing").bounding_box()
    before, scrolled = labels(page, "kl"), page.evaluate("scrollY")
    finger = context.new_cdp_session(page)
    x = box["x"] + box["width"] / 2

    def touch(kind, share):
        points = [{"x": x, "y": box["y"] + share * box["height"]}] if share else []
        event = {"type": kind, "touchPoints": points}
        finger.send("Input.dispatchTouchEvent", event)

    touch("touchStart", 0.9)
    for share in 0.7, 0.5, 0.3, 0.1:
        touch("touchMove", share)
    touch("touchEnd", None)
    next_frame(page)
    assert labels(page, "kl") != before
    inked = np.flatnonzero(pixels(part(page, "drawing")).min(axis=1) < 0.5)
    assert inked[-1] - inked[0] > 0.7 * 336  # the whole stroke, not its beginning
    assert page.evaluate("scrollY") == scrolled
    context.close()


def test_reader_takes_test_images_by_keyboard(live):
    caption = part(live, "caption")
    assert caption.inner_text() == "Test image 1 of 250, a 7"
    before = pixels(part(live, "reconstruction", "kl"))
    part(live, "previous").focus()
    live.keyboard.press("Tab")
    live.keyboard.press("Enter")
    assert caption.inner_text() == "Test image 2 of 250, a 2"
    assert np.abs(pixels(part(live, "reconstruction", "kl")) - before).max() > 0.3
    live.keyboard.press("Shift+Tab")
    for _ in range(2):
        live.keyboard.press("Space")
    assert caption.inner_text().startswith("Test image 250 of 250")


def test_slider_keeps_the_strongest_units(live):
    slider = part(live, "k")
    whole = {card: error(live, card) for card in export_live.MODELS}
    slider.focus()
    live.keyboard.press("Home")
    for _ in range(7):
        live.keyboard.press("ArrowRight")
    assert part(live, "k-value").inner_text() == "8"
    for card in export_live.MODELS:
        kept = sum(activation > 0 for activation in activations(live, card))
        assert n90(live, card) <= kept <= 8
        assert n90(live, card) >= 5
    assert error(live, "plain") > 3 * error(live, "kl") > 3 * whole["kl"]
    live.keyboard.press("End")
    assert {card: error(live, card) for card in export_live.MODELS} == whole


def test_strongest_means_activation_times_length_of_the_decoder_row(live):
    kept = live.evaluate(
        """() => {
          const model = { lengths: [1, 10, 1] };
          const code = new Float32Array([0.5, 0.2, 1]);
          return Array.from(window.live.keepStrongest(model, code, 2));
        }"""
    )
    np.testing.assert_allclose(kept, [0, 0.2, 1], rtol=1e-6)


def test_reader_looks_at_a_unit_and_switches_it_off(live):
    strongest = part(live, "unit", "l1").inner_text()
    unit = part(live, "code", "l1").get_by_role("button", pressed=True)
    assert unit.get_attribute("aria-label").startswith(strongest + ",")
    reconstruction = part(live, "reconstruction", "l1")
    whole, on = pixels(reconstruction), sum(a > 0 for a in activations(live, "l1"))
    part(live, "toggle", "l1").click()
    left = [label for label in labels(live, "l1") if "activation" in label]
    assert sum(float(label.split()[-1]) > 0 for label in left) == on - 1
    assert np.abs(pixels(reconstruction) - whole).max() > 0.1
    assert unit.get_attribute("aria-label") == f"{strongest}, switched off"
    assert part(live, "toggle", "l1").inner_text() == "Switch on"

    filters = pixels(part(live, "filter", "l1"))
    images = pixels(part(live, "exciting", "l1"))
    part(live, "code", "l1").locator("button").nth(20).click()
    assert part(live, "unit", "l1").inner_text() == "Unit 21"
    assert np.abs(pixels(part(live, "filter", "l1")) - filters).max() > 0.1
    assert np.abs(pixels(part(live, "exciting", "l1")) - images).max() > 0.1
    assert part(live, "toggle", "l1").inner_text() == "Switch off"

    part(live, "all-on").click()
    np.testing.assert_array_equal(pixels(reconstruction), whole)


def test_images_of_a_unit_are_those_that_excite_it_most(live):
    x, y = first_images(250)
    model = export_live.rebuild(np.load(export_live.REFERENCE), "kl")
    code = codes.encode(model, x)
    unit = int(part(live, "unit", "kl").inner_text().split()[1]) - 1
    best = y[np.argsort(-code[:, unit])[:8]]
    label = part(live, "exciting", "kl").get_attribute("aria-label")
    assert label == f"Unit {unit + 1} is excited most by images of " + ", ".join(
        map(str, best)
    )
    weights = keras.ops.convert_to_numpy(model.get_layer("reconstruction").kernel)[unit]
    filters = pixels(part(live, "filter", "kl")).ravel()
    np.testing.assert_allclose(
        filters, 0.5 + weights / np.abs(weights).max() / 2, atol=0.01
    )


def test_a_code_is_one_tab_stop_with_arrow_keys(live):
    units = part(live, "code", "plain").locator("button")
    assert units.evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1
    units.nth(20).click()

    def focused():
        return live.evaluate("document.activeElement.ariaLabel").split(",")[0]

    for key, unit in [
        ("ArrowRight", 22),
        ("ArrowDown", 38),  # 16 units per row at this width
        ("ArrowLeft", 37),
        ("ArrowUp", 21),
        ("End", 64),
        ("ArrowRight", 64),
        ("Home", 1),
        ("ArrowUp", 1),
    ]:
        live.keyboard.press(key)
        assert focused() == part(live, "unit", "plain").inner_text() == f"Unit {unit}"
    live.keyboard.press("Tab")
    assert live.evaluate("document.activeElement.dataset.live") == "toggle"


def test_screen_reader_is_told_once_it_is_quiet(live):
    live.wait_for_timeout(1200)
    live.evaluate(
        """() => {
          window.told = [];
          new MutationObserver(() => window.told.push(1)).observe(
            document.querySelector('[role="status"]'), { childList: true });
        }"""
    )
    draw(live, [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)])
    live.wait_for_timeout(1200)
    told = part(live, "status").inner_text()
    counts = [n90(live, card) for card in export_live.MODELS]
    assert told == "Units that carry 90%: Plain {}, L1 {}, KL {}.".format(*counts)
    assert live.evaluate("window.told.length") == 1


def test_without_scripts_the_page_says_so(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "live.html").as_uri())
    assert page.locator("article noscript p").is_visible()
    assert not page.locator("#live").is_visible()
    context.close()
