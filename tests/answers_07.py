"""What a class would hand in for the exercises of notebook 07, right and wrong."""

from sae_utils import checks
from sae_utils.activations import BatchTopK, TopK

import numpy as np
from keras import ops


def top_k(z, k):
    kept = np.zeros_like(z)
    for row, out in zip(z, kept, strict=True):
        for unit in np.argsort(-row, kind="stable")[:k]:
            out[unit] = max(row[unit], 0)
    return kept


def top_k_by_python(z, k):
    rows = []
    for row in z:
        taken = []
        for _ in range(k):
            left = [j for j in range(len(row)) if j not in taken]
            taken.append(max(left, key=lambda j, row=row: row[j]))
        rows.append([max(v, 0.0) if j in taken else 0.0 for j, v in enumerate(row)])
    return rows


def top_k_at_places(z, k):
    places = np.argsort(-z, axis=1, kind="stable")[:, :k]
    keep = np.zeros(z.shape)
    keep[np.arange(len(z))[:, None], places] = 1
    return np.maximum(z * keep, 0)


def top_k_ops(z, k):
    relu = ops.relu(ops.convert_to_tensor(z, "float32"))
    _, places = ops.top_k(relu, k)
    return relu * ops.sum(ops.one_hot(places, z.shape[1]), axis=1)


def top_k_in_place(z, k):
    for row in z:
        row[np.argsort(-row, kind="stable")[k:]] = 0
        row[row < 0] = 0
    return z


def top_k_by_sorting(z, k):
    relu = np.maximum(z, 0)
    return np.where(relu >= np.sort(relu)[:, [-k]], relu, 0)


def top_k_of_absolute_values(z, k):
    places = np.argsort(-np.abs(z), axis=1, kind="stable")[:, k:]
    kept = z.copy()
    np.put_along_axis(kept, places, 0, axis=1)
    return kept


def without_relu(z, k):
    kept = z.copy()
    np.put_along_axis(kept, np.argsort(-z, axis=1, kind="stable")[:, k:], 0, axis=1)
    return kept


def last_of_equals(z, k):
    relu = np.maximum(z, 0)
    places = np.argsort(relu, axis=1, kind="stable")[:, :-k]
    np.put_along_axis(relu, places, 0, axis=1)
    return relu


def smallest(z, k):
    relu = np.maximum(z, 0)
    np.put_along_axis(relu, np.argsort(z, axis=1, kind="stable")[:, k:], 0, axis=1)
    return relu


def shrinkage(x, x_hat):
    return np.mean(np.sum(x_hat**2, axis=1)) / np.mean(np.sum(x * x_hat, axis=1))


def shrinkage_loop(x, x_hat):
    squares = products = 0.0
    for target, found in zip(x, x_hat, strict=True):
        squares += float(found @ found)
        products += float(target @ found)
    return squares / products


def shrinkage_ops(x, x_hat):
    x, x_hat = ops.convert_to_tensor(x), ops.convert_to_tensor(x_hat)
    return ops.sum(x_hat * x_hat) / ops.sum(x * x_hat)


