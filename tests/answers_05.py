"""What a class would hand in for the exercises of notebook 05."""

from sae_utils import checks

import numpy as np
import tensorflow as tf
from scipy import linalg


def soft_whitened(x, epsilon):
    x = x - x.mean(axis=0)
    variances, components = np.linalg.eigh(x.T @ x / len(x))
    return x @ components / np.sqrt(variances + epsilon) @ components.T


def soft_whitened_in_place(x, epsilon):
    x -= x.mean(axis=0)
    variances, components = np.linalg.eigh(np.cov(x, rowvar=False, bias=True))
    x[:] = x @ components
    x /= (variances + epsilon) ** 0.5
    return x @ components.T


def soft_whitened_svd(x, epsilon):
    x = x - x.mean(axis=0)
    left, sizes, turned = np.linalg.svd(x, full_matrices=False)
    sizes = sizes / np.sqrt(sizes**2 / len(x) + epsilon)
    return left * sizes @ turned


def soft_whitened_root(x, epsilon):
    centered = x - x.mean(axis=0)
    covariance = centered.T @ centered / len(x) + epsilon * np.eye(x.shape[1])
    return centered @ np.linalg.inv(linalg.sqrtm(covariance).real)


def soft_whitened_loop(x, epsilon):
    m, n = x.shape
    means = [sum(x[:, j]) / m for j in range(n)]
    x = np.array([[x[i, j] - means[j] for j in range(n)] for i in range(m)])
    covariance = np.zeros((n, n))
    for row in x:
        covariance += np.outer(row, row) / m
    variances, components = np.linalg.eigh(covariance)
    result = np.zeros((m, n))
    for variance, component in zip(variances, components.T, strict=True):
        for i in range(m):
            size = x[i] @ component / (variance + epsilon) ** 0.5
            result[i] += size * component
    return result.tolist()


def soft_whitened_tensor(x, epsilon):
    x = tf.constant(x - x.mean(axis=0))
    variances, components = tf.linalg.eigh(tf.transpose(x) @ x / x.shape[0])
    return x @ components / tf.sqrt(variances + epsilon) @ tf.transpose(components)


def whitened_by(scale, center=lambda x: x - x.mean(axis=0), back=lambda u: u.T):
    def answer(x, epsilon):
        x = center(x)
        variances, components = np.linalg.eigh(x.T @ x / len(x))
        return x @ components * scale(variances, epsilon) @ back(components)

    return answer


def soft(variances, epsilon):
    return 1 / np.sqrt(variances + epsilon)


def without_the_mean_only_in_covariance(x, epsilon):
    variances, components = np.linalg.eigh(np.cov(x.T, bias=True))
    return x @ components / np.sqrt(variances + epsilon) @ components.T


def unbiased(x, epsilon):
    x = x - x.mean(axis=0)
    variances, components = np.linalg.eigh(np.cov(x.T))
    return x @ components / np.sqrt(variances + epsilon) @ components.T


def not_divided(x, epsilon):
    x = x - x.mean(axis=0)
    variances, components = np.linalg.eigh(x.T @ x)
    return x @ components / np.sqrt(variances + epsilon) @ components.T


def turned_the_other_way(x, epsilon):
    x = x - x.mean(axis=0)
    variances, components = np.linalg.eigh(x.T @ x / len(x))
    return x @ components.T / np.sqrt(variances + epsilon) @ components


def standardized(x, epsilon):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon)


def with_phases_of(image, other):
    amplitudes, phases = np.abs(np.fft.fft2(image)), np.angle(np.fft.fft2(other))
    return np.fft.ifft2(amplitudes * np.exp(1j * phases)).real


def with_phases_of_unit_waves(image, other):
    waves = np.fft.fft2(other)
    waves *= np.abs(np.fft.fft2(image)) / np.abs(waves)
    return np.real(np.fft.ifft2(waves))


def with_phases_of_rfft(image, other):
    waves, others = np.fft.rfft2(image), np.fft.rfft2(other)
    return np.fft.irfft2(np.abs(waves) * others / np.abs(others), s=image.shape)


