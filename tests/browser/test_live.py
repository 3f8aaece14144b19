"""The live page: its arithmetic is that of Keras, and a reader can do what it offers."""

import base64
import itertools
import re

from sae_utils import codes, data, metrics, models
from tools import export_live

import keras
import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

BATCH = 1000

# Runs a batch of images, one byte per pixel, through a model of the page. A pixel comes
# back in two bytes.
RUN_BATCH = """
([name, base64]) => {
  const { unpackModel, encode, decode, strengths } = window.liveModel;
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
    open_state(page, site, "image=1&keep=64&look=l1")
    yield page
    assert troubles == []


def open_state(page, site, hash=""):
    page.goto("about:blank")
    page.goto((site / "live.html").as_uri() + "#" * bool(hash) + hash)
    page.wait_for_selector("#live[data-ready]", state="attached")
    next_frame(page)


def part(page, name, card=None):
    inside = f"#live-{card} " if card else ".live-all "
    return page.locator(f'{inside}[data-live="{name}"]')


def pixels(canvas):
    """The red of a canvas, from 0 to 1, as an array of its height and width."""
    return colors(canvas)[:, :, 0]


def colors(canvas):
    """The red, green, and blue of a canvas, from 0 to 1."""
    values, height, width = canvas.evaluate(
        """canvas => {
          const { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          return [Array.from(data), height, width];
        }"""
    )
    return np.reshape(values, (height, width, 4))[:, :, :3] / 255


def look(page, card):
    """Look inside one of the models."""
    page.locator(f'input[name="live-look"][value="{card}"]').check()
    next_frame(page)


def units(page):
    return part(page, "units").locator('[role="option"]')


def labels(page):
    """What the page says of each unit, such as "Unit 1, activation 0.20"."""
    return units(page).evaluate_all("all => all.map(one => one.ariaLabel)")


def kept(page):
    return [label for label in labels(page) if "activation" in label]


def n90(page, card):
    return int(part(page, "n90", card).inner_text())


def error(page, card):
    return float(part(page, "error", card).inner_text())


def errors(page):
    return {card: error(page, card) for card in export_live.MODELS}


def first_images(n):
    """The first test images, in the page's 16 gray levels, and their labels."""
    _, _, x, y = data.load_mnist(1, n)
    return np.rint(x * 15) / 15, y


def reference(name):
    return export_live.rebuild(np.load(export_live.REFERENCE), name)


def next_frame(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")


def set_keep(page, k):
    part(page, "keep").fill(str(k))
    next_frame(page)


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


SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.4, 0.9)]


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
    x, _ = first_images(1)
    for card in export_live.MODELS:
        rebuilt = pixels(part(live, "reconstruction", card))
        assert error(live, card) == pytest.approx(
            np.mean((shown - rebuilt) ** 2), abs=6e-4
        )
        model = reference(card)
        look(live, card)
        said = [
            0 if "silent" in each else float(each.split()[-1]) for each in labels(live)
        ]
        np.testing.assert_allclose(said, codes.encode(model, x)[0], atol=0.1)
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
            "([lengths, code]) => liveModel.n90({ lengths }, new Float32Array(code))",
            [lengths.tolist(), code.tolist()],
        )
        assert counted == metrics.n90(code[np.newaxis] * lengths)
    assert counted == 9  # of ten equal units
    blank = "() => window.liveModel.n90({ lengths: [1, 2] }, new Float32Array([0, 0]))"
    assert live.evaluate(blank) == 0


def test_reader_draws_with_the_mouse(live):
    before = errors(live)
    draw(live, SEVEN)
    assert part(live, "caption").inner_text() == "Your drawing"
    assert errors(live) != before
    # A drawn 7 is one that the sparse codes know.
    assert error(live, "l1") < 0.04
    part(live, "clear").click()
    next_frame(live)
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
    open_state(page, site)
    part(page, "drawing").scroll_into_view_if_needed()
    box = part(page, "drawing").bounding_box()
    before, scrolled = errors(page), page.evaluate("scrollY")
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
    assert errors(page) != before
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
    next_frame(live)
    assert caption.inner_text() == "Test image 2 of 250, a 2"
    assert np.abs(pixels(part(live, "reconstruction", "kl")) - before).max() > 0.3
    live.keyboard.press("Shift+Tab")
    for _ in range(2):
        live.keyboard.press("Space")
        next_frame(live)
    assert caption.inner_text().startswith("Test image 250 of 250")


