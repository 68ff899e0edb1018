"""The residual pair and its step of `benchmarks/residual.py` in PyTorch, eager mode."""

import math

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, width, group_size=16, expansion=2):
        super().__init__()
        hidden = expansion * width
        groups = hidden // group_size
        self.first = nn.Conv2d(width, hidden, 1)
        self.middle = nn.Conv2d(hidden, hidden, 3, padding=1, groups=groups)
        self.last = nn.Conv2d(hidden, width, 1, bias=False)
        nn.init.zeros_(self.last.weight)

    def forward(self, x):
        y = functional.leaky_relu(self.first(x), 0.2)
        return x + self.last(functional.leaky_relu(self.middle(y), 0.2))


def resample(x, factor):
    """Apply the filter [1, 3, 3, 1] along both axes, doubling or halving the sides."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = (torch.outer(taps, taps) / 64)[None, None].repeat(x.shape[1], 1, 1, 1)
    options = {"stride": 2, "padding": 1, "groups": x.shape[1]}
    if factor == 2:
        return functional.conv_transpose2d(x, 4 * kernel, **options)
    return functional.conv2d(x, kernel, **options)


class Generator(nn.Module):
    def __init__(self, stages, width):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(width, 4, 4))
        self.linear = nn.Linear(64, width, bias=False)
        self.stages = nn.ModuleList(
            nn.Sequential(Block(width), Block(width)) for _ in range(stages)
        )
        self.output = nn.Conv2d(width, 3, 1, bias=False)

    def forward(self, z):
        x = self.linear(z)[:, :, None, None] * self.basis
        for index, stage in enumerate(self.stages):
            x = stage(resample(x, 2) if index else x)
        return 0.5 + 0.5 * self.output(x)


class Discriminator(nn.Module):
    def __init__(self, stages, width):
        super().__init__()
        self.input = nn.Conv2d(3, width, 1, bias=False)
        self.stages = nn.ModuleList(
            nn.Sequential(Block(width), Block(width)) for _ in range(stages)
        )
        self.basis = nn.Parameter(torch.randn(width, 4, 4) / 4)
        self.linear = nn.Linear(width, 1, bias=False)

    def forward(self, x):
        x = self.input(2 * x - 1)
        for index, stage in enumerate(self.stages):
            x = stage(resample(x, 0.5) if index else x)
        return self.linear((x * self.basis).sum(dim=(2, 3)))[:, 0]


def contestant(side: int, width: int, *, step: bool, batch_size: int, gamma: float):
    """Return a function that runs one step, or the critic's forward pass."""
    stages = int(math.log2(side)) - 1
    generator, critic = Generator(stages, width), Discriminator(stages, width)
    images = torch.rand(batch_size, 3, side, side)
    if not step:

        def forward():
            with torch.no_grad():
                critic(images)

        return forward
    adam = lambda network: torch.optim.Adam(
        network.parameters(), lr=2e-4, betas=(0.0, 0.9)
    )
    optimizers = adam(critic), adam(generator)
    noise = lambda: torch.randn(batch_size, 64)

    def run():
        real = images.clone().requires_grad_()
        with torch.no_grad():
            fake = generator(noise())
        fake.requires_grad_()
        logits = critic(real), critic(fake)
        loss = functional.softplus(logits[1] - logits[0])
        for x, output in zip((real, fake), logits, strict=True):
            (gradient,) = torch.autograd.grad(output.sum(), x, create_graph=True)
            loss = loss + gamma / 8 * gradient.square().sum(dim=(1, 2, 3))
        optimizers[0].zero_grad()
        loss.mean().backward()
        optimizers[0].step()
        critic.requires_grad_(False)
        optimizers[1].zero_grad()
        difference = critic(images) - critic(generator(noise()))
        functional.softplus(difference).mean().backward()
        optimizers[1].step()
        critic.requires_grad_(True)

    run()
    return run
