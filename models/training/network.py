"""The network: a small residual encoder, a light decoder, a map at a quarter of the size.

Encoder as ResNet (He et al. 2015) with two to three blocks a stage, its deepest stage of inverted
residuals (Sandler et al. 2018); decoder as a feature pyramid (Lin et al. 2017). Besides the picture
it sees three fixed residuals of it (the high passes of Fridrich and Kodovsky, Rich models for
steganalysis, 2012), which show what a region's history does to its finest detail.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

DOWNWARDS = 32
"""Height and width of an input are multiples of this, pixels."""

_WIDTHS = (24, 32, 64, 128, 192)
_DECODER = 64
_RESIDUALS = (
    ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 1, -2, 1, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0)),
    ((0, 0, 0, 0, 0), (0, -1, 2, -1, 0), (0, 2, -4, 2, 0), (0, -1, 2, -1, 0), (0, 0, 0, 0, 0)),
    (
        (-1, 2, -2, 2, -1),
        (2, -6, 8, -6, 2),
        (-2, 8, -12, 8, -2),
        (2, -6, 8, -6, 2),
        (-1, 2, -2, 2, -1),
    ),
)
_RESIDUAL_SCALES = (2.0, 4.0, 12.0)
_CUT = 3.0
_LUMA = (0.299, 0.587, 0.114)


def _conv(wide: int, out: int, size: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(wide, out, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )


class Residuals(nn.Module):
    """Three high passes of luma, cut at ±3 levels: ``[n, 3, h, w]`` in 0..1 to the same shape."""

    def __init__(self) -> None:
        super().__init__()
        kernels = torch.tensor(_RESIDUALS, dtype=torch.float32)[:, None]
        kernels = kernels / torch.tensor(_RESIDUAL_SCALES)[:, None, None, None]
        self.register_buffer("kernels", kernels * 255)
        self.register_buffer("luma", torch.tensor(_LUMA)[None, :, None, None])

    def forward(self, pictures: Tensor) -> Tensor:
        """The residuals, in about -1..1."""
        luma = (pictures * self.luma).sum(1, keepdim=True)
        return F.conv2d(luma, self.kernels, padding=2).clamp(-_CUT, _CUT) / _CUT


class Basic(nn.Module):
    """Two 3×3 convolutions beside the identity."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        self.first = _conv(wide, wide)
        self.second = _conv(wide, wide)[:2]

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return F.relu(x + self.second(self.first(x)))


class Inverted(nn.Module):
    """Widen, look around each channel, narrow, beside the identity."""

    def __init__(self, wide: int, size: int = 5) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            _conv(wide, 2 * wide, 1), _conv(2 * wide, 2 * wide, size, groups=2 * wide)
        )
        self.outer = _conv(2 * wide, wide, 1)[:2]

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return x + self.outer(self.inner(x))


class Whole(nn.Module):
    """What the picture is like as a whole, added everywhere: a fault is what differs from it."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.Conv2d(wide, wide, 1), nn.ReLU(), nn.Conv2d(wide, wide, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return x + self.mix(x.mean((2, 3), keepdim=True))


class ArtifactNet(nn.Module):
    """``[n, 3, h, w]`` in 0..1 to logits ``[n, 1 + families, h/4, w/4]``; the first is clean."""

    def __init__(self, families: int) -> None:
        super().__init__()
        a, b, c, d, e = _WIDTHS
        self.residuals = Residuals()
        self.stem = _conv(6, a, 3, 2)
        self.quarter = nn.Sequential(_conv(a, b, 3, 2), Basic(b), Basic(b))
        self.eighth = nn.Sequential(_conv(b, c, 3, 2), Basic(c), Basic(c), Basic(c))
        self.sixteenth = nn.Sequential(_conv(c, d, 3, 2), Basic(d), Basic(d), Inverted(d))
        self.deepest = nn.Sequential(
            _conv(d, e, 3, 2), Inverted(e), Inverted(e), Whole(e), Inverted(e)
        )
        self.lateral = nn.ModuleList(nn.Conv2d(wide, _DECODER, 1) for wide in (b, c, d, e))
        self.smooth_16, self.smooth_8 = Inverted(_DECODER), Basic(_DECODER)
        self.smooth_4 = _conv(_DECODER, 48)
        self.head = nn.Conv2d(48, 1 + families, 1)
        self.coarse_head = nn.Conv2d(_DECODER, 1 + families, 1)  # for training only

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits."""
        return self.fine_and_coarse(pictures)[0]

    def fine_and_coarse(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits at a quarter of the size, and at a sixteenth, from half-way up."""
        stem = self.stem(torch.cat([pictures * 2 - 1, self.residuals(pictures)], 1))
        quarter = self.quarter(stem)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        deep = self.lateral[3](self.deepest(sixteenth))
        deep = self.smooth_16(_twice(deep) + self.lateral[2](sixteenth))
        coarse = self.coarse_head(deep)
        deep = self.smooth_8(_twice(deep) + self.lateral[1](eighth))
        deep = self.smooth_4(_twice(deep) + self.lateral[0](quarter))
        return self.head(deep), coarse


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Serving(nn.Module):
    """The network as it is served: bytes in, a probability for each class out.

    ``uint8 [n, h, w, 3]`` to ``float32 [n, families, h/4, w/4]``: with clean they would sum to 1.
    """

    def __init__(self, network: ArtifactNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """Probabilities of the families."""
        values = pictures.permute(0, 3, 1, 2).float() / 255
        return torch.softmax(self.network(values), 1)[:, 1:]
