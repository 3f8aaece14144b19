"""Progress of a training run, the same text on every machine."""

import keras


class EpochCounter(keras.callbacks.Callback):
    """Print the number of each epoch as it ends, all in one line.

    Keras' own progress bar prints timings, which differ from run to run; a notebook
    whose saved outputs are compared with a new run cannot have those.
    """

    def on_train_begin(self, logs=None):
        print("epoch", end="", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        print(f" {epoch + 1}", end="", flush=True)

    def on_train_end(self, logs=None):
        print()
