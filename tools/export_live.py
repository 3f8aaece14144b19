"""Train the live page's three autoencoders, and write them out for the browser.

    python tools/export_live.py train    # docs/live/models.npz, the reference
    python tools/export_live.py          # docs/_static/live_models.js, from the reference

Both print the tables of `docs/live.md`. Training takes two or three minutes.
"""

import base64
import json
import sys
from pathlib import Path

from sae_utils import codes, data, metrics, models
from sae_utils.penalties import KLSparsity, L1Sparsity
from sae_utils.training import train as train_model

import keras
import numpy as np

DOCS = Path(__file__).resolve().parent.parent / "docs"
REFERENCE = DOCS / "live" / "models.npz"
FOR_BROWSER = DOCS / "_static" / "live_models.js"

UNITS = 64  # the notebooks' 256 would make a page of 2 MB
N_IMAGES = 250
KEPT = (1, 2, 4, 8, 16, 32, 64)
TENSORS = ("encoder_kernel", "encoder_bias", "decoder_kernel", "decoder_bias")

# Name: (title, learning rate, builder of the untrained model). The decoder's rows are
# free in all three. All was chosen on 10,000 training images that no model sees:
# - learning rates by the smallest loss, penalties included. Tried: 1e-3, 2e-3, 4e-3, 8e-3
#   for plain (.0051, .0046, .0068, .0139) and L1 2e-4 (.0157, .0133, .0128, .0174); 4e-3,
#   8e-3, 1.6e-2, 3.2e-2 for KL 0.02, 5e-3 (.0240, .0207, .0196, .0213);
# - penalties by equal n90 with few dead units. Tried (n90, dead units, squared error):
#   L1 at 4e-3: 2e-4 (25.6, 3, .008), 3e-4 (21.0, 9, .010); at 2e-3: 1e-4 (32.8, 0, .006),
#   2e-4 (27.3, 0, .008), 3e-4 (22.6, 5, .010), 1e-3 (7.0, 39, .028);
#   KL at 1.6e-2: 0.05, 3e-3 (29.2, 0, .014), 0.02, 3e-3 (26.4, 0, .016), 0.02, 5e-3
#   (24.9, 0, .017); at 8e-3: 0.02, 1e-2 (23.4, 0, .020), 0.01, 3e-3 (25.2, 0, .016).
# Behind rows of length 1, as in notebook 02, L1 2e-4 at 2e-3 gives (8.8, 0, .026), but a
# sigmoid code behind such rows may not reach the pixels.
MODELS = {
    "plain": ("Plain", 2e-3, lambda: models.dense_autoencoder(UNITS)),
    "l1": (
        "L1",
        4e-3,
        lambda: models.dense_autoencoder(UNITS, "relu", L1Sparsity(2e-4)),
    ),
    "kl": (
        "KL",
        16e-3,
        lambda: models.dense_autoencoder(UNITS, "sigmoid", KLSparsity(0.02, 5e-3)),
    ),
}


def train():
    """Train the three models for 20 epochs; return their weights.

    Returns:
        A dict from `<model>_<tensor>` to the weights, float16 arrays.
    """
    x = data.load_mnist(20_000, 1).x_train
    arrays = {}
    for name, (_, learning_rate, build) in MODELS.items():
        keras.utils.set_random_seed(0)
        model = build()
        train_model(model, x, epochs=20, learning_rate=learning_rate)
        for tensor, weights in zip(TENSORS, model.get_weights(), strict=True):
            arrays[f"{name}_{tensor}"] = weights.astype(np.float16)
    return arrays


def rebuild(arrays, name):
    """Build one of the Keras models from the weights of `docs/live/models.npz`.

    Args:
        arrays: What `train` returns, or `np.load` of the file.
        name: A key of `MODELS`.

    Returns:
        A `keras.Model`, see `sae_utils.models.dense_autoencoder`.
    """
    _, _, build = MODELS[name]
    model = build()
    model.set_weights([arrays[f"{name}_{tensor}"] for tensor in TENSORS])
    return model