CASES = {
    checks.check_top_k: [
        ("Right.", top_k),
        ("Right.", top_k_by_python),
        ("Right.", top_k_at_places),
        ("Right.", top_k_ops),
        ("Right.", top_k_in_place),
        ("Right.", lambda z, k: TopK(k)(z.astype("float32"))),
        ("this keeps the k largest of each unit", lambda z, k: top_k(z.T, k).T),
        (
            "this keeps the k largest of the whole batch",
            lambda z, k: np.where(z >= np.sort(z.ravel())[-k], z, 0),
        ),
        (
            "as BatchTopK does",
            lambda z, k: BatchTopK(k)(z.astype("float32"), training=True),
        ),
        (
            "as BatchTopK does",
            lambda z, k: top_k(z.reshape(1, -1), k * len(z)).reshape(z.shape),
        ),
        ("the ReLU is missing", without_relu),
        ("the k largest absolute values", top_k_of_absolute_values),
        (
            "this chooses by absolute value, then",
            lambda z, k: np.maximum(top_k_of_absolute_values(z, k), 0),
        ),
        ("of equal activations this keeps all", top_k_by_sorting),
        ("of equal activations this keeps the last", last_of_equals),
        (
            "the k-th largest is missing",
            lambda z, k: np.where(z > np.sort(z)[:, [-k]], np.maximum(z, 0), 0),
        ),
        ("one too many", lambda z, k: top_k(z, k + 1)),
        ("one too few", lambda z, k: top_k(z, k - 1)),
        ("this keeps the k smallest", smallest),
        ("drops the k largest", lambda z, k: np.maximum(z, 0) - top_k(z, k)),
        ("this tells who stays", lambda z, k: top_k(z, k) > 0),
        (
            "these are the places",
            lambda z, k: np.argsort(-np.maximum(z, 0), axis=1, kind="stable")[:, :k],
        ),
        (
            "these are the k largest alone",
            lambda z, k: np.sort(np.maximum(z, 0), axis=1)[:, ::-1][:, :k],
        ),
        (
            "this moves the largest to the front",
            lambda z, k: np.sort(top_k(z, k), axis=1)[:, ::-1],
        ),
        (
            "this subtracts the k-th largest",
            lambda z, k: np.maximum(z - np.maximum(np.sort(z, axis=1)[:, [-k]], 0), 0),
        ),
        ("this is ReLU alone", lambda z, k: np.maximum(z, 0)),
        ("the same for every `k`", lambda z, k: top_k(z, 2)),
        ("with rows and columns swapped", lambda z, k: top_k(z, k).T),
        ("wrong shape; expected (3, 6), got ()", lambda z, k: top_k(z, k).sum()),
    ],
    checks.check_shrinkage: [
        ("Right.", shrinkage),
        ("Right.", shrinkage_loop),
        ("Right.", shrinkage_ops),
        ("Right.", lambda x, x_hat: np.vdot(x_hat, x_hat) / np.vdot(x, x_hat)),
        ("it is the other way around", lambda x, x_hat: 1 / shrinkage(x, x_hat)),
        ("x and x_hat have changed places", lambda x, x_hat: shrinkage(x_hat, x)),
        ("divides by |x|^2", lambda x, x_hat: np.sum(x_hat**2) / np.sum(x**2)),
        ("the best factor for x", lambda x, x_hat: np.sum(x * x_hat) / np.sum(x**2)),
        (
            "averages the samples' ratios",
            lambda x, x_hat: np.mean((x_hat**2).sum(axis=1) / (x * x_hat).sum(axis=1)),
        ),
        (
            "a ratio for each sample",
            lambda x, x_hat: (x_hat**2).sum(axis=1) / (x * x_hat).sum(axis=1),
        ),
        (
            "a ratio for each input",
            lambda x, x_hat: (x_hat**2).mean(axis=0) / (x * x_hat).mean(axis=0),
        ),
        ("ratios of single entries", lambda x, x_hat: x_hat**2 / (x * x_hat)),
        (
            "this compares lengths",
            lambda x, x_hat: (
                np.linalg.norm(x_hat, axis=1).mean() / np.linalg.norm(x, axis=1).mean()
            ),
        ),
        (
            "this is the cosine",
            lambda x, x_hat: (
                np.sum(x * x_hat) / (np.linalg.norm(x) * np.linalg.norm(x_hat))
            ),
        ),
        ("how much is missing", lambda x, x_hat: 1 - shrinkage(x, x_hat)),
        ("the root of gamma", lambda x, x_hat: shrinkage(x, x_hat) ** 0.5),
        (
            "fraction of variance unexplained",
            lambda x, x_hat: np.sum((x - x_hat) ** 2) / np.sum((x - x.mean(axis=0)) ** 2),
        ),
        (
            "the square is missing",
            lambda x, x_hat: x_hat.sum(axis=1).mean() / (x * x_hat).sum(axis=1).mean(),
        ),
        (
            "this subtracts the means once more",
            lambda x, x_hat: shrinkage(x - x.mean(axis=0), x_hat - x_hat.mean(axis=0)),
        ),
        ("this is rounded", lambda x, x_hat: round(shrinkage(x, x_hat), 2)),
    ],
}
