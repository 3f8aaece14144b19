"""The network of the live page learns as Keras does, and does as it is told."""

import base64
import re
from pathlib import Path

from sae_utils import codes, data, metrics, models
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pytest
import tensorflow as tf
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs"

STEP = (
    """Number(document.querySelector('[data-train="steps"]').textContent.split(" ")[1])"""
)
TENSORS = ("encoder", "encoderBias", "decoder", "decoderBias")
KINDS = {
    "plain": lambda: models.dense_autoencoder(64),
    "l1": lambda: models.dense_autoencoder(64, "relu", L1Sparsity(1e-3)),
    "kl": lambda: models.dense_autoencoder(64, "sigmoid", KLSparsity(0.05, 1e-3)),
}

# What the tests below need inside the page: numbers go in and out as base 64.
TOOLS = """
window.floats = (text) => new Float32Array(
  Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
window.text = (numbers) => {
  let letters = "";
  for (const byte of new Uint8Array(numbers.buffer)) letters += String.fromCharCode(byte);
  return btoa(letters);
};
window.rows = (text) => {
  const all = floats(text);
  const cut = (_, i) => all.subarray(i * 784, (i + 1) * 784);
  return Array.from({ length: all.length / 784 }, cut);
};
window.network = (kind, weights) => {
  const learner = window.liveLearner();
  const start = learner.create(kind, learner.generator(0));
  for (const name in weights) start.weights[name] = floats(weights[name]);
  return start;
};
"""


def text(array):
    return base64.b64encode(np.asarray(array, "<f4").tobytes()).decode()


