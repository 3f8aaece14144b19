"""What notebook 08 collects of a language model before it asks what causes what."""

from sae_utils import codes, concepts, data, models, texts, training
from sae_utils.activations import TopK

import keras
import numpy as np
import pandas as pd
from keras import ops

WINDOWS, HELD_OUT_WINDOWS = 800, 400
BATCH = 50  # windows or vectors that the language model sees at a time


def sparse_autoencoder(x, units, k, epochs):
    """Train a top-k autoencoder with unit rows and a tied start.

    Args:
        x: Inputs, shape `(samples, inputs)`.
        units: Number of code units.
        k: Number of units that stay on per sample.
        epochs: Number of passes over all samples.

    Returns:
        A trained `keras.Model`.

    Raises:
        ValueError: As `models.dense_autoencoder` and `training.train` do.
    """
    model = models.dense_autoencoder(
        units,
        TopK(k),
        n_inputs=x.shape[1],
        unit_norm_decoder=True,
        output_activation="linear",
        tied_start=True,
    )
    training.train(model, x, epochs, learning_rate=4e-3, batch_size=256)
    return model


def losses(model, windows, following):
    """Return a language model's loss for each symbol that follows.

    Args:
        model: A language model, as `models.load_language_model` returns it.
        windows: Symbols' numbers, shape `(batch, 64)`.
        following: The numbers of the symbols that follow each position, shape
            `(batch, 64)`.

    Returns:
        An array of shape `(batch, 64)`, in nats.
    """
    found = []
    for start in range(0, len(windows), BATCH):  # in parts, to spare memory
        part = slice(start, start + BATCH)
        loss = keras.losses.sparse_categorical_crossentropy(
            following[part], model(windows[part]), from_logits=True
        )
        found.append(ops.convert_to_numpy(loss))
    return np.concatenate(found)


