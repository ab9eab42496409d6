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
