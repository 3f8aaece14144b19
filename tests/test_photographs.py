"""The bundled photographs, and the patches cut out of them."""

from sae_utils import data

import numpy as np
import pytest

SHAPES = {
    "astronaut": (256, 256),
    "brick": (256, 256),
    "camera": (256, 256),
    "chelsea": (150, 225),
    "coffee": (200, 300),
    "grass": (256, 256),
    "gravel": (256, 256),
    "rocket": (213, 320),
}
# Every pixel is its own number, so that a patch tells where it is from.
NUMBERED = {
    "first": np.arange(30.0).reshape(5, 6),
    "second": 100 + np.arange(28.0).reshape(7, 4),
}


def test_photographs_are_gray_levels_in_0_to_1():
    photographs = data.load_photographs()
    assert {name: image.shape for name, image in photographs.items()} == SHAPES
    for image in photographs.values():
        assert image.dtype == np.float32
        assert 0 <= image.min() < 0.3 and 0.7 < image.max() <= 1


def test_file_is_small():
    assert (data.BUNDLED / "photographs.npz").stat().st_size < 1_000_000


def test_note_names_each_photograph():
    note = (data.BUNDLED / "photographs.md").read_text(encoding="utf-8")
    for name in SHAPES:
        (row,) = [line for line in note.splitlines() if f"| `{name}` |" in line]
        assert "CC0" in row or "public domain" in row


def test_patches_have_one_row_each_and_gray_levels():
    patches = data.image_patches(50, size=12, seed=3)
    assert patches.shape == (50, 144)
    assert patches.dtype == np.float32
    assert 0 <= patches.min() < patches.max() <= 1


def test_seed_fixes_the_patches():
    first = data.image_patches(20, seed=1)
    np.testing.assert_array_equal(first, data.image_patches(20, seed=1))
    assert (first != data.image_patches(20, seed=2)).any()
    np.testing.assert_array_equal(first, data.image_patches(30, seed=1)[:20])


def test_patches_are_squares_of_a_photograph_row_by_row():
    for patch in data.image_patches(100, 3, photographs=NUMBERED).reshape(-1, 3, 3):
        columns = 6 if patch[0, 0] < 100 else 4
        assert (np.diff(patch, axis=1) == 1).all()
        assert (np.diff(patch, axis=0) == columns).all()


def test_every_place_of_every_photograph_occurs():
    corners = data.image_patches(2_000, 3, photographs=NUMBERED)[:, 0]
    wanted = {
        image[row, column]
        for image in NUMBERED.values()
        for row in range(image.shape[0] - 2)
        for column in range(image.shape[1] - 2)
    }
    assert set(corners.tolist()) == wanted
    assert 0.45 < np.mean(corners < 100) < 0.55  # photographs are equally likely


def test_a_patch_can_be_a_whole_photograph():
    image = np.eye(4)
    patches = data.image_patches(2, 4, photographs={"eye": image})
    np.testing.assert_array_equal(patches, np.tile(image.ravel(), (2, 1)))


@pytest.mark.parametrize("name", ["n", "size"])
@pytest.mark.parametrize("value", [0, -1, 8.0, True, "8", None])
def test_impossible_numbers_are_refused(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must be a whole number.*got"):
        data.image_patches(**{"n": 5, name: value})


def test_a_size_beyond_the_smallest_photograph_is_refused():
    assert data.image_patches(1, 150).shape == (1, 22_500)
    with pytest.raises(ValueError, match=r"size must be at most 150, .*; got 151"):
        data.image_patches(1, 151)
    with pytest.raises(ValueError, match=r"size must be at most 4, .*; got 5"):
        data.image_patches(1, 5, photographs=NUMBERED)


@pytest.mark.parametrize(
    ("photographs", "message"),
    [
        ({}, "at least one gray image"),
        ({"color": np.zeros((9, 9, 3))}, r"got shapes \[\(9, 9, 3\)\]"),
        ([np.zeros((9, 9))], "must be a dict from labels"),
    ],
)
def test_what_is_no_photograph_is_refused(photographs, message):
    with pytest.raises(ValueError, match=message):
        data.image_patches(1, photographs=photographs)


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_file_that_is_missing_or_altered_says_how_to_restore_it(
    monkeypatch, tmp_path, damage
):
    if damage == "altered":
        content = (data.BUNDLED / "photographs.npz").read_bytes()
        (tmp_path / "photographs.npz").write_bytes(content[:-1])
    monkeypatch.setattr(data, "BUNDLED", tmp_path)
    for load in data.load_photographs, lambda: data.image_patches(1):
        with pytest.raises(OSError) as error:
            load()
        assert "`git checkout -- sae_utils/bundled/photographs.npz`" in str(error.value)
