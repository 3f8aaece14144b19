"""What a notebook teaches and what the package holds give the same numbers."""

import ast
from pathlib import Path

from sae_utils import (
    activations,
    bench,
    concepts,
    matching,
    metrics,
    models,
    penalties,
    synthetic,
)

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from function_penalty import Penalty
from keras import layers, ops, regularizers

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def taught(notebook, name):
    """Return a function or class as a notebook defines it, outside its exercises."""
    cells = nbformat.read(NOTEBOOKS / notebook, as_version=4).cells
    for cell in cells:
        if cell.cell_type != "code" or cell.metadata.get("tags"):
            continue
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                scope = {"np": np, "keras": keras, "layers": layers, "ops": ops}
                scope["regularizers"] = regularizers
                exec(ast.unparse(node), scope)
                return scope[name]
    raise AssertionError(f"{notebook} does not define {name}")


def test_fvu_of_notebook_01_is_the_packages():
    x, reconstruction = np.random.default_rng(0).random((2, 20, 7))
    theirs = taught("01_plain_autoencoder.ipynb", "fvu")(x, reconstruction)
    assert metrics.fvu(x, reconstruction) == pytest.approx(theirs, rel=1e-6)


def test_model_of_notebook_01_is_the_packages():
    build = taught("01_plain_autoencoder.ipynb", "build")
    theirs, ours = build(16), models.dense_autoencoder(16)
    assert [each.name for each in theirs.layers[1:]] == ["code", "reconstruction"]
    for at in (0, 2):  # the kernels: same shape, and a start of the same size
        mine, other = ours.get_weights()[at], theirs.get_weights()[at]
        assert mine.shape == other.shape
        assert mine.std() == pytest.approx(other.std(), rel=0.1)
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(0).random((6, 784)).astype("float32")
    np.testing.assert_allclose(theirs(x), ours(x), atol=1e-6)


def test_n90_of_notebook_02_is_the_packages():
    n90 = taught("02_l1_sparsity.ipynb", "n90")
    contributions = np.random.default_rng(0).exponential(size=(30, 40)) ** 2
    theirs = np.mean([n90(each) for each in contributions])
    assert metrics.n90(contributions) == pytest.approx(theirs)


def test_kl_divergence_of_notebook_03_is_the_packages():
    rho_hat = np.linspace(0.01, 0.99, 50)
    ours = ops.convert_to_numpy(penalties.kl_divergence(0.05, rho_hat))
    theirs = taught("03_kl_sparsity.ipynb", "kl_divergence")(0.05, rho_hat)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_kl_layer_of_notebook_03_adds_what_the_packages_adds():
    code = np.random.default_rng(0).random((20, 7)).astype("float32")
    added = []
    for layer_class in (
        taught("03_kl_sparsity.ipynb", "KLSparsity"),
        penalties.KLSparsity,
    ):
        layer = layer_class(rho=0.1, beta=0.5)
        np.testing.assert_array_equal(layer(ops.convert_to_tensor(code)), code)
        added.append(float(layer.losses[0]))
    np.testing.assert_allclose(added[0], added[1], rtol=1e-5)


BENCH = {
    "SAMPLES",
    "sample",
    "unit",
    "each_unit",
    "one_unit",
    "constant",
    "price",
    "push",
    "row",
}


def bench_of_notebook_04():
    """Return the notebook's `row`, with the codes and functions that it uses."""
    cells = nbformat.read(NOTEBOOKS / "04_penalty_pitfalls.ipynb", as_version=4).cells
    scope = {"np": np, "keras": keras, "ops": ops, "tf": tf}
    for cell in cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                stored = {each.id for each in ast.walk(node) if is_stored(each)}
                if BENCH & {getattr(node, "name", None), *stored}:
                    exec(ast.unparse(node), scope)
    return scope["row"]