def pack(arrays, images, labels):
    """Write weights and test images as a script that a page can load.

    A weight becomes a signed byte, times a scale that each row of a kernel has for
    itself; a pixel becomes half a byte. The plain decoder gets 12 bits per weight: nearly
    all of its units are on, so that their rounding errors add up.

    Args:
        arrays: What `train` returns, or `np.load` of the file.
        images: Gray levels in [0, 1], shape `(n, 784)`.
        labels: The digits they show, shape `(n,)`.

    Returns:
        The script, a string. Equal arguments give equal strings.
    """
    packed = {}
    for name, (title, _, build) in MODELS.items():
        encoder, encoder_bias, decoder, decoder_bias = (
            arrays[f"{name}_{tensor}"].astype(np.float32) for tensor in TENSORS
        )
        packed[name] = {
            "title": title,
            "activation": build().get_layer("code").activation.__name__,
            "encoder": _pack_kernel(encoder),
            "encoderBias": _base64(encoder_bias, "<f4"),
            "decoder": _pack_kernel(decoder, half_bytes=name == "plain"),
            "decoderBias": _base64(decoder_bias, "<f4"),
        }
    script = {
        "models": packed,
        "images": _pack_half_bytes(np.rint(images * 15)),
        "labels": "".join(map(str, labels)),
    }
    return (
        "// Made by tools/export_live.py. The images are from MNIST, by Y. LeCun,\n"
        "// C. Cortes and C. Burges, license CC BY-SA 3.0, here in 16 gray levels.\n"
        f"window.liveModels = {json.dumps(script, indent=1)};\n"
    )


def tables(arrays):
    """Measure the models on the 10,000 test images.

    Args:
        arrays: What `train` returns, or `np.load` of the file.

    Returns:
        The four tables of the live page, in Markdown.
    """
    _, _, x, y = data.load_mnist(1)
    counts, errors, one_off, digits = [], [], [], []
    for name, (title, _, _) in MODELS.items():
        model = rebuild(arrays, name)
        decoder = models.decoder(model)
        code = codes.encode(model, x)
        lengths = codes.row_lengths(model)
        parts = code * lengths
        order = np.argsort(-parts, axis=1, kind="stable")
        n90 = [metrics.n90(parts[each]) for each in (y >= 0, y == 0, y == 1)]
        n90.append(metrics.n90(codes.encode(model, np.zeros((1, 784))) * lengths))
        dead = metrics.dead_units(parts, codes.has_exact_zeros(model, code)).sum()
        error = {k: _error_without(order[:, k:], code, decoder, x) for k in KEPT}
        weakened = _error_without(order[:, :1], code, decoder, x)
        counts.append([title, *(f"{n:.1f}" for n in n90[:3]), f"{n90[3]:.0f}", dead])
        errors.append([f"{each:.3f}" for each in error.values()])
        one_off.append([title, f"{error[UNITS]:.3f}", f"{weakened:.3f}"])
        digits.append([title, f"{_commonest_digit(code, y):.0%}"])
    return [
        _markdown(
            ["code", "all images", "a 0", "a 1", "blank paper", "dead units"], counts
        ),
        _markdown(
            ["strongest units kept", *(title for title, _, _ in MODELS.values())],
            zip(KEPT, *errors, strict=True),
        ),
        _markdown(["code", "all units on", "strongest off"], one_off),
        _markdown(["code", "of the same digit"], digits),
    ]


def _error_without(units, code, decoder, x):
    """Squared error per pixel without some units; `units` has a row for each image."""
    left = code.copy()
    np.put_along_axis(left, units, 0, axis=1)
    return np.mean((keras.ops.convert_to_numpy(decoder(left)) - x) ** 2)


def _commonest_digit(code, labels, n=8):
    """Share of one digit among the n images that excite a unit most; mean over units.

    Units that are on for fewer images are left out.
    """
    on = code > metrics.ON_SHARE * code.max(axis=0)
    active = code[:, on.sum(axis=0) >= n]
    best = labels[np.argsort(-active, axis=0, kind="stable")[:n]]
    return np.mean([np.bincount(digits).max() / n for digits in best.T])


def _markdown(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _pack_kernel(kernel, half_bytes=False):
    largest = 2047 if half_bytes else 127
    scales = np.abs(kernel).max(axis=1) / np.float32(largest)
    values = np.rint(kernel / scales[:, np.newaxis]).astype(int)
    packed = {"scales": _base64(scales, "<f4")}
    if half_bytes:
        packed["halfBytes"] = _pack_half_bytes(values & 15)
        values >>= 4
    return packed | {"bytes": _base64(values, "i1")}


def _pack_half_bytes(values):
    """Put two numbers from 0 to 15 into each byte, the first one into its upper half."""
    values = values.ravel().astype(np.uint8)
    return _base64(values[::2] * 16 + values[1::2], "u1")


def _base64(array, dtype):
    return base64.b64encode(array.astype(dtype).tobytes()).decode()


def main(command=None):
    if command == "train":
        REFERENCE.parent.mkdir(exist_ok=True)
        np.savez_compressed(REFERENCE, **train())
    arrays = np.load(REFERENCE)
    mnist = data.load_mnist(1, N_IMAGES)
    FOR_BROWSER.write_text(pack(arrays, mnist.x_test, mnist.y_test))
    print(
        f"{FOR_BROWSER}: {FOR_BROWSER.stat().st_size:,} bytes",
        *tables(arrays),
        sep="\n\n",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
