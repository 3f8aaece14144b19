"""The bundled MNIST is the original, bit for bit, and says so when it is not."""

import hashlib
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

from sae_utils import data, language

import numpy as np
import pytest

# MD5 of the four files as Yann LeCun published them, uncompressed.
ORIGINAL_MD5 = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}
ROOT = Path(__file__).parents[1]
# A call that reads each bundled file.
READ = {
    "mnist.npz": lambda: data.load_mnist(n_train=1, n_test=1),
    "photographs.npz": data.load_photographs,
    "novels.npz": data.load_novel,
    "word_vectors.npz": data.load_word_vectors,
    "language_model.npz": language.load_language_model,
}
DAMAGE = {
    "one byte altered": lambda b: (
        b[: len(b) // 2] + bytes([b[len(b) // 2] ^ 1]) + b[len(b) // 2 + 1 :]
    ),
    "last byte missing": lambda b: b[:-1],
    "half of it missing": lambda b: b[: len(b) // 2],
    "nothing left": lambda b: b"",
    "something added": lambda b: b + b"\n",
}


@pytest.fixture(scope="module")
def full():
    return data.load_mnist()


@pytest.fixture(scope="module")
def small():
    return data.load_mnist(n_train=200, n_test=100)


@pytest.mark.parametrize("name", ORIGINAL_MD5)
def test_arrays_are_the_original_files(full, name):
    array = getattr(full, name)
    # The IDX header: two zero bytes, 8 for "unsigned byte", the rank, then the shape.
    shape = (len(array), 28, 28) if name.startswith("x") else (len(array),)
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
    digest = hashlib.md5(header)
    for start in range(0, len(array), 10_000):  # in parts, to spare memory
        part = array[start : start + 10_000]
        if name.startswith("x"):
            part = np.rint(part * 255).astype(np.uint8)
        digest.update(part.tobytes())
    assert digest.hexdigest() == ORIGINAL_MD5[name]


@pytest.mark.parametrize("name", ORIGINAL_MD5)
def test_data_sheet_names_the_original_files(name):
    sheet = (data.BUNDLED / "mnist.md").read_text(encoding="utf-8")
    assert ORIGINAL_MD5[name] in sheet


def test_full_shapes_and_types(full):
    assert full.x_train.shape == (60_000, 784)
    assert full.y_train.shape == (60_000,)
    assert full.x_test.shape == (10_000, 784)
    assert full.y_test.shape == (10_000,)
    assert full.x_train.dtype == full.x_test.dtype == np.float32
    assert full.y_train.dtype == full.y_test.dtype == np.uint8
    assert full._fields == ("x_train", "y_train", "x_test", "y_test")


def test_pixels_run_from_0_to_1_and_labels_from_0_to_9(full):
    for images in (full.x_train, full.x_test):
        assert images.min() == 0
        assert images.max() == 1
    for labels in (full.y_train, full.y_test):
        assert sorted(set(labels.tolist())) == list(range(10))


def test_ink_is_1_and_paper_is_0(small):
    # The margin of a digit is paper; were the images inverted, it would be 1.
    assert small.x_train.reshape(-1, 28, 28)[:, :2].max() == 0


def test_a_subset_is_the_head_of_the_full_data(full, small):
    for part, whole in zip(small, full, strict=True):
        np.testing.assert_array_equal(part, whole[: len(part)])
    assert len(small.x_train) == len(small.y_train) == 200
    assert len(small.x_test) == len(small.y_test) == 100


def test_unflattened_images_have_a_channel_and_the_same_pixels(small):
    images = data.load_mnist(n_train=200, n_test=100, flatten=False)
    assert images.x_train.shape == (200, 28, 28, 1)
    assert images.x_test.shape == (100, 28, 28, 1)
    np.testing.assert_array_equal(images.x_train.reshape(200, 784), small.x_train)
    np.testing.assert_array_equal(images.x_test.reshape(100, 784), small.x_test)


def test_loading_twice_gives_the_same_even_if_the_first_was_changed():
    first = data.load_mnist(n_train=3, n_test=2)
    kept = [array.copy() for array in first]
    for array in first:
        array[:] = 7  # a cached array would carry this over
    for array, expected in zip(data.load_mnist(n_train=3, n_test=2), kept, strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("n", [1, np.int64(2)])
def test_smallest_and_numpy_counts_are_allowed(n):
    assert len(data.load_mnist(n_train=n, n_test=n).x_test) == n


@pytest.mark.parametrize(("name", "limit"), [("n_train", 60_000), ("n_test", 10_000)])
@pytest.mark.parametrize("value", ["limit + 1", 0, -1, 10.0, True, "10", None])
def test_impossible_counts_are_refused(name, limit, value):
    value = limit + 1 if value == "limit + 1" else value
    with pytest.raises(ValueError) as error:
        data.load_mnist(**{name: value})
    message = str(error.value)
    assert message.startswith(name)
    assert f"from 1 to {limit:,}" in message
    assert f"got {value!r}" in message


@pytest.mark.parametrize("name", READ)
def test_missing_file_says_how_to_restore_it(monkeypatch, tmp_path, name):
    monkeypatch.setattr(data, "BUNDLED", tmp_path)
    with pytest.raises(FileNotFoundError) as error:
        READ[name]()
    assert f"{tmp_path / name} is missing" in str(error.value)
    _assert_says_how_to_restore(error.value, name)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_file_says_how_to_restore_it(monkeypatch, tmp_path, damage, name):
    damaged = DAMAGE[damage]((data.BUNDLED / name).read_bytes())
    (tmp_path / name).write_bytes(damaged)
    monkeypatch.setattr(data, "BUNDLED", tmp_path)
    with pytest.raises(OSError) as error:
        READ[name]()
    assert "is cut short or altered" in str(error.value)
    assert f"its {len(damaged):,} bytes" in str(error.value)
    _assert_says_how_to_restore(error.value, name)


def _assert_says_how_to_restore(error, name):
    assert f"`git checkout -- sae_utils/bundled/{name}`" in str(error)
    assert "or reinstall sae_utils" in str(error)


def test_bundled_files_are_those_that_are_checked():
    files = {path.name for path in data.BUNDLED.iterdir()}
    assert {name for name in files if not name.endswith(".md")} == set(data.SHA256)


@pytest.mark.parametrize("name", data.SHA256)
def test_note_beside_a_bundled_file_names_authors_license_and_checksum(name):
    note = (data.BUNDLED / name).with_suffix(".md").read_text(encoding="utf-8")
    assert f"`{name}`" in note
    assert data.SHA256[name] in note
    for part in "**Authors:**", "**License:**", "**Where this copy is from:**":
        assert part in note


def test_word_vectors_are_glove():
    found = data.load_word_vectors()
    assert found._fields == ("words", "vectors")
    assert found.vectors.shape == (20_000, 100)
    assert found.vectors.dtype == np.float32
    assert len(set(found.words)) == 20_000
    assert found.words[:6] == ["the", ",", ".", "of", "to", "and"]
    # The first numbers of "the" in GloVe's own file of 6 billion words.
    np.testing.assert_allclose(
        found.vectors[0, :4], [-0.038194, -0.24487, 0.72812, -0.39961], rtol=1e-3
    )
    at = [found.words.index(word) for word in ("king", "queen", "carrot")]
    rows = found.vectors[at] / np.linalg.norm(found.vectors[at], axis=1, keepdims=True)
    assert rows[0] @ rows[1] > 0.7 > 0.3 > rows[0] @ rows[2]


def test_fewer_words_are_the_most_frequent_ones():
    words, vectors = data.load_word_vectors(10)
    full = data.load_word_vectors()
    assert words == full.words[:10]
    np.testing.assert_array_equal(vectors, full.vectors[:10])


@pytest.mark.parametrize("n", [0, 20_001, True, 10.0, "10"])
def test_impossible_counts_of_words_are_refused(n):
    with pytest.raises(ValueError, match=r"^n_words must be .* from 1 to 20,000 ") as e:
        data.load_word_vectors(n)
    assert f"got {n!r}" in str(e.value)


def test_novels_are_whole_and_in_the_models_symbols():
    train, held_out = data.load_novel(), data.load_novel("held_out")
    assert data.load_novel("train") == train
    assert (len(train), len(held_out)) == (2_018_563, 210_269)
    assert set(train) == set(language.SYMBOLS) >= set(held_out)
    titles = "PRIDE AND PREJUDICE\n", "EMMA\n", "SENSE AND SENSIBILITY\n"
    starts = [train.index(title) for title in titles]
    assert starts[0] == 0 and starts == sorted(starts)
    assert held_out.endswith("coolness between their husbands.\nTHE END")
    assert "It is a truth universally acknowledged, that a single man" in train


def test_no_part_of_what_was_held_out_was_trained_on():
    train, held_out = data.load_novel(), data.load_novel("held_out")
    assert all(held_out[at : at + 80] not in train for at in range(0, 210_000, 997))


@pytest.mark.parametrize("part", ["test", "", None, 1, ["train"]])
def test_other_parts_of_the_novels_are_refused(part):
    with pytest.raises(ValueError, match="part must be 'train' or 'held_out'") as error:
        data.load_novel(part)
    assert f"got {part!r}" in str(error.value)


def test_wheel_carries_data_tables_and_every_module(tmp_path):
    for name in "sae_utils", "pyproject.toml", "README.md", "LICENSE":
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--quiet", "."], check=True, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "sae_utils").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(wanted) > 25
    assert wanted - packed == set()


def test_measured_tables_name_the_command_that_made_them():
    names = {path.stem for path in data.MEASURED.glob("*.csv")}
    assert len(names) >= 5
    for name in names:
        first, *_ = (data.MEASURED / f"{name}.csv").read_text().split("\n")
        script = first.removeprefix("# Made by: python ").split()[0]
        assert (ROOT / script).is_file()
        table = data.load_measured(name)
        assert "seed" in table.columns and len(table) >= 12


def test_unknown_table_names_those_there_are():
    with pytest.raises(
        ValueError, match=r"\['.*'kl_settings', .*'sparser'.*\].*'boards'"
    ):
        data.load_measured("boards")
