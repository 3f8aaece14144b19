"""Train the live page's three autoencoders, and write them out for the browser.

    python tools/export_live.py train    # docs/live/models.npz, the reference
    python tools/export_live.py          # docs/_static/live_models.js, from the reference

Both print the tables of `docs/live.md`. Training takes two or three minutes.
"""

import base64
import json
import sys
from pathlib import Path

from sae_utils import data, metrics, models
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np

DOCS = Path(__file__).resolve().parent.parent / "docs"
REFERENCE = DOCS / "live" / "models.npz"
FOR_BROWSER = DOCS / "_static" / "live_models.js"

UNITS = 64  # the notebooks' 256 would make a page of 2 MB
N_IMAGES = 250
KEPT = (1, 2, 4, 8, 16, 32, 64)
TENSORS = ("encoder_kernel", "encoder_bias", "decoder_kernel", "decoder_bias")

# Name: (title, learning rate as in notebook 03, builder of the untrained model). The two
# penalties are set to the same sparsity. Tried (units on, dead units, squared error):
# L1 1e-4 (23, 1, 0.018), 2e-4 (14, 2, 0.026), 3e-4 (10, 5, 0.030), 5e-4 (6, 9, 0.036);
# KL 0.05 with beta 1e-3 (25, 0, 0.011) and 3e-3 (14, 0, 0.015), KL 0.03 with 3e-3
# (12, 0, 0.017).
MODELS = {
    "plain": ("Plain", 2e-3, lambda: models.dense_autoencoder(UNITS)),
    "l1": (
        "L1",
        2e-3,
        lambda: models.dense_autoencoder(
            UNITS, "relu", L1Sparsity(2e-4), unit_norm_decoder=True
        ),
    ),
    "kl": (
        "KL",
        3e-3,
        lambda: models.dense_autoencoder(UNITS, "sigmoid", KLSparsity(0.05, 3e-3)),
    ),
}


def train():
    """Train the three models as notebook 03 does, for 20 epochs; return their weights.

    Returns:
        A dict from `<model>_<tensor>` to the weights, float16 arrays.
    """
    x = data.load_mnist(20_000, 1).x_train
    arrays = {}
    for name, (_, learning_rate, build) in MODELS.items():
        keras.utils.set_random_seed(0)
        model = build()
        adam = keras.optimizers.Adam(learning_rate)
        model.compile(adam, loss="mse", steps_per_execution=16)
        model.fit(x, x, batch_size=128, epochs=20, verbose=2)
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
    itself; a pixel becomes half a byte. The plain decoder gets 12 bits a weight: nearly
    all of its units are on, so that their rounding errors add up.

    Args:
        arrays: What `train` returns, or `np.load` of the file.
        images: Grey levels in [0, 1], shape `(n, 784)`.
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
        "// C. Cortes and C. Burges, licence CC BY-SA 3.0, here in 16 grey levels.\n"
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
        code = keras.ops.convert_to_numpy(models.encoder(model)(x))
        kernel = keras.ops.convert_to_numpy(model.get_layer("reconstruction").kernel)
        strength = code * np.linalg.norm(kernel, axis=1)
        order = np.argsort(-strength, axis=1, kind="stable")
        l0 = [metrics.l0(code[each]) for each in (y >= 0, y == 1, y == 8)]
        error = {k: _error_without(order[:, k:], code, decoder, x) for k in KEPT}
        weakened = _error_without(order[:, :1], code, decoder, x)
        counts.append([title, *(f"{n:.1f}" for n in l0), metrics.dead_units(code)])
        errors.append([title, *(f"{each:.3f}" for each in error.values())])
        one_off.append([title, f"{error[UNITS]:.3f}", f"{weakened:.3f}"])
        digits.append([title, f"{_commonest_digit(code, y):.0%}"])
    return [
        _markdown(["code", "all images", "a 1", "an 8", "dead units"], counts),
        _markdown(["strongest units kept", *map(str, KEPT)], errors),
        _markdown(["code", "all units on", "strongest off"], one_off),
        _markdown(["code", "of the same digit"], digits),
    ]


def _error_without(units, code, decoder, x):
    """Squared error per pixel without some units; `units` has a row for each image."""
    left = code.copy()
    np.put_along_axis(left, units, 0, axis=1)
    return np.mean((keras.ops.convert_to_numpy(decoder(left)) - x) ** 2)


def _commonest_digit(code, labels, n=8):
    """Share of one digit among the n images that excite a unit most; mean over units."""
    active = code[:, (code > metrics.ACTIVE_ABOVE).sum(axis=0) >= n]
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
