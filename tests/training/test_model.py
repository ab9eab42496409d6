import pytest
import torch
from torch import nn

from training.model import (
    ARCHITECTURES,
    SEBlock,
    SqueezeExcite,
    build_model,
    folded,
    multiply_accumulates,
    parameter_count,
)


def with_lived_in_norms(name: str) -> nn.Module:
    """A model whose batch norms differ from their initial values."""
    torch.manual_seed(0)
    model = build_model(name)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0.0, 0.2)
            nn.init.normal_(module.running_mean, 0.0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


def test_design_network_is_the_design() -> None:
    model = build_model("se_resnet")
    assert 11.2e6 < parameter_count(model) < 11.5e6
    stem = [m for m in model.stem if isinstance(m, nn.Conv2d)]
    assert [(m.in_channels, m.out_channels, m.kernel_size) for m in stem] == [
        (1, 64, (3, 3)),
        (64, 64, (3, 3)),
    ]
    blocks = [m for m in model.stages if isinstance(m, SEBlock)]
    assert [b.conv1.out_channels for b in blocks] == [64, 64, 128, 128, 256, 256, 512, 512]
    assert [b.conv1.stride[0] for b in blocks] == [1, 1, 2, 1, 2, 1, 2, 1]
    assert blocks[-1].se.reduce.out_channels == 512 // 32
    kinds = [type(m) for m in model.head]
    assert kinds == [nn.Dropout, nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    assert (model.head[0].p, model.head[3].p) == (0.5, 0.3)
    assert (model.head[1].in_features, model.head[1].out_features) == (512, 256)


def test_shipping_network_is_within_its_limit() -> None:
    assert parameter_count(build_model("compact_64")) <= 3_000_000


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
@pytest.mark.parametrize("count", [1, 3])
def test_logits_have_seven_columns(name: str, count: int) -> None:
    with torch.inference_mode():
        logits = build_model(name).eval()(torch.zeros(count, 1, 48, 48))
    assert logits.shape == (count, 7)
    assert logits.dtype == torch.float32


@pytest.mark.parametrize("name", ["compact_64", "tiny"])
def test_folding_keeps_the_answers_and_removes_every_norm(name: str) -> None:
    model = with_lived_in_norms(name)
    short = folded(model)
    faces = torch.randn(4, 1, 48, 48)
    with torch.inference_mode():
        torch.testing.assert_close(short(faces), model(faces), atol=1e-4, rtol=1e-4)
        assert model(faces).std() > 0.01
    assert not any(isinstance(m, nn.BatchNorm2d) for m in short.modules())
    assert any(isinstance(m, nn.BatchNorm2d) for m in model.modules())


def test_squeeze_excite_gates_channels_between_zero_and_one() -> None:
    torch.manual_seed(0)
    features = torch.rand(2, 8, 4, 4) + 0.1
    ratio = SqueezeExcite(8, 4)(features) / features
    assert 0.0 < ratio.min() <= ratio.max() < 1.0
    torch.testing.assert_close(ratio, ratio[:, :, :1, :1].expand_as(ratio))


def test_multiplications_of_a_network_counted_by_hand() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.Flatten(), nn.Linear(4 * 24 * 24, 7))
    assert multiply_accumulates(model) == 24 * 24 * 4 * 9 + 4 * 24 * 24 * 7
    assert model.training


def test_unknown_network_is_refused() -> None:
    with pytest.raises(ValueError, match="'big'"):
        build_model("big")
