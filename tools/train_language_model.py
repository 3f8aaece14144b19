"""Pack three novels, and train the small language model of notebook 08 on them.

Run once, when the bundled files are made. The novels come in the Debian package
`r-cran-janeaustenr`; unpack it with `apt-get download r-cran-janeaustenr` and
`dpkg-deb -x r-cran-janeaustenr_*.deb package`, then

    python tools/train_language_model.py package/usr/lib/R/site-library/janeaustenr
"""

import hashlib
import math
import struct
import sys
import zlib
from pathlib import Path

from sae_utils import language

import keras
import numpy as np

BUNDLED = Path(__file__).resolve().parent.parent / "sae_utils" / "bundled"
NOVELS = ["PRIDE AND PREJUDICE", "EMMA", "SENSE AND SENSIBILITY"]
HELD_OUT = 0.1  # the last tenth of each novel
STEPS, STEPS_AT_ONCE, BATCH = 9_000, 500, 64
PEAK_RATE, WARM_UP = 2e-3, 200


def read_novels(path):
    """Read an R data base: return each novel's lines by its title, its first line."""
    content, novels = path.read_bytes(), {}
    while content:
        # A record is its length in four bytes, then compressed by zlib.
        unpack = zlib.decompressobj()
        lines = read_strings(unpack.decompress(content[4:]))
        content = unpack.unused_data
        novels[lines[0]] = lines
    return novels


def read_strings(record):
    """Read a vector of strings as R's `serialize` writes it, in its XDR format."""
    at = record.index(b"UTF-8") + 5
    kind, count = struct.unpack_from(">II", record, at)
    if kind & 255 != 16:
        raise ValueError(f"The record is of R's type {kind & 255}, not strings, 16.")
    at, strings = at + 8, []
    for _ in range(count):
        (length,) = struct.unpack_from(">4xi", record, at)
        strings.append(record[at + 8 : at + 8 + length].decode("utf-8"))
        at += 8 + length
    return strings


def tidy(lines):
    """Return a novel with one line per paragraph, in the model's symbols."""
    paragraphs = "\n".join(lines).split("\n\n")
    text = "\n".join(" ".join(each.split()) for each in paragraphs if each.split())
    text = text.replace("&", "and")
    # What is dropped are marks of emphasis and four brackets.
    return "".join(each for each in text if each in language.SYMBOLS)


def windows(numbers, starts):
    """Return the windows that start there, and the symbols that come next."""
    at = starts[:, None] + np.arange(language.CONTEXT)
    return numbers[at], numbers[at + 1]


def train(train_text, held_out):
    """Train from the untrained twin's weights; return the model."""
    model = language.language_model()
    rng = np.random.default_rng(1)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, STEPS - WARM_UP, warmup_target=PEAK_RATE, warmup_steps=WARM_UP
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.01, beta_2=0.99)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss)
    test = windows(held_out, np.arange(0, len(held_out) - 65, 64))
    for step in range(0, STEPS, STEPS_AT_ONCE):
        starts = rng.integers(0, len(train_text) - 65, STEPS_AT_ONCE * BATCH)
        x, y = windows(train_text, starts)
        history = model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
        print(
            f"step {step + STEPS_AT_ONCE}: loss {history.history['loss'][0]:.4f}, "
            f"held out {model.evaluate(*test, batch_size=256, verbose=0):.4f}",
            flush=True,
        )
        if not math.isfinite(history.history["loss"][0]):
            raise ValueError("The loss is not finite.")
    return model


def save(name, **arrays):
    """Write a bundled file, and print what `data.SHA256` must hold."""
    path = BUNDLED / name
    np.savez_compressed(path, **arrays)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path}: {path.stat().st_size:,} bytes\nSHA256: {digest}", flush=True)


def main(package):
    novels = read_novels(Path(package) / "data" / "Rdata.rdb")
    parts = {"train": [], "held_out": []}
    for title in NOVELS:
        text = tidy(novels[title])
        # The cut is between two paragraphs.
        cut = text.index("\n", int(len(text) * (1 - HELD_OUT))) + 1
        parts["train"].append(text[:cut])
        parts["held_out"].append(text[cut:])
    texts = {name: "\n".join(three) for name, three in parts.items()}
    ascii_codes = {name: [*text.encode("ascii")] for name, text in texts.items()}
    save("novels.npz", **{name: np.uint8(codes) for name, codes in ascii_codes.items()})
    numbers = [np.array([language.SYMBOLS.index(s) for s in t]) for t in texts.values()]
    model = train(*numbers)
    weights = {f"w{i:02}": w.astype("float16") for i, w in enumerate(model.get_weights())}
    save("language_model.npz", **weights)


if __name__ == "__main__":
    main(sys.argv[1])
