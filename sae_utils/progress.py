"""Progress of a training run: one line while it runs, and a fixed text at the end."""

import time

import keras

# Each print is a message to the notebook, so prints are this far apart, in seconds.
SECONDS_BETWEEN_PRINTS = 0.2


class Progress(keras.callbacks.Callback):
    """Show the epoch and loss of a training run in one line, rewritten as it goes on.

    The line starts with a carriage return, so that each text replaces the one before,
    and its last text holds no trained number: `trained for 10 epochs of 157 batches`. A
    saved notebook keeps only that, and a new run on another machine prints the same.

    Each text is at least as long as the one before, since JupyterLab leaves the tail of
    a longer line in place.

    Use it with Keras' own progress bar switched off:
    `model.fit(x, x, epochs=10, verbose=0, callbacks=[Progress()])`.
    """

    def on_train_begin(self, logs=None):
        self._epoch = 1
        self._batches = 0
        self._print_epoch("")

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        self._batches = batch + 1
        self._show(logs)

    def on_epoch_end(self, epoch, logs=None):
        self._show(logs)

    def on_train_end(self, logs=None):
        epochs = "1 epoch" if self._epoch == 1 else f"{self._epoch:,} epochs"
        batches = "1 batch" if self._batches == 1 else f"{self._batches:,} batches"
        print(f"\rtrained for {epochs} of {batches}")

    def _show(self, logs):
        if time.monotonic() - self._last_print >= SECONDS_BETWEEN_PRINTS:
            # Nine characters hold any number in this format, such as 1.23e-05.
            self._print_epoch(f", loss {logs['loss']:<9.3g}")

    def _print_epoch(self, loss):
        epochs = self.params["epochs"]
        print(f"\repoch {self._epoch} of {epochs}{loss}", end="", flush=True)
        self._last_print = time.monotonic()