class Inside:
    """A language model, its last MLP's activations on novels, and a top-k code of them.

    Args:
        model: A language model, as `models.load_language_model` returns it.

    Attributes beside `model`: `n_positions`, the number of positions of the training text
    on which the autoencoder is trained; `activations` and `held`, shape
    `(positions, 256)`, on every fourth of these (to spare memory) and on held-out text;
    `labels` and `held_labels`, what holds there of `concepts.PATTERNS`; `windows` and
    `following`, held-out symbols and those that come next, `(400, 64)`; `center` and
    `scale`, for the inputs of the autoencoder `sae`; `code` and `held_code`,
    `(positions, 512)`; `symbols` and `held_symbols`, the number of the symbol at each of
    these positions; `rows`, the decoder's rows on the scale of the activations;
    `directions`, the differences of means; and `units`, the best unit for each concept,
    once `contest` was called.

    Raises:
        ValueError: If `model` is not a language model.
    """

    def __init__(self, model):
        self.model = model
        train, self.text = data.load_novel(), data.load_novel("held_out")
        ends = np.linspace(64, len(train) - 1, WINDOWS).astype(int)
        held_ends = np.linspace(64, len(self.text) - 1, HELD_OUT_WINDOWS).astype(int)
        self.numbers = texts.to_numbers(self.text)
        self.read, self.rest = models.split_at_mlp(model)
        self.windows = texts.windows(self.numbers, held_ends)
        self.following = texts.windows(self.numbers, held_ends + 1)
        reader = models.encoder(model, "mlp")
        read = texts.windows(texts.to_numbers(train), ends)
        activations = codes.outputs(reader, read).reshape(-1, 256)
        self.n_positions = len(activations)
        self.held = codes.outputs(reader, self.windows).reshape(-1, 256)
        labels = concepts.labels_at(train, ends)
        self.held_labels = concepts.labels_at(self.text, held_ends)
        self.center, self.scale = activations.mean(axis=0), activations.std()
        self.directions = concepts.mean_differences(activations, labels)
        self.activations, self.labels = activations[::4].copy(), labels[::4]
        self.symbols, self.held_symbols = read.ravel()[::4], self.windows.ravel()
        x = self.normal(activations)
        del activations  # to spare memory
        self.sae = sparse_autoencoder(x, 512, 12, epochs=3)
        del x
        self.code = codes.encode(self.sae, self.normal(self.activations))
        self.held_code = codes.encode(self.sae, self.normal(self.held))
        self.rows = codes.decoder_rows(self.sae) * self.scale

    def normal(self, activations):
        """Return activations as the autoencoder takes them.

        Args:
            activations: An array or tensor, shape `(..., 256)`.

        Returns:
            The same, centered and scaled.
        """
        return (activations - self.center) / self.scale

    def contest(self):
        """Score the best unit, the best neuron, and the direction for each concept.

        Units and thresholds are chosen on the text of the training.

        Returns:
            A `pandas.DataFrame` of F1 scores on held-out text, a row per concept, with
            columns `unit`, `neuron`, `direction`, and `symbol`: the current symbol alone,
            as of `concepts.best_symbols`.
        """
        self.units, unit = self._held_out_f1(self.code, self.held_code)
        _, neuron = self._held_out_f1(self.activations, self.held)
        direction = []
        for at, row in enumerate(self.directions):
            sides = [(each - self.center) @ row[:, None] for each in self._both]
            direction.append(self._held_out_f1(*sides, [at])[1].item())
        columns = {"unit": unit, "neuron": neuron, "direction": direction}
        columns["symbol"] = self._held_out_f1_of_symbols()
        return pd.DataFrame(columns, index=list(concepts.PATTERNS))

    @property
    def _both(self):
        return self.activations, self.held

    def _held_out_f1(self, activity, held, columns=slice(None)):
        labels, held_labels = self.labels[:, columns], self.held_labels[:, columns]
        units, thresholds = concepts.best_units(activity, labels)
        return units, np.diag(
            concepts.f1_scores(held[:, units] > thresholds, held_labels)
        )

    def _held_out_f1_of_symbols(self):
        chosen = concepts.best_symbols(self.symbols, self.labels)
        said = np.stack([np.isin(self.held_symbols, each) for each in chosen], axis=1)
        return np.diag(concepts.f1_scores(said, self.held_labels))

    def unit_of(self, concept):
        """Return the number of a concept's best unit, and how active it usually is.

        Args:
            concept: A name in `concepts.PATTERNS`. Call `contest` first.

        Returns:
            An int, and the unit's mean activation where the concept holds in held-out
            text.

        Raises:
            ValueError: If there is no such concept.
        """
        at = _place(concept)
        unit = int(self.units[at])
        return unit, self.held_code[self.held_labels[:, at], unit].mean()

    def vectors(self, concept, seed=0):
        """Return what to take away or add: three vectors as long as the unit's row.

        Args:
            concept: A name in `concepts.PATTERNS`. Call `contest` first.
            seed: Seed of the random vector.

        Returns:
            A dict with the float32 vectors `"unit"`, `"random"`, and `"direction"`, each
            of shape `(256,)`.

        Raises:
            ValueError: If there is no such concept.
        """
        found = {
            "unit": self.rows[self.unit_of(concept)[0]],
            "random": self._random_vector(seed),
            "direction": self.directions[_place(concept)] * self.scale,
        }
        return {name: vector.astype("float32") for name, vector in found.items()}

    def _random_vector(self, seed):
        random = np.random.default_rng(seed).normal(size=256)
        return random / np.linalg.norm(random) * self.scale

    def random_vectors(self, n=200):
        """Return random vectors as long as a unit's row.

        Args:
            n: How many. The first is the one that `vectors` returns.

        Returns:
            A float32 array of shape `(n, 256)`.
        """
        return np.stack([self._random_vector(s) for s in range(n)]).astype("float32")

    def effects(self, concept, vectors):
        """Return what ablations along many vectors do to the loss after a concept.

        Each takes away as much as the concept's unit is active.

        Args:
            concept: A name in `concepts.PATTERNS`. Call `contest` first.
            vectors: Along what, shape `(vectors, 256)`.

        Returns:
            An array of shape `(vectors,)`: how far the loss of the next symbol moves, up
            or down, on average over `contexts`.

        Raises:
            ValueError: If there is no such concept.
        """
        unit, _ = self.unit_of(concept)
        windows, following = self.contexts(concept)
        at, stream = self._at_end(windows)
        amount = codes.encode(self.sae, self.normal(at[:, 0]))[:, unit]

        def loss(activations):
            past = np.repeat(stream, activations.shape[1], axis=1)
            found = keras.losses.sparse_categorical_crossentropy(
                np.repeat(following[:, -1:], activations.shape[1], axis=1),
                self.rest([activations, past]),
                from_logits=True,
            )
            return ops.convert_to_numpy(found)

        before, moved = loss(at), []
        for start in range(0, len(vectors), BATCH):  # in parts, to spare memory
            taken = amount[:, None, None] * vectors[start : start + BATCH]
            moved.append(np.abs(loss(at - taken) - before).mean(axis=0))
        return np.concatenate(moved)

    def steered(self, expected, vectors):
        """Return what adding vectors does to the symbols that the model expects.

        Each is added at the last position of every fourth held-out window.

        Args:
            expected: A string of the symbols whose probability should rise.
            vectors: What to add, shape `(vectors, 256)`.

        Returns:
            Two arrays of shape `(vectors,)`, averages over the windows: the probability
            of what is expected, and the side effect, which is the KL divergence between
            the probabilities of all other symbols among themselves, before and after, in
            nats.
        """
        wanted = np.isin(list(models.SYMBOLS), list(expected))
        at, stream = self._at_end(self.windows[::4])

        def others(logits):
            return ops.convert_to_numpy(ops.log_softmax(logits[..., ~wanted]))

        before, parts = others(ops.convert_to_numpy(self.rest([at, stream]))), []
        for start in range(0, len(vectors), BATCH):  # in parts, to spare memory
            added = at + vectors[start : start + BATCH]
            past = np.repeat(stream, added.shape[1], axis=1)
            logits = ops.convert_to_numpy(self.rest([added, past]))
            reached = ops.convert_to_numpy(ops.softmax(logits))[..., wanted].sum(axis=-1)
            moved = np.sum(np.exp(before) * (before - others(logits)), axis=-1)
            parts.append([reached.mean(axis=0), moved.mean(axis=0)])
        return np.concatenate(parts, axis=1)

    def _at_end(self, windows):
        """Return the activations at the windows' last position, and the stream there."""
        parts = []
        for start in range(0, len(windows), BATCH):
            both = self.read(windows[start : start + BATCH])
            parts.append([ops.convert_to_numpy(each)[:, -1:].copy() for each in both])
        return [np.concatenate(each) for each in zip(*parts, strict=True)]

    def contexts(self, concept, n=60):
        """Return held-out windows that end where a concept holds.

        Args:
            concept: A name in `concepts.PATTERNS`.
            n: About how many, evenly spaced over the text.

        Returns:
            The windows, and the symbols that follow each position, both of shape
            `(contexts, 64)`.

        Raises:
            ValueError: If there is no such concept.
        """
        pattern = list(concepts.PATTERNS.values())[_place(concept)]
        marked = texts.mark(self.text[:-1], pattern)
        ends = np.flatnonzero(marked) + 1
        ends = ends[ends >= 64]
        ends = ends[:: max(1, len(ends) // n)]
        return texts.windows(self.numbers, ends), texts.windows(self.numbers, ends + 1)


def _place(concept):
    """Return which of the concepts this is."""
    names = list(concepts.PATTERNS)
    if concept not in names:
        raise ValueError(f"concept must be one of {names}; got {concept!r}.")
    return names.index(concept)