def floats(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


@pytest.fixture
def train(page, site, troubles):
    """The page, opened, and at the end of the test free of errors and requests."""
    page.goto((site / "live.html").as_uri())
    page.wait_for_selector("#live-train:not([hidden])")
    page.evaluate(TOOLS)
    yield page
    assert troubles == []


def part(page, name):
    return page.locator(f'#live-train [data-train="{name}"]')


def step(page):
    return int(part(page, "steps").inner_text().split()[1])


def number(page, name):
    return float(part(page, name).inner_text())


def wait_for_step(page, n):
    page.wait_for_function(
        f"n => {STEP} >= n",
        arg=n,
        timeout=120_000,
    )


def filters(page):
    """The wall's pixels, as an array `(64, 28, 28, 3)`."""
    values = part(page, "wall").evaluate(
        """wall => Array.from(
          wall.getContext("2d").getImageData(0, 0, wall.width, wall.height).data)"""
    )
    wall = np.reshape(values, (238, 238, 4))[:, :, :3]
    tiles = [
        wall[y : y + 28, x : x + 28] for y in range(0, 240, 30) for x in range(0, 240, 30)
    ]
    return np.stack(tiles)


def build(kind):
    """A model of Keras that has learned a little, so that no gradient is near zero."""
    keras.utils.set_random_seed(0)
    model = KINDS[kind]()
    model.get_layer("reconstruction").kernel.assign(
        np.random.default_rng(0).normal(0, 0.1, (64, 784))
    )
    return model


def packed(model):
    return {
        name: text(weights)
        for name, weights in zip(TENSORS, model.get_weights(), strict=True)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_keras(train, kind):
    x = data.load_mnist(50, 1).x_train
    model = build(kind)
    with tf.GradientTape() as tape:
        error = tf.reduce_mean((model(x) - x) ** 2)
        loss = error + sum(model.losses)
    expected = tape.gradient(loss, model.trainable_weights)
    got = train.evaluate(
        """([kind, weights, batch]) => {
          const { error, penalty, gradient } =
            liveLearner().gradients(network(kind, weights), rows(batch), SLOPE);
          for (const name in gradient) gradient[name] = text(gradient[name]);
          return { error, penalty, gradient };
        }""".replace("SLOPE", "0" if kind == "plain" else "1e-3"),
        [kind, packed(model), text(x)],
    )
    assert got["error"] == pytest.approx(float(error), rel=1e-5)
    assert got["error"] + got["penalty"] == pytest.approx(float(loss), rel=1e-5)
    for name, gradient in zip(TENSORS, expected, strict=True):
        right = gradient.numpy().ravel()
        difference = np.linalg.norm(floats(got["gradient"][name]) - right)
        print(
            f"{kind} {name}: relative difference {difference / np.linalg.norm(right):.1e}"
        )
        assert difference < 1e-4 * np.linalg.norm(right)


@pytest.mark.parametrize("kind", KINDS)
def test_loss_after_200_steps_is_that_of_keras(train, kind):
    x = data.load_mnist(2000, 1).x_train
    order = np.random.default_rng(0).integers(0, len(x), (200, 50))
    keras.utils.set_random_seed(0)
    model = KINDS[kind]()
    start = packed(model)
    rates = train.evaluate("liveLearner().LEARNING_RATES")
    model.compile(keras.optimizers.Adam(rates[kind]), "mse")
    strength = 0 if kind == "plain" else 1e-3
    got = train.evaluate(
        """([kind, start, images, order, strength]) => {
          const learner = liveLearner();
          const trained = network(kind, start);
          const all = rows(images);
          const losses = order.map((batch) => {
            const taken = batch.map((i) => all[i]);
            const { error, penalty } = learner.learn(trained, taken, strength);
            return error + penalty;
          });
          return losses;
        }""",
        [kind, start, text(x), order.tolist(), strength],
    )
    train_step = tf.function(lambda batch: model.train_step((batch, batch)))
    expected = []
    for batch in order:
        model.reset_metrics()
        expected.append(float(train_step(tf.constant(x[batch]))["loss"]))
    print(f"{kind}: {got[-1]:.5f} here, {expected[-1]:.5f} in Keras")
    np.testing.assert_allclose(got[:5], expected[:5], rtol=1e-4)
    assert got[-1] == pytest.approx(expected[-1], rel=0.01)
    assert got[-1] < got[0] / 3


def test_numbers_are_measured_as_in_the_package(train):
    random = np.random.default_rng(0)
    some = random.random((40, 64)) ** 3 * (random.random((40, 64)) < 0.4)
    some[:, [3, 60]] = 0  # dead
    some[:, 7] = 0.2  # never changes
    counted = train.evaluate(
        "all => all.map((each) => liveLearner().n90(new Float32Array(each)))",
        some.tolist(),
    )
    assert np.mean(counted) == metrics.n90(some.astype(np.float32))
    for kind, exact in ("l1", True), ("kl", False):
        dead = train.evaluate(
            """([kind, low, high]) => liveLearner().deadUnits(
              kind, new Float32Array(low), new Float32Array(high))""",
            [kind, some.min(axis=0).tolist(), some.max(axis=0).tolist()],
        )
        assert np.flatnonzero(dead).tolist() == ([3, 60] if exact else [3, 7, 60])
        np.testing.assert_array_equal(dead, metrics.dead_units(some, exact))
    model = build("plain")
    got = train.evaluate(
        "weights => text(liveLearner().rowLengths(network('plain', weights)))",
        packed(model),
    )
    np.testing.assert_allclose(floats(got), codes.row_lengths(model), rtol=1e-5)


def test_reader_turns_the_penalty_up_and_down(train):
    noise = filters(train)
    assert train.evaluate("window.liveDigits === undefined")  # nothing is loaded before
    assert part(train, "error").inner_text() == "–"
    part(train, "play").click()
    wait_for_step(train, 100)
    assert part(train, "play").inner_text() == "Pause"
    assert number(train, "error") < 0.06
    many = number(train, "n90")
    assert many > 30
    learned = filters(train)
    assert np.abs(learned - noise).mean() > 20

    slider = part(train, "strength")
    slider.focus()
    for _ in range(8):
        train.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "0.002"
    assert part(train, "strength-value").inner_text() == "= 0.002"
    wait_for_step(train, step(train) + 150)
    few = number(train, "n90")
    assert few < many / 5
    part(train, "play").click()
    train.wait_for_timeout(500)
    dead = number(train, "dead")
    assert dead >= 2
    label = part(train, "wall").get_attribute("aria-label")
    assert re.search(rf"{dead:.0f} units are dead", label)
    part(train, "play").click()

    slider.focus()
    train.keyboard.press("Home")
    wait_for_step(train, step(train) + 100)
    assert number(train, "n90") > 1.5 * few
    assert number(train, "dead") >= 1  # the dead do not come back
    for name in "strength", "error", "n90", "dead":
        points = part(train, f"{name}-line").get_attribute("points").split()
        assert len(points) > 20
        x, y = np.transpose([tuple(map(float, point.split(","))) for point in points])
        assert np.all(np.diff(x) >= 0) and x[-1] <= 1000
        assert y.min() >= 0 and y.max() <= 100


def test_reader_pauses_steps_and_starts_again_by_keyboard(train):
    start = filters(train)
    part(train, "play").focus()
    train.keyboard.press("Space")
    wait_for_step(train, 5)
    train.keyboard.press("Space")
    assert part(train, "play").inner_text() == "Play"
    train.wait_for_timeout(500)
    paused = step(train)
    train.wait_for_timeout(500)
    assert step(train) == paused
    train.keyboard.press("Tab")
    train.keyboard.press("Enter")
    wait_for_step(train, paused + 1)
    train.wait_for_timeout(200)
    assert step(train) == paused + 1
    train.keyboard.press("Tab")
    train.keyboard.press("Enter")
    train.wait_for_function(f"{STEP} == 0")
    np.testing.assert_array_equal(filters(train), start)
    assert part(train, "n90").inner_text() == "–"


def test_link_sets_the_dial(train):
    for kind, position in ("kl", "4"), ("l1", "0"):
        strength = {"4": "0.001", "0": "0"}[position]
        train.evaluate(f"location.hash = 'train={kind}&strength={strength}'")
        train.wait_for_function(
            f"document.querySelector('[name=live-kind][value={kind}]').checked"
        )
        assert part(train, "strength").input_value() == position
        assert part(train, "strength-value").inner_text() == f"= {strength}"
        assert 0 <= part(train, "play").bounding_box()["y"] < 720
    for said in (
        "train=x",
        "train=kl&strength=7",
        "train=toString",
        "train=plain&strength=a",
    ):
        train.evaluate(f"location.hash = '{said}'")
        train.wait_for_timeout(100)
    assert part(train, "strength").is_disabled()  # of the plain code


def test_first_step_by_itself_loads_the_digits(train):
    part(train, "step").click()
    wait_for_step(train, 1)
    assert step(train) == 1
    assert train.evaluate("window.liveDigits.length") > 100_000


def test_reader_chooses_the_kl_penalty(train):
    train.locator("#live-train").get_by_role("radio", name="KL").check()
    part(train, "strength").fill("5")
    part(train, "play").click()
    wait_for_step(train, 60)
    assert number(train, "dead") == 0
    assert number(train, "error") < 0.08
    train.locator("#live-train").get_by_role("radio", name="Plain").check()
    train.wait_for_function(f"{STEP} < 60")
    assert part(train, "strength").is_disabled()
    wait_for_step(train, 5)  # it goes on learning


def test_screen_reader_is_told_every_five_seconds(train):
    train.evaluate(
        """() => {
          window.told = [];
          new MutationObserver(() => window.told.push(performance.now())).observe(
            document.querySelector('#live-train [role="status"]'), { childList: true });
        }"""
    )
    part(train, "play").click()
    train.wait_for_function("window.told.length >= 3", timeout=60_000)
    part(train, "play").click()
    train.wait_for_function("window.told.length >= 4")
    *told, _ = train.evaluate("window.told")  # the last one is told at the pause
    assert np.diff(told).min() > 4000
    status = part(train, "status").inner_text()
    assert re.fullmatch(
        r"Step \d+: error 0\.\d{4}, \d+ units carry 90%, \d+ dead\.", status
    )


def test_wall_moves_slowly_for_those_who_want_less_motion(browser, site):
    """And a small phone, in the dark, has no barrier while all parts are at work."""
    context = browser.new_context(
        reduced_motion="reduce",
        color_scheme="dark",
        viewport={"width": 320, "height": 740},
    )
    page = context.new_page()
    page.goto((site / "live.html").as_uri())
    part(page, "play").click()
    wait_for_step(page, 1)
    page.evaluate(
        """() => {
          window.moves = 0;
          new MutationObserver(() => window.moves++).observe(
            document.querySelector('[data-train="steps"]'), { childList: true });
        }"""
    )
    page.wait_for_timeout(3000)
    assert 1 <= page.evaluate("window.moves") <= 4
    page.wait_for_selector("#live[data-ready]", state="attached")
    page.locator('[data-live="toggle"]').click()
    page.wait_for_selector('[data-live="hole-box"]:not([hidden])')
    assert page.locator("html[data-theme=dark]").count() == 1
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    serious = [
        (each["id"], node["html"])
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert serious == []
    context.close()


def test_a_hidden_page_rests(train):
    part(train, "play").click()
    wait_for_step(train, 3)
    train.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    assert part(train, "play").inner_text() == "Play"
    train.wait_for_timeout(500)
    rested = step(train)
    train.wait_for_timeout(500)
    assert step(train) == rested


# Runs the worker in the page itself, so many steps for each strength, and returns what it
# reports of the last 20.
RUN_PHASES = """
async ([kind, phases, pixels]) => {
  const text = `(${liveWorker})((${liveLearner})())`;
  const worker = new Worker(URL.createObjectURL(new Blob([text])));
  const next = () => new Promise((done) => (worker.onmessage = ({ data }) => done(data)));
  worker.postMessage({ pixels: floats(pixels), kind });
  await next();
  const found = [];
  for (const [strength, steps] of phases) {
    worker.postMessage({ strength, steps: steps - 20 });
    await next();
    worker.postMessage({ steps: 20 });
    const { error, n90, dead } = await next();
    found.push([error, n90, dead.filter(Boolean).length]);
  }
  return found;
}
"""


@pytest.mark.parametrize(
    ("kind", "phases"),
    [
        ("l1", [(0, 300), (0.001, 300), (0, 300)]),
        ("l1", [(0, 300), (0.005, 300), (0, 300)]),
        ("kl", [(0, 100), (0.001, 300), (0, 300)]),
    ],
)
def test_page_says_what_the_dial_does(train, kind, phases):
    page = (DOCS / "live.md").read_text(encoding="utf-8")
    x = np.rint(data.load_mnist(2000, 1).x_train * 15) / 15
    measured = train.evaluate(RUN_PHASES, [kind, phases, text(x)])
    step, lines = 0, []
    for (strength, steps), (error, n90, dead) in zip(phases, measured, strict=True):
        step += steps
        lines.append(
            rf"\| {kind.upper()} {strength} \| {step} \| (\S+) \| (\S+) \| (\S+) \|\n"
        )
        print(f"{strength}: {error:.4f}, {n90:.1f}, {dead}")
    (said,) = re.findall("".join(lines), page)
    said = np.reshape([float(cell) for cell in said], (3, 3))
    np.testing.assert_allclose([each[0] for each in measured], said[:, 0], atol=0.002)
    np.testing.assert_allclose([each[1] for each in measured], said[:, 1], atol=2)
    np.testing.assert_allclose([each[2] for each in measured], said[:, 2], atol=3)
