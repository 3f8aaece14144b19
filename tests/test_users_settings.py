"""The package starts the same whatever settings of other programs it finds."""

import json
import os
import subprocess
import sys

import pytest

SETTINGS = """
import keras
config = keras.config
print(config.backend(), config.image_data_format(), config.floatx(), config.epsilon())
"""
OURS = "tensorflow channels_last float32 1e-07"
HOSTILE = {
    "backend": "jax",
    "image_data_format": "channels_first",
    "floatx": "float64",
    "epsilon": 1e-3,
}


def run(code, tmp_path, settings=HOSTILE, **variables):
    """Run Python with a keras.json of these settings, and return what it printed."""
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    unset = {"KERAS_BACKEND", "MATPLOTLIBRC"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"KERAS_HOME": str(tmp_path)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("backend", ["jax", "torch", "numpy", "tensorflow"])
def test_keras_file_does_not_count(tmp_path, backend):
    settings = HOSTILE | {"backend": backend}
    assert run("import sae_utils" + SETTINGS, tmp_path, settings) == OURS


def test_a_backend_in_the_environment_counts(tmp_path):
    found = run("import sae_utils" + SETTINGS, tmp_path, KERAS_BACKEND="jax")
    assert found == OURS.replace("tensorflow", "jax")


def test_keras_that_was_imported_before_is_left_alone(tmp_path):
    code = "import keras, sae_utils" + SETTINGS
    settings = HOSTILE | {"backend": "jax"}
    assert run(code, tmp_path, settings) == "jax channels_first float64 0.001"


def test_models_work_despite_the_file(tmp_path):
    code = """
from sae_utils import codes, models
import numpy as np
print(codes.encode(models.conv_autoencoder(4), np.zeros((2, 28, 28, 1))).shape)
"""
    assert run(code, tmp_path) == "(2, 4)"


def test_it_starts_with_stderr_closed(tmp_path):
    code = "import os; os.close(2); import sae_utils; print(sae_utils.__name__)"
    assert run(code, tmp_path) == "sae_utils"


def test_figures_look_the_same_under_a_users_matplotlibrc(tmp_path):
    (tmp_path / "matplotlibrc").write_text("lines.linestyle: --\n")
    code = """
from sae_utils import plots
import matplotlib
plots.use_style()
print(matplotlib.rcParams["lines.linestyle"])
"""
    assert run(code, tmp_path, MPLCONFIGDIR=str(tmp_path)) == "-"