def test_slider_keeps_the_strongest_units(live):
    slider = part(live, "keep")
    whole = errors(live)
    slider.focus()
    live.keyboard.press("Home")
    for _ in range(7):
        live.keyboard.press("ArrowRight")
    next_frame(live)
    assert part(live, "keep-value").inner_text() == "8"
    assert slider.get_attribute("aria-valuetext") == "8 of 64"
    for card in export_live.MODELS:
        look(live, card)
        assert len(kept(live)) == 8
    assert error(live, "plain") > 3 * error(live, "kl") > 3 * whole["kl"]
    slider.focus()
    live.keyboard.press("End")
    next_frame(live)
    assert errors(live) == whole


def test_strongest_means_activation_times_length_of_the_decoder_row(live):
    kept = live.evaluate(
        """() => {
          const model = { lengths: [1, 10, 1] };
          const code = new Float32Array([0.5, 0.2, 1]);
          return Array.from(window.liveModel.keepStrongest(model, code, 2));
        }"""
    )
    np.testing.assert_allclose(kept, [0, 0.2, 1], rtol=1e-6)


def test_removing_a_unit_promotes_no_other(live):
    """The strongest units are chosen first, and then the unit leaves them."""
    set_keep(live, 4)
    four = kept(live)
    assert len(four) == 4
    strongest = part(live, "unit").inner_text()
    part(live, "toggle").click()
    next_frame(live)
    assert kept(live) == [each for each in four if not each.startswith(f"{strongest},")]
    assert sum("not kept" in each for each in labels(live)) > 10


def test_reader_removes_a_unit_and_sees_the_hole(live):
    strongest = part(live, "unit").inner_text()
    chosen = units(live).and_(live.locator('[aria-selected="true"]'))
    assert chosen.count() == 1
    assert chosen.get_attribute("aria-label").startswith(f"{strongest}, activation")
    assert not part(live, "hole-box").is_visible()
    all_on = part(live, "all-on")
    assert all_on.get_attribute("aria-disabled") == "true"  # nothing is off
    reconstruction = part(live, "reconstruction", "l1")
    whole, before = pixels(reconstruction), errors(live)
    part(live, "toggle").click()
    next_frame(live)
    assert error(live, "l1") > 1.5 * before["l1"]
    assert error(live, "kl") == before["kl"]
    assert chosen.get_attribute("aria-label") == f"{strongest}, removed"
    assert part(live, "toggle").inner_text() == "Put it back"
    # Black where ink is missing, orange where there is too much.
    missing = pixels(reconstruction) - whole
    hole = colors(part(live, "hole"))
    np.testing.assert_allclose(
        hole[:, :, 0][missing > 0], 1 - missing[missing > 0], atol=0.02
    )
    assert np.all(hole[missing < -0.1][:, 2] < hole[missing < -0.1][:, 0])
    ink = re.search(
        r"(\d+) pixels of ink", part(live, "hole").get_attribute("aria-label")
    )
    assert int(ink[1]) == pytest.approx(missing[missing > 0].sum(), abs=1)
    removed = f"all units kept, L1 {strongest.lower()} removed. Squared error:"
    expect(part(live, "status")).to_contain_text(removed)
    # Removals of all models are taken back, and the focus stays where it was.
    look(live, "kl")
    part(live, "toggle").click()
    next_frame(live)
    assert error(live, "kl") != before["kl"]
    all_on.focus()
    for _ in range(2):  # nothing is left to do for the second time
        live.keyboard.press("Enter")
        next_frame(live)
        assert errors(live) == before
        np.testing.assert_array_equal(pixels(reconstruction), whole)
        assert all_on.get_attribute("aria-disabled") == "true"
        expect(all_on).to_be_focused()


def test_strongest_unit_is_followed_until_one_is_chosen(live):
    x, _ = first_images(3)
    strongest = np.argmax(codes.contributions(reference("l1"), x), axis=1) + 1
    for unit in strongest:
        assert part(live, "unit").inner_text() == f"Unit {unit}"
        part(live, "next").click()
        next_frame(live)
    units(live).nth(20).click()
    filters = pixels(part(live, "filter"))
    part(live, "next").click()
    next_frame(live)
    assert part(live, "unit").inner_text() == "Unit 21"
    follow = part(live, "follow")
    follow.focus()
    live.keyboard.press("Space")
    next_frame(live)
    assert part(live, "unit").inner_text() != "Unit 21"
    assert np.abs(pixels(part(live, "filter")) - filters).max() > 0.1
    assert follow.get_attribute("aria-disabled") == "true"
    expect(follow).to_be_focused()


def test_tiles_are_as_dark_as_their_units_are_strong(live):
    x, _ = first_images(250)
    contributions = codes.contributions(reference("l1"), x)
    brightest = contributions.max(axis=1).mean()
    shown = units(live).evaluate_all(
        "all => all.map(one => +one.firstChild.style.opacity)"
    )
    expected = 0.25 + 0.75 * np.minimum(contributions[0] / brightest, 1)
    np.testing.assert_allclose(shown, expected, atol=0.02)


