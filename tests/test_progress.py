"""Progress shows epoch and loss in one line, and ends on the same text everywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from sae_utils import progress
from sae_utils.progress import Progress

import keras
import nbformat
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def fit(capfd, monkeypatch):
    """Return a function that trains a tiny model, and returns what was printed."""
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_PRINTS", 0)

    def run(batches=4, epochs=3, scale=1.0, **options):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        x = np.full((2 * batches, 1), scale, np.float32)
        history = model.fit(
            x,
            x,
            batch_size=2,
            epochs=epochs,
            verbose=0,
            callbacks=[Progress()],
            **options,
        ).history
        # The file descriptors are captured, so TensorFlow's own stderr counts too.
        out, err = capfd.readouterr()
        assert err == ""
        return out, history

    return run


def test_each_text_replaces_the_one_before_in_one_line(fit):
    out, _ = fit()
    assert out.startswith("\r")
    assert out.endswith("\n")
    assert out.count("\n") == 1


def test_last_text_says_epochs_and_batches_and_no_trained_number(fit):
    # A terminal, nbconvert and nbval keep what follows the last carriage return.
    assert fit()[0].split("\r")[-1] == "trained for 3 epochs of 4 batches\n"


def test_last_text_with_one_of_each_and_with_thousands(fit):
    assert fit(1, 1)[0].split("\r")[-1] == "trained for 1 epoch of 1 batch\n"
    assert fit(1001, 1)[0].split("\r")[-1] == "trained for 1 epoch of 1,001 batches\n"


def test_texts_tell_the_epoch_of_how_many_and_the_loss(fit):
    out, history = fit(batches=2, epochs=2)
    texts = out.split("\r")[1:-1]
    assert texts[0] == "epoch 1 of 2"
    assert [text.split(",")[0] for text in texts] == ["epoch 1 of 2"] * 4 + [
        "epoch 2 of 2"
    ] * 3
    # One text for each of two batches, and one for the epoch: the loss of its end.
    for last, loss in zip([texts[3], texts[6]], history["loss"], strict=True):
        assert float(last.split("loss")[1]) == pytest.approx(loss, rel=0.01)


def test_validation_adds_nothing(fit):
    x = np.zeros((8, 1), np.float32)
    texts = fit(batches=2, epochs=1, validation_data=(x, x))[0].split("\r")
    assert len(texts) == 1 + 1 + 3 + 1
    assert texts[-1] == "trained for 1 epoch of 2 batches\n"


@pytest.mark.parametrize("scale", [1e-6, 0.3, 1, 1e4, np.nan])
@pytest.mark.parametrize(("batches", "epochs"), [(1, 1), (2, 12)])
def test_no_text_is_longer_than_the_next(fit, scale, batches, epochs):
    # JupyterLab leaves the tail of a longer text in place.
    lengths = [len(text) for text in fit(batches, epochs, scale)[0].split("\r")]
    assert lengths == sorted(lengths)


def test_prints_keep_their_distance(fit, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_PRINTS", 1000)
    assert fit()[0] == "\repoch 1 of 3\rtrained for 3 epochs of 4 batches\n"


# Without a seed: the losses of each run differ.
NOTEBOOK_CELL = """
import keras, numpy as np
from sae_utils.progress import Progress
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
x = np.random.default_rng().random((600, 1), np.float32)
print("before")
history = model.fit(x, x, 2, 2, verbose=0, callbacks=[Progress()])
print("after")
"""


def test_notebook_stores_the_last_text_only_and_passes_strict_nbval(tmp_path):
    for name in "pyproject.toml", "conftest.py", "jupyter_nbconvert_config.py":
        shutil.copy(ROOT / name, tmp_path)
    path = tmp_path / "notebooks" / "trains.ipynb"
    path.parent.mkdir()
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NOTEBOOK_CELL)])
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(node, path)
    # As `make run` and `make test` do.
    execute = "nbconvert --config=jupyter_nbconvert_config.py --to=notebook --execute"
    for command in (
        [*execute.split(), "--inplace", path],
        ["pytest", "-rA", "--color=no", path],
    ):
        run = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env=os.environ | {"JUPYTER_PATH": "", "JUPYTER_PREFER_ENV_PATH": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
    (cell,) = nbformat.read(path, as_version=4).cells
    (output,) = cell.outputs
    assert output.text == "before\ntrained for 2 epochs of 300 batches\nafter\n"
    assert "1 passed" in run.stdout
