"""Helpers for the notebook series *Sparse Autoencoders, step by step*.

Import it before `keras`: what follows only works while TensorFlow is not yet loaded.
"""

import contextlib
import logging
import os
import sys

# Silence TensorFlow's start-up log, and switch off the oneDNN kernels, whose rounding
# differs from one processor to the next.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

# The course runs on TensorFlow, whatever backend the file keras.json in somebody's home
# names. Whoever sets KERAS_BACKEND, or has imported Keras before, gets that backend.
_KERAS_IS_OURS = "keras" not in sys.modules
if _KERAS_IS_OURS:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextlib.contextmanager
def _stderr_closed():
    """Discard the process's stderr, C++ libraries included."""
    try:
        saved = os.dup(2)
    except OSError:  # it is closed already
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


@contextlib.contextmanager
def _jax_hidden():
    """Keep TensorFlow from importing JAX, unless it is Keras' backend.

    TensorFlow's converter for small devices imports JAX wherever that is installed: 100
    MiB in every notebook, none of which converts anything.
    """
    hide = os.environ.get("KERAS_BACKEND") != "jax" and "jax" not in sys.modules
    if hide:
        sys.modules["jax"] = None  # `import jax` then fails as if it were not installed
    try:
        yield
    finally:
        if hide:
            del sys.modules["jax"]


# TensorFlow 2.21 reports missing GPU drivers at any log level. A failing import still
# raises its exception.
with _stderr_closed(), _jax_hidden():
    import keras

# What else that file can change.
if _KERAS_IS_OURS:
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)

# TensorFlow prints a long warning when several models follow each other in a loop, as
# in a sweep; in a notebook, it lands among the results.
logging.getLogger("tensorflow").setLevel(logging.ERROR)
