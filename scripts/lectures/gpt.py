"""A small GPT: every character looks back at all before it, and decides which of them matter.

Attention is written out: queries meet keys, the future is masked, softmax gives shares, and the
values are mixed by them. Around it stand what makes it trainable: sums past each part, layer norm
before it, AdamW. It is GPT-2 with two blocks, 64 channels and 32 characters of context.
Vaswani et al. 2017, Radford et al. 2019.
"""

from __future__ import annotations

import math
import sys

import lecture
import numpy as np

import minigrad as torch
from minigrad import nn
from minigrad.nn import functional as F

EPOCHS, BATCH_SIZE, LR = 10, 16, 1e-3
CONTEXT, CHANNELS, HEADS, BLOCKS = 32, 64, 4, 2
PREFIX = "the keeper "


class Attention(nn.Module):
    """Causal self-attention with several heads."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(CHANNELS, 3 * CHANNELS)
        self.out = nn.Linear(CHANNELS, CHANNELS)

    def forward(self, x):
        n, t, _ = x.shape
        q, k, v = (
            part.reshape((n, t, HEADS, CHANNELS // HEADS)).transpose(1, 2)
            for part in self.qkv(x).split(CHANNELS, dim=2)
        )
        scores = q @ k.transpose(2, 3) / math.sqrt(CHANNELS // HEADS)
        future = torch.ones(t, t).triu(1).bool()
        shares = F.softmax(scores.masked_fill(future, float("-inf")), dim=-1)
        return self.out((shares @ v).transpose(1, 2).reshape((n, t, CHANNELS)))


class Block(nn.Module):
    """Attention, then an MLP for each place; each adds to what comes in."""

    def __init__(self):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(CHANNELS), Attention()
        self.norm2 = nn.LayerNorm(CHANNELS)
        self.mlp = nn.Sequential(
            nn.Linear(CHANNELS, 4 * CHANNELS), nn.GELU(), nn.Linear(4 * CHANNELS, CHANNELS)
        )

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """What the character is, where it stands, the blocks, and a score for each next character."""

    def __init__(self, characters):
        super().__init__()
        self.token, self.place = nn.Embedding(characters, CHANNELS), nn.Embedding(CONTEXT, CHANNELS)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.norm, self.head = nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, characters, bias=False)

    def forward(self, codes):
        x = self.token(codes) + self.place(torch.arange(codes.shape[1]))
        return self.head(self.norm(self.blocks(x)))


def go_on(net, vocabulary, prefix, count):
    """Let the network write, the likeliest character each time."""
    codes = [vocabulary.index(c) for c in prefix]
    with torch.no_grad():
        for _ in range(count):
            scores = net(torch.tensor([codes[-CONTEXT:]]))
            codes.append(int(scores[0, -1].argmax()))
    return "".join(vocabulary[c] for c in codes)


def train(text, epochs, say=print):
    """Train; return the loss of each batch."""
    rng = np.random.default_rng(0)
    vocabulary = sorted(set(text))
    codes = np.array([vocabulary.index(c) for c in text])
    windows = np.lib.stride_tricks.sliding_window_view(codes, CONTEXT + 1)[::4]
    net, losses = GPT(len(vocabulary)), []
    lecture.first_weights(torch, net, rng, std=0.02)
    trainer = torch.optim.AdamW(net.parameters(), lr=LR)
    for epoch in range(1, epochs + 1):
        begin = len(losses)
        for batch in lecture.batches(rng, len(windows), BATCH_SIZE):
            window = torch.tensor(windows[batch])
            scores = net(window[:, :-1])
            loss = F.cross_entropy(scores.reshape((-1, len(vocabulary))), window[:, 1:].reshape(-1))
            trainer.zero_grad()
            loss.backward()
            trainer.step()
            losses.append(loss.item())
        written = go_on(net, vocabulary, PREFIX, 40)
        say(f"epoch {epoch:2d}  loss {np.mean(losses[begin:]):.4f}  {written!r}")
    return losses


if __name__ == "__main__":
    sys.exit(lecture.program(__file__, __doc__, train, EPOCHS, reads="text"))
