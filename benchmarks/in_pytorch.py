"""The networks and steps of `benchmarks/step.py` in PyTorch, in eager mode."""

import torch
from torch import nn
from torch.nn.functional import softplus


class Maxout(nn.Module):
    def __init__(self, inputs, units, pieces=5):
        super().__init__()
        self.shape = (-1, pieces, units)
        self.dense = nn.Linear(inputs, pieces * units)

    def forward(self, x):
        return self.dense(x).reshape(self.shape).max(dim=1).values


def mlp_pair():
    generator = nn.Sequential(
        nn.Linear(100, 1200),
        nn.ReLU(),
        nn.Linear(1200, 1200),
        nn.ReLU(),
        nn.Linear(1200, 784),
        nn.Sigmoid(),
    )
    critic = nn.Sequential(
        nn.Dropout(0.2),
        Maxout(784, 240),
        nn.Dropout(0.5),
        Maxout(240, 240),
        nn.Dropout(0.5),
        nn.Linear(240, 1),
    )
    return generator, critic, lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.5)


def dcgan_pair():
    generator = nn.Sequential(
        nn.Linear(100, 7 * 7 * 128, bias=False),
        nn.Unflatten(1, (128, 7, 7)),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Sigmoid(),
    )
    critic = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(7 * 7 * 128, 1),
    )
    return generator, critic, lambda p: torch.optim.Adam(p, lr=2e-4, betas=(0.5, 0.999))


def make_step(pair: str, *, k: int, batch_size: int):
    """Build a function that runs one step of Algorithm 1."""
    generator, critic, optimizer = mlp_pair() if pair == "mlp" else dcgan_pair()
    shape = (784,) if pair == "mlp" else (1, 28, 28)
    critic_optimizer = optimizer(critic.parameters())
    generator_optimizer = optimizer(generator.parameters())
    minibatches = torch.rand(k, batch_size, *shape)

    def noise():
        return (torch.rand(batch_size, 100) * 2 - 1) * 3**0.5

    def run():
        for x in minibatches:
            with torch.no_grad():
                fake = generator(noise())
            critic_optimizer.zero_grad()
            (softplus(-critic(x)) + softplus(critic(fake))).mean().backward()
            critic_optimizer.step()
        generator_optimizer.zero_grad()
        softplus(-critic(generator(noise()))).mean().backward()
        generator_optimizer.step()

    return run