def test_film_adds_one_unit_after_the_other(live):
    x, _ = first_images(1)
    model = reference("l1")
    code = codes.encode(model, x)
    order = np.argsort(-codes.contributions(model, x)[0])
    frames = part(live, "film").locator("button")
    decoder = models.decoder(model)
    for frame, keep in (0, 0), (1, 1), (4, 4), (7, 8), (11, 64):
        part_of_it = code.copy()
        part_of_it[0, order[keep:]] = 0
        shown = 1 - pixels(frames.nth(frame).locator("canvas")).ravel()
        np.testing.assert_allclose(
            shown, codes.outputs(decoder, part_of_it)[0], atol=0.05
        )
    assert frames.nth(1).inner_text() == f"+ {order[0] + 1}"
    assert frames.nth(0).is_disabled()
    frames.nth(4).click()
    next_frame(live)
    assert part(live, "keep").input_value() == "4"  # the slider is the same control
    assert frames.nth(4).get_attribute("aria-current") == "true"
    set_keep(live, 10)
    current = part(live, "film").locator('[aria-current="true"]')
    assert current.inner_text() == "8 units"


def test_images_of_a_unit_are_those_that_excite_it_most(live):
    look(live, "kl")
    x, y = first_images(250)
    model = reference("kl")
    code = codes.encode(model, x)
    unit = int(part(live, "unit").inner_text().split()[1]) - 1
    best = y[np.argsort(-code[:, unit])[:8]]
    label = part(live, "exciting").get_attribute("aria-label")
    assert label == f"Unit {unit + 1} is excited most by images of " + ", ".join(
        map(str, best)
    )
    weights = keras.ops.convert_to_numpy(model.get_layer("reconstruction").kernel)[unit]
    share = weights / np.abs(weights).max()
    filters = colors(part(live, "filter")).reshape(784, 3)
    # Black adds ink, orange takes it away.
    ink = share > 0
    np.testing.assert_allclose(filters[ink].T, np.tile(1 - share[ink], (3, 1)), atol=0.02)
    np.testing.assert_allclose(
        filters[~ink][:, 2], 1 + share[~ink] * 254 / 255, atol=0.02
    )


def test_units_are_one_tab_stop_with_arrow_keys(live):
    look(live, "plain")
    assert (
        units(live).evaluate_all("all => all.filter(one => one.tabIndex === 0).length")
        == 1
    )
    units(live).nth(20).click()
    next_frame(live)
    units(live).nth(20).focus()

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
        next_frame(live)
        assert focused() == part(live, "unit").inner_text() == f"Unit {unit}"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_targets_are_large_enough(live, width):
    live.set_viewport_size({"width": width, "height": 720})
    # A radio button is pressed by its label, too.
    kinds = 'button, label, input[type="range"], [role="option"]'
    boxes = (
        live.locator(":is(.live-all, #live-train)")
        .locator(kinds)
        .evaluate_all(
            """all => all.map(one => [one.innerText || one.id, one.offsetWidth,
            one.offsetHeight])"""
        )
    )
    assert len(boxes) > 64
    assert [box for box in boxes if box[1] > 0 and min(box[1:]) < 24] == []
    # What stands on the paper stays on it.
    hint, paper = (part(live, name).bounding_box() for name in ("hint", "drawing"))
    assert paper["x"] <= hint["x"]
    assert hint["x"] + hint["width"] <= paper["x"] + paper["width"] + 1


def test_screen_reader_is_told_once_it_is_quiet(live):
    live.wait_for_timeout(1200)
    live.evaluate(
        """() => {
          window.told = [];
          new MutationObserver(() => window.told.push(1)).observe(
            document.querySelector('#live [role="status"]'), { childList: true });
        }"""
    )
    draw(live, [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)])
    live.wait_for_timeout(1500)
    told = part(live, "status").inner_text()
    counts = [f"{error(live, card):.3f}" for card in export_live.MODELS]
    assert told == (
        "Your drawing, all units kept. Squared error: Plain {}, L1 {}, KL {}.".format(
            *counts
        )
    )
    assert live.evaluate("window.told.length") == 1


def test_everything_is_on_one_screen(live, site):
    live.set_viewport_size({"width": 1280, "height": 720})
    open_state(live, site)
    names = ["drawing", "input", "keep", "previous"]
    shown = [part(live, name) for name in names]
    shown += [part(live, "reconstruction", card) for card in export_live.MODELS]
    for each in shown:
        box = each.bounding_box()
        assert box["y"] >= 48 and box["y"] + box["height"] <= 720


