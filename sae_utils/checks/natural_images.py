"""Checks of the answers in notebook 05."""

from sae_utils.checks.diagnosis import Case, report

import numpy as np


def check_soft_whitened(answer):
    """Check an answer to "write the whitening that keeps all components".

    The mean sample is subtracted; each component is divided by the root of its variance
    plus `epsilon`; and the result is turned back into pixels.

    Args:
        answer: A function of `x` of shape `(patches, pixels)` and `epsilon` that returns
            an array of the shape of `x`.
    """
    rng = np.random.default_rng(0)
    mixing = np.array([[2.0, 0.3, 0.1], [0.7, 1.0, -0.2], [0.0, 0.5, 0.3]])
    x = rng.normal(size=(7, 3)) @ mixing + [1.0, 0.5, -2.0]
    other = rng.normal(size=(6, 2)) @ mixing[:2, :2] + [0.4, 1.5]
    report(answer, [_soft_whitened(x, 0.1), _soft_whitened(other, 0.5)])


def _soft_whitened(x, epsilon):
    centered = x - x.mean(axis=0)
    covariance = centered.T @ centered / len(x)
    variances, components = np.linalg.eigh(covariance)
    coordinates = centered @ components
    divisors = np.sqrt(variances + epsilon)

    def turned_back(scaled):
        return scaled @ components.T

    raw_variances, raw_components = np.linalg.eigh(x.T @ x / len(x))
    raw = x @ raw_components / np.sqrt(raw_variances + epsilon) @ raw_components.T
    return Case(
        {"x": x, "epsilon": epsilon},
        turned_back(coordinates / divisors),
        mistakes={
            "the mean patch is not subtracted; do so first": raw,
            "the covariance is right, but the mean patch is still in what you whiten": (
                turned_back(x @ components / divisors)
            ),
            "these are the components' coordinates; turn back with components.T": (
                coordinates / divisors
            ),
            "this divides by the variances; divide by their roots": (
                turned_back(coordinates / (variances + epsilon))
            ),
            "this multiplies by the roots; divide by them": (
                turned_back(coordinates * divisors)
            ),
            "epsilon is missing: add it to the variances": (
                turned_back(coordinates / np.sqrt(variances))
            ),
            "epsilon is added to the roots; add it to the variances, below the root": (
                turned_back(coordinates / (np.sqrt(variances) + epsilon))
            ),
            "this divides each pixel by its own standard deviation; pixels stay "
            "correlated": centered / np.sqrt(centered.var(axis=0) + epsilon),
            "this subtracts each patch's own mean; subtract the mean patch, axis 0": (
                _whitened_rows(x - x.mean(axis=1, keepdims=True), epsilon)
            ),
            "this turns with components.T first; its rows are pixels: x @ components": (
                centered @ components.T / divisors @ components
            ),
            "the sum over the patches is not divided by their number": (
                turned_back(coordinates / np.sqrt(len(x) * variances + epsilon))
            ),
            "this divides by one less than the number of patches; divide by their "
            "number": turned_back(
                coordinates / np.sqrt(variances * len(x) / (len(x) - 1) + epsilon)
            ),
            "nothing is scaled yet; divide each component by its root": centered,
        },
    )


def _whitened_rows(x, epsilon):
    variances, components = np.linalg.eigh(x.T @ x / len(x))
    return x @ components / np.sqrt(variances + epsilon) @ components.T


def check_with_phases_of(answer):
    """Check an answer to "give one photograph the phases of another".

    Args:
        answer: A function of `image` and `other`, both of shape `(height, width)`, that
            returns an image of that shape with the amplitudes of the first and the phases
            of the second.
    """
    rng = np.random.default_rng(0)
    report(
        answer,
        [_with_phases_of(*rng.random((2, *shape))) for shape in [(5, 4), (4, 7)]],
    )


def _with_phases_of(image, other):
    waves, other_waves = np.fft.fft2(image), np.fft.fft2(other)
    amplitudes, phases = np.abs(waves), np.exp(1j * np.angle(other_waves))
    mixed = np.fft.ifft2(amplitudes * phases)
    swapped = np.abs(other_waves) * np.exp(1j * np.angle(waves))
    rows, other_rows = np.fft.fft(image), np.fft.fft(other)
    of_rows = np.abs(rows) * np.exp(1j * np.angle(other_rows))
    return Case(
        {"image": image, "other": other},
        mixed.real,
        mistakes={
            "it is the other way around: keep the amplitudes of `image`, take the phases "
            "of `other`": np.fft.ifft2(swapped).real,
            "the phases of `other` are missing": np.fft.ifft2(amplitudes).real,
            "the amplitudes of `image` are missing": np.fft.ifft2(phases).real,
            "this is `image` unchanged; take the phases from `other`": image,
            "this is `other` unchanged; take the amplitudes from `image`": other,
            "this multiplies whole spectra; take the amplitudes of one and the phases of "
            "the other": np.fft.ifft2(waves * other_waves).real,
            "these are the waves; turn them back into an image with ifft2": (
                (amplitudes * phases).real
            ),
            "this takes absolute values of the image; take its real part": np.abs(mixed),
            "this is the imaginary part; take the real part": mixed.imag,
            "an angle is multiplied in as it is; the phase is np.exp(1j * angle)": (
                np.fft.ifft2(amplitudes * np.angle(other_waves)).real
            ),
            "the 1j is missing: the phase is np.exp(1j * angle)": (
                np.fft.ifft2(amplitudes * np.exp(np.angle(other_waves))).real
            ),
            "the sign of the phases is wrong": (
                np.fft.ifft2(amplitudes * phases.conj()).real
            ),
            "this takes squared amplitudes; take np.abs alone": (
                np.fft.ifft2(amplitudes**2 * phases).real
            ),
            "this transforms rows only; use fft2 and ifft2": np.fft.ifft(of_rows).real,
            "this transforms forward again; turn back with ifft2": (
                np.fft.fft2(amplitudes * phases).real
            ),
        },
    )
