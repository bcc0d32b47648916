"""A recurrent network that reads a text character by character, and guesses the next one.

Its state carries what came before. The text is cut into 16 strips that are read side by side, 32
characters in a step; the state goes on from step to step, its history does not. Gradients through
32 equal layers can explode, so their length is cut. Perplexity is exp(loss): among how many
characters it still hesitates. Book: chapters "Recurrent Neural Networks", from scratch and concise.
"""

from __future__ import annotations

import sys

import lecture
import numpy as np

import minigrad as torch
from minigrad import nn
from minigrad.nn import functional as F

EPOCHS, STRIPS, STEPS, HIDDEN, LR = 100, 16, 32, 128, 1.0
PREFIX = "the keeper "


class CharRNN(nn.Module):
    """Characters as one-hot vectors, one recurrent layer, and a score for each next character."""

    def __init__(self, characters):
        super().__init__()
        self.characters = characters
        self.rnn = nn.RNN(characters, HIDDEN)  # (steps, strips, characters)
        self.linear = nn.Linear(HIDDEN, characters)

    def forward(self, X, state=None):
        Y, state = self.rnn(F.one_hot(X.T, self.characters).float(), state)
        return self.linear(Y), state


def strips(codes, rng):
    """The text from a place that is drawn: inputs and, one character on, targets."""
    begin = int(rng.integers(STEPS))
    length = (len(codes) - begin - 1) // STRIPS
    X = codes[begin : begin + STRIPS * length].reshape(STRIPS, length)
    Y = codes[begin + 1 : begin + 1 + STRIPS * length].reshape(STRIPS, length)
    for i in range(0, length - STEPS + 1, STEPS):
        yield torch.tensor(X[:, i : i + STEPS]), torch.tensor(Y[:, i : i + STEPS])


def go_on(net, vocabulary, prefix, count):
    """Let the network write: each character is the likeliest one, and is read next."""
    written, state = list(prefix), None
    with torch.no_grad():
        X = torch.tensor([[vocabulary.index(c) for c in prefix]])
        for _ in range(count):
            scores, state = net(X, state)
            written.append(vocabulary[int(scores[-1, 0].argmax())])
            X = torch.tensor([[vocabulary.index(written[-1])]])
    return "".join(written)


def train(text, epochs, say=print):
    """Train; return the loss of each batch."""
    rng = np.random.default_rng(0)
    vocabulary = sorted(set(text))
    codes = np.array([vocabulary.index(c) for c in text])
    net, losses = CharRNN(len(vocabulary)), []
    lecture.first_weights(torch, net, rng)
    criterion = nn.CrossEntropyLoss()
    trainer = torch.optim.SGD(net.parameters(), lr=LR)
    for epoch in range(1, epochs + 1):
        state, begin = None, len(losses)
        for X, Y in strips(codes, rng):
            if state is not None:
                state = state.detach()
            scores, state = net(X, state)
            loss = criterion(scores.reshape((-1, len(vocabulary))), Y.T.reshape(-1))
            trainer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            trainer.step()
            losses.append(loss.item())
        if epoch % 10 == 0 or epoch == epochs:
            perplexity = float(np.exp(np.mean(losses[begin:])))
            written = go_on(net, vocabulary, PREFIX, 40)
            say(f"epoch {epoch:3d}  perplexity {perplexity:6.2f}  {written!r}")
    return losses


if __name__ == "__main__":
    sys.exit(lecture.program(__file__, __doc__, train, EPOCHS, reads="text"))