def with_phases_of_cosines(image, other):
    size, angle = np.abs(np.fft.fft2(image)), np.angle(np.fft.fft2(other))
    return np.fft.ifft2(size * np.cos(angle) + 1j * size * np.sin(angle)).real


def with_phases_of_loop(image, other):
    waves, others = np.fft.fft2(image), np.fft.fft2(other)
    for at in np.ndindex(image.shape):
        waves[at] = abs(waves[at]) * others[at] / abs(others[at])
    return np.fft.ifft2(waves).real.tolist()


def combined(combine, turn_back=np.fft.ifft2, part=np.real):
    def answer(image, other):
        return part(turn_back(combine(np.fft.fft2(image), np.fft.fft2(other))))

    return answer


def mixed(waves, others):
    return np.abs(waves) * np.exp(1j * np.angle(others))


def rows_only(image, other):
    return np.fft.ifft(mixed(np.fft.fft(image), np.fft.fft(other))).real


CASES = {
    checks.check_soft_whitened: [
        ("Right.", soft_whitened),
        ("Right.", soft_whitened_in_place),
        ("Right.", soft_whitened_svd),
        ("Right.", soft_whitened_root),
        ("Right.", soft_whitened_loop),
        ("Right.", soft_whitened_tensor),
        ("the mean patch is not subtracted", whitened_by(soft, center=lambda x: x)),
        (
            "the mean patch is still in what you whiten",
            without_the_mean_only_in_covariance,
        ),
        (
            "turn back with components.T",
            whitened_by(soft, back=lambda u: np.eye(len(u))),
        ),
        ("divide by their roots", whitened_by(lambda v, e: 1 / (v + e))),
        ("this multiplies by the roots", whitened_by(lambda v, e: np.sqrt(v + e))),
        ("epsilon is missing", whitened_by(lambda v, e: 1 / np.sqrt(v))),
        (
            "epsilon is added to the roots",
            whitened_by(lambda v, e: 1 / (np.sqrt(v) + e)),
        ),
        ("pixels stay correlated", standardized),
        (
            "subtract the mean patch, axis 0",
            whitened_by(soft, center=lambda x: x - x.mean(axis=1, keepdims=True)),
        ),
        ("x @ components", turned_the_other_way),
        ("not divided by their number", not_divided),
        ("divides by one less than the number", unbiased),
        ("nothing is scaled yet", lambda x, epsilon: x - x.mean(axis=0)),
        ("the same for every `epsilon`", lambda x, epsilon: soft_whitened(x, 0.3)),
    ],
    checks.check_with_phases_of: [
        ("Right.", with_phases_of),
        ("Right.", with_phases_of_unit_waves),
        ("Right.", with_phases_of_rfft),
        ("Right.", with_phases_of_cosines),
        ("Right.", with_phases_of_loop),
        ("the other way around", lambda image, other: with_phases_of(other, image)),
        ("phases of `other` are missing", combined(lambda a, b: np.abs(a))),
        ("amplitudes of `image` are missing", combined(lambda a, b: b / np.abs(b))),
        ("this is `image` unchanged", lambda image, other: image),
        ("this is `other` unchanged", lambda image, other: other),
        ("this multiplies whole spectra", combined(lambda a, b: a * b)),
        ("these are the waves", combined(mixed, turn_back=lambda waves: waves)),
        ("this takes absolute values", combined(mixed, part=np.abs)),
        ("this is the imaginary part", combined(mixed, part=np.imag)),
        (
            "an angle is multiplied in",
            combined(lambda a, b: np.abs(a) * np.angle(b)),
        ),
        (
            "the 1j is missing",
            combined(lambda a, b: np.abs(a) * np.exp(np.angle(b))),
        ),
        ("the sign of the phases", combined(lambda a, b: mixed(a, b.conj()))),
        ("squared amplitudes", combined(lambda a, b: np.abs(a) * mixed(a, b))),
        ("rows only", rows_only),
        ("forward again", combined(mixed, turn_back=np.fft.fft2)),
    ],
}