def is_stored(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("power", [1, 2])
def test_bench_of_notebook_04_is_the_packages(activation, power):
    def penalty(code):
        share = ops.mean((code + 1) / 2, axis=0)
        return ops.sum((share**power - 0.5) ** 2 - 0.1 * share)

    theirs = bench_of_notebook_04()(penalty, activation)
    ours = bench.row(Penalty(penalty), activation=activation)
    assert theirs == pytest.approx(ours, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("repaired", [False, True])
def test_recipe_of_notebook_02_is_the_packages(repaired):
    classic = taught("02_l1_sparsity.ipynb", "classic")
    normalization = taught("02_l1_sparsity.ipynb", "normalization")
    theirs = classic(before_code=[normalization()] if repaired else ())
    ours = models.conv_autoencoder(
        penalty=penalties.L1Sparsity(10e-5), batch_normalization=repaired
    )
    for ours_first, theirs_first in zip(ours.weights, theirs.weights, strict=True):
        # The shift's start, that is; kernels start at random.
        if "beta" in ours_first.path:
            np.testing.assert_array_equal(ours_first, theirs_first)
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(0).random((6, 28, 28, 1)).astype("float32")
    # As in training, where batch normalization uses the batch's own mean.
    outputs = [ops.convert_to_numpy(model(x, training=True)) for model in (ours, theirs)]
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-6)
    added = [float(sum(model.losses)) for model in (ours, theirs)]
    assert added[0] > 0
    np.testing.assert_allclose(added[0], added[1], rtol=1e-5)


def test_layer_of_notebook_03_can_be_cloned_and_loaded(tmp_path):
    layer = taught("03_kl_sparsity.ipynb", "KLSparsity")(0.1, 0.5, name="sparse")
    model = keras.Sequential([keras.Input((4,)), layer])
    model.save(tmp_path / "model.keras")
    for copied in (
        keras.models.clone_model(model),
        keras.models.load_model(tmp_path / "model.keras"),
    ):
        copy = copied.get_layer("sparse")
        assert (copy.rho, copy.beta, copy.smallest) == (0.1, 0.5, 1e-30)


def test_data_of_notebook_06_are_the_packages():
    notebook, likely = "06_superposition.ipynb", np.array([0.1, 0.5, 0.9])
    np.testing.assert_array_equal(
        taught(notebook, "sparse_sizes")(20, likely, seed=3),
        synthetic.sparse_sizes(20, likely, seed=3),
    )
    np.testing.assert_array_equal(
        taught(notebook, "random_directions")(7, 4, seed=3),
        synthetic.random_directions(7, 4, seed=3),
    )


def test_mmcs_that_notebook_06_asks_for_is_the_packages():
    cells = nbformat.read(NOTEBOOKS / "06_superposition.ipynb", as_version=4).cells
    (solution,) = [
        ast.parse(cell.source).body[0]
        for cell in cells
        if "def my_mmcs" in cell.source and "solution" in cell.metadata.get("tags", [])
    ]
    scope = {"np": np}
    exec(ast.unparse(solution), scope)
    true, learned = np.random.default_rng(0).normal(size=(2, 9, 5))
    assert scope["my_mmcs"](true, learned) == pytest.approx(matching.mmcs(true, learned))


@pytest.mark.parametrize("name", ["top_k_loop", "top_k_matrix", "TopK"])
def test_top_k_of_notebook_07_is_the_packages(name):
    z = np.random.default_rng(0).normal(size=(30, 40)).astype("float32")
    ours = activations.TopK(7)(z)
    theirs = taught("07_choosing_a_penalty.ipynb", name)
    if name == "TopK":
        found = theirs(7)(z)
    elif name == "top_k_loop":
        found = [theirs(row, 7) for row in z]
    else:
        found = theirs(z, 7)
    np.testing.assert_array_equal(found, ours)


def test_ties_of_notebook_07_are_kept_as_in_the_package():
    z = np.random.default_rng(0).normal(size=(30, 40)).round().astype("float32")
    layer = taught("07_choosing_a_penalty.ipynb", "TopK")
    np.testing.assert_array_equal(layer(7)(z), activations.TopK(7)(z))
    loop = taught("07_choosing_a_penalty.ipynb", "top_k_loop")
    np.testing.assert_array_equal([loop(row, 7) for row in z], activations.TopK(7)(z))


def test_batch_top_k_of_notebook_07_is_the_packages():
    z = np.random.default_rng(0).normal(size=(30, 40)).astype("float32")
    theirs = taught("07_choosing_a_penalty.ipynb", "batch_top_k")(z, 7)
    ours = activations.BatchTopK(7)(z, training=True)
    np.testing.assert_array_equal(theirs, ours)


def test_f1_of_notebook_08_is_the_packages():
    rng = np.random.default_rng(0)
    on, labels = rng.random((40, 5)) < 0.4, rng.random((40, 3)) < 0.3
    theirs = taught("08_inside_a_network.ipynb", "f1_scores")(on, labels)
    np.testing.assert_allclose(concepts.f1_scores(on, labels), theirs)
