from dataclasses import fields

import pytest
import torch

from training.augment import Augmentation

OFF = Augmentation(**{field.name: 0.0 for field in fields(Augmentation)})
PROBABILITIES = (
    *("light", "low_light", "autocontrast", "sharpness"),
    *("low_resolution", "noise", "jpeg", "erasing"),
)


def faces(count: int = 8) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    smooth = torch.nn.functional.interpolate(
        torch.rand(count, 1, 6, 6, generator=generator), size=48, mode="bilinear"
    )
    return 0.2 + 0.6 * smooth


def apply(augmentation: Augmentation, images: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return augmentation(images, torch.Generator().manual_seed(seed))


def with_only(**strength: float) -> Augmentation:
    values = {field.name: 0.0 for field in fields(Augmentation)}
    return Augmentation(**{**values, **strength})


def test_everything_off_changes_nothing() -> None:
    torch.testing.assert_close(apply(OFF, faces()), faces(), atol=1e-5, rtol=0.0)


def test_what_never_happens_costs_nothing() -> None:
    assert len(OFF.changes(48)) == 0
    assert [type(change).__name__ for change in with_only(shear=0.1).changes(48)] == [
        "_RandomPlacement"
    ]
    assert len(Augmentation().changes(48)) == 10


def test_certain_flip_mirrors() -> None:
    flipped = apply(with_only(flip=1.0), faces())
    torch.testing.assert_close(flipped, faces().flip(3), atol=1e-5, rtol=0.0)


def test_same_seed_same_faces_other_seed_others() -> None:
    first = apply(Augmentation(), faces(), seed=3)
    torch.testing.assert_close(first, apply(Augmentation(), faces(), seed=3))
    assert not torch.equal(first, apply(Augmentation(), faces(), seed=4))


def test_input_is_left_alone_and_output_is_a_valid_picture() -> None:
    images = faces(64)
    copy = images.clone()
    strong = with_only(**dict.fromkeys(PROBABILITIES, 1.0), rotation_deg=30.0, translate=0.3)
    changed = apply(strong, images)
    torch.testing.assert_close(images, copy)
    assert changed.shape == images.shape
    assert changed.dtype == torch.float32
    assert torch.isfinite(changed).all()
    assert 0.0 <= changed.min() <= changed.max() <= 1.0


@pytest.mark.parametrize("name", PROBABILITIES)
def test_each_change_does_something_and_can_be_absent(name: str) -> None:
    images = faces(32)
    changed = apply(with_only(**{name: 1.0}), images)
    differs = (changed - images).abs().amax((1, 2, 3)) > 1e-3
    assert differs.float().mean() > 0.9
    half = apply(with_only(**{name: 0.5}), faces(400))
    share = ((half - faces(400)).abs().amax((1, 2, 3)) > 1e-3).float().mean()
    assert 0.35 < share < 0.65


def test_turn_moves_a_mark_by_the_angle_at_most() -> None:
    marked = torch.zeros(200, 1, 48, 48)
    marked[:, :, 22:26, 40:44] = 1.0
    turned = apply(with_only(rotation_deg=15.0), marked)
    rows = torch.arange(48.0).view(1, 1, 48, 1) - 23.5
    columns = torch.arange(48.0).view(1, 1, 1, 48) - 23.5
    weight = turned.sum((1, 2, 3))
    y, x = (turned * rows).sum((1, 2, 3)) / weight, (turned * columns).sum((1, 2, 3)) / weight
    angle = torch.rad2deg(torch.atan2(y, x))
    assert angle.abs().max() < 15.5
    assert angle.std() == pytest.approx(15.0 / 3.0**0.5, rel=0.15)


def test_erasing_covers_two_to_fifteen_per_cent() -> None:
    images = torch.full((300, 1, 48, 48), 0.5)
    changed = apply(with_only(erasing=1.0), images)
    covered = ((changed - images).abs() > 1e-6).float().mean((1, 2, 3))
    assert covered.max() < 0.17
    assert covered.median() > 0.02


def test_torchs_global_generator_is_left_as_it_was() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    apply(Augmentation(), faces())
    assert torch.equal(torch.rand(3), expected)


def test_next_batch_is_changed_otherwise() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = (Augmentation()(faces(), generator) for _ in range(2))
    assert not torch.equal(first, second)


def test_shift_moves_a_mark_by_a_tenth_of_the_side_at_most() -> None:
    marked = torch.zeros(200, 1, 48, 48)
    marked[:, :, 22:26, 22:26] = 1.0
    moved = apply(with_only(translate=0.1), marked)
    columns = torch.arange(48.0).view(1, 1, 1, 48) - 23.5
    x = (moved * columns).sum((1, 2, 3)) / moved.sum((1, 2, 3))
    assert x.abs().max() < 4.81
    assert x.std() == pytest.approx(4.8 / 3.0**0.5, rel=0.15)


def test_size_and_proportions_change_as_much_as_configured() -> None:
    marked = torch.zeros(200, 1, 48, 48)
    marked[:, :, 14:34, 14:34] = 1.0
    area = apply(with_only(scale=0.1), marked).sum((1, 2, 3)) / 400.0
    assert 0.80 < area.min() < 0.85
    assert 1.15 < area.max() < 1.22
    wide = apply(with_only(stretch=0.1), marked)
    width, height = wide[:, 0, 24].sum(1), wide[:, 0, :, 24].sum(1)
    assert ((width - height).abs() / 20.0).max() == pytest.approx(0.2, abs=0.02)


def test_erasing_covers_with_another_gray_in_each_picture() -> None:
    covered = apply(with_only(erasing=1.0), torch.zeros(50, 1, 48, 48))
    grays = covered.amax((1, 2, 3))
    assert grays.min() < 0.2
    assert grays.max() > 0.8
    for picture, gray in zip(covered, grays, strict=True):
        assert ((picture == 0.0) | (picture == gray)).all()


def test_noise_is_stronger_in_some_pictures() -> None:
    noise = apply(with_only(noise=1.0), torch.full((200, 1, 48, 48), 0.5)).std((1, 2, 3))
    assert 0.004 < noise.min() < 0.012
    assert 0.05 < noise.max() < 0.065


def test_jpeg_shows_the_blocks_of_eight() -> None:
    images = faces(64)
    steps = (apply(with_only(jpeg=1.0), images) - images).diff(dim=3).abs().mean((0, 1, 2))
    at_edges = steps[7::8]
    inside = torch.cat([steps[start : start + 7] for start in range(0, 47, 8)])
    assert at_edges.mean() > 1.2 * inside.mean()