def test_on_a_phone_the_strip_stays_in_sight(live, site):
    live.set_viewport_size({"width": 390, "height": 844})
    open_state(live, site)
    drawing = part(live, "drawing").bounding_box()
    strip = live.locator(".live-strip").bounding_box()
    assert drawing["y"] + drawing["height"] <= strip["y"]
    units(live).last.scroll_into_view_if_needed()
    live.evaluate("scrollBy(0, 300)")
    seen = [part(live, "reconstruction", card) for card in export_live.MODELS]
    for each in [*seen, part(live, "keep")]:
        box = each.bounding_box()
        assert box["y"] >= 40 and box["y"] + box["height"] <= 400


def test_link_restores_what_the_reader_saw(live, site, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    draw(live, SEVEN)
    set_keep(live, 6)
    look(live, "kl")
    units(live).nth(11).click()
    part(live, "toggle").click()
    next_frame(live)
    before = errors(live)
    part(live, "link").click()
    live.wait_for_function("location.hash.startsWith('#drawing=')")
    link = live.evaluate("location.href")
    live.wait_for_timeout(1_000)  # by then, the status of the drawing would be said
    assert part(live, "link").inner_text() in ("Copied", "See the address bar")
    assert "link" in part(live, "status").inner_text()
    assert len(link) < 1000

    live.goto("about:blank")
    live.goto(link)
    live.wait_for_selector("#live[data-ready]", state="attached")
    next_frame(live)
    assert part(live, "caption").inner_text() == "Your drawing"
    assert part(live, "keep").input_value() == "6"
    assert live.locator('input[value="kl"][name="live-look"]').is_checked()
    assert part(live, "unit").inner_text() == "Unit 12"
    assert part(live, "toggle").inner_text() == "Put it back"
    for card, value in errors(live).items():
        assert value == pytest.approx(before[card], abs=0.01)


@pytest.mark.parametrize(
    "hash",
    [
        "image=0&keep=999&look=x&unit=-1&off-kl=a.1e3..65",
        "drawing=%3Cscript%3E&keep=",
        "drawing=A",
        "drawing=AA_.....B&off-l1=64",
    ],
)
def test_a_broken_link_breaks_nothing(live, site, hash):
    open_state(live, site, hash)
    assert part(live, "keep-value").inner_text() == "all 64"
    assert all(np.isfinite(value) for value in errors(live).values())


def test_every_question_leads_to_its_state(live):
    links = live.locator("article a[href^='#image='], article a[href^='#drawing=']")
    assert links.count() >= 8
    for link in links.all():
        hash = link.get_attribute("href")
        link.evaluate("link => { link.closest('details')?.setAttribute('open', ''); }")
        link.click()
        next_frame(live)
        assert live.evaluate("window.liveState.toHash()").startswith(hash.split("&")[0])
        for said in hash.removeprefix("#").split("&"):
            assert said in live.evaluate("window.liveState.toHash()")
        assert part(live, "keep").bounding_box()["y"] < 720
        assert part(live, "keep").bounding_box()["y"] > 0


def test_presets_are_drawn(live):
    presets = part(live, "presets").locator("button")
    assert presets.all_inner_texts() == [
        "star",
        "letter A",
        "two digits",
        "7 upside down",
    ]
    seen = []
    for preset in presets.all():
        preset.click()
        next_frame(live)
        assert part(live, "caption").inner_text() == f"Drawing: {preset.inner_text()}"
        seen.append(pixels(part(live, "input")))
    assert all(np.abs(a - b).max() > 0.5 for a, b in itertools.pairwise(seen))


def test_page_says_which_drawings_are_unlike_digits(live):
    """What the answer to "Nothing is not a digit" concludes, with all units."""
    found = live.evaluate(
        """() => {
          const { unpackImages, unpackModel, encode, decode, squaredError } = liveModel;
          const images = unpackImages(liveModels.images);
          return Object.values(liveModels.models).map((packed) => {
            const model = unpackModel(packed);
            const rebuilt = (image) => decode(model, encode(model, image));
            const error = (image) => squaredError(image, rebuilt(image));
            const drawn = Object.values(liveDrawing.PRESETS).map(liveDrawing.asMnist);
            return [images.map(error), drawn.map(error)];
          });
        }"""
    )
    for digits, (_, _, two_digits, upside_down) in found:
        assert two_digits > 1.2 * max(digits)
        assert upside_down < np.percentile(digits, 95)
    digits, (star, *_) = found[2]
    assert star > max(digits)


def test_picture_can_be_saved(live):
    with live.expect_download() as download:
        part(live, "picture").click()
    assert download.value.suggested_filename == "sparse-autoencoders.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_without_scripts_the_page_shows_its_pictures(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "live.html").as_uri())
    assert page.locator("article noscript p").first.is_visible()
    assert page.locator(".live-three img").first.is_visible()
    assert not page.locator("#live-inside, #live-train").first.is_visible()
    context.close()
