"""Recurrent networks that predict the next character: from scratch, concise, in both editions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import minigrad
from minigrad import nn, optim

from .classes import Classifier, Module
from .draw import Animator
from .lecture import Accumulator, Timer, sgd
from .names import Tensor, matmul
from .text import Vocab

__all__ = [
    "GRU", "RNN", "RNNLM", "RNNLMScratch", "RNNModel", "RNNModelScratch", "RNNScratch",
    "check_len", "check_shape", "grad_clipping", "predict_ch8", "train_ch8", "train_epoch_ch8",
]  # fmt: skip

one_hot = nn.functional.one_hot


# -- the first edition ---------------------------------------------------------------------------
class RNNModelScratch:
    """A recurrent network from functions: how parameters and states begin, and a step forward.

    `net(X, state)` takes numbers of tokens (batch, steps), and returns scores (steps * batch,
    vocabulary), row after row by step, and the new state.
    """

    def __init__(
        self,
        vocab_size: int,
        num_hiddens: int,
        device: Any,
        get_params: Callable[..., Any],
        init_state: Callable[..., Any],
        forward_fn: Callable[..., Any],
    ) -> None:
        self.vocab_size, self.num_hiddens = vocab_size, num_hiddens
        self.params = get_params(vocab_size, num_hiddens, device)
        self.init_state, self.forward_fn = init_state, forward_fn

    def __call__(self, X: Tensor, state: Any) -> Any:
        inputs = one_hot(X.T, self.vocab_size).float()
        return self.forward_fn(inputs, state, self.params)

    def begin_state(self, batch_size: int, device: Any) -> Any:
        """Return the state before the first token."""
        return self.init_state(batch_size, self.num_hiddens, device)


class RNNModel(nn.Module):
    """A recurrent layer, such as nn.RNN or nn.LSTM, and a linear one that gives the scores.

    >>> net = RNNModel(nn.GRU(5, 8), vocab_size=5)
    >>> scores, state = net(minigrad.zeros(2, 3, dtype=int64), net.begin_state("cpu", batch_size=2))
    >>> scores.shape, state.shape
    (torch.Size([6, 5]), torch.Size([1, 2, 8]))
    """

    def __init__(self, rnn_layer: Any, vocab_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rnn, self.vocab_size = rnn_layer, vocab_size
        self.num_hiddens = rnn_layer.hidden_size
        self.num_directions = 2 if rnn_layer.bidirectional else 1
        self.linear = nn.Linear(self.num_directions * self.num_hiddens, vocab_size)

    def forward(self, inputs: Tensor, state: Any) -> Any:
        """Return scores (steps * batch, vocabulary), and the new state."""
        Y, state = self.rnn(one_hot(inputs.T.long(), self.vocab_size).float(), state)
        return self.linear(Y.reshape((-1, Y.shape[-1]))), state

    def begin_state(self, device: Any, batch_size: int = 1) -> Any:
        """Return the state before the first token: zeros, two of them for an LSTM."""
        shape = self.num_directions * self.rnn.num_layers, batch_size, self.num_hiddens
        state = minigrad.zeros(shape, device=device)
        return (state, state.clone()) if isinstance(self.rnn, nn.LSTM) else state


def predict_ch8(prefix: str, num_preds: int, net: Any, vocab: Vocab, device: Any) -> str:
    """Return a beginning of a text and the characters that the network thinks come next."""
    state = net.begin_state(batch_size=1, device=device)
    outputs = [vocab[prefix[0]]]

    def last() -> Tensor:
        return minigrad.tensor([outputs[-1]], device=device).reshape((1, 1))

    for character in prefix[1:]:
        _, state = net(last(), state)
        outputs.append(vocab[character])
    for _ in range(num_preds):
        scores, state = net(last(), state)
        outputs.append(int(scores.argmax(dim=1).reshape(1)))
    return "".join(vocab.idx_to_token[i] for i in outputs)


def grad_clipping(net: Any, theta: float) -> None:
    """Shorten the gradients of all parameters together to the length theta, if they are longer.

    >>> w = tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w / 2).sum().backward()
    >>> net = nn.Module()
    >>> net.w = nn.Parameter(w.detach())
    >>> net.w.grad = w.grad
    >>> grad_clipping(net, 1.0)
    >>> net.w.grad
    tensor([0.6000, 0.8000])
    """
    params = net.parameters() if isinstance(net, nn.Module) else net.params
    grads: list[Any] = [p.grad for p in params if p.requires_grad]
    norm = minigrad.sqrt(sum((grad**2).sum() for grad in grads))
    if norm > theta:
        for grad in grads:
            grad *= theta / norm


def train_epoch_ch8(
    net: Any, train_iter: Iterable[Any], loss: Any, updater: Any, device: Any, use_random_iter: bool
) -> tuple[float, float]:
    """Train with all batches once; return the perplexity, and how many tokens a second were read.

    The state goes on from batch to batch, without its history, unless the order is random.
    """
    state: Any = None
    timer, metric = Timer(), Accumulator(2)  # sum of the losses, tokens
    for X, Y in train_iter:
        if state is None or use_random_iter:
            state = net.begin_state(batch_size=X.shape[0], device=device)
        else:
            for part in state if isinstance(state, tuple) else (state,):
                part.detach_()
        y = Y.T.reshape(-1)
        y_hat, state = net(X.to(device), state)
        value = loss(y_hat, y.to(device).long()).mean()
        if isinstance(updater, optim.Optimizer):
            updater.zero_grad()
            value.backward()
            grad_clipping(net, 1)
            updater.step()
        else:
            value.backward()
            grad_clipping(net, 1)
            updater(batch_size=1)  # the loss is a mean already
        metric.add(value.detach() * y.numel(), y.numel())
    return math.exp(metric[0] / metric[1]), metric[1] / timer.stop()


def train_ch8(
    net: Any,
    train_iter: Any,
    vocab: Vocab,
    lr: float,
    num_epochs: int,
    device: Any,
    use_random_iter: bool = False,
) -> None:
    """Train a network that predicts characters; draw the perplexity, and print what it writes."""
    loss = nn.CrossEntropyLoss()
    animator = Animator(
        xlabel="epoch", ylabel="perplexity", legend=["train"], xlim=[10, num_epochs]
    )
    if isinstance(net, nn.Module):
        updater: Any = optim.SGD(net.parameters(), lr)
    else:

        def updater(batch_size: int) -> None:
            sgd(net.params, lr, batch_size)

    for epoch in range(num_epochs):
        ppl, speed = train_epoch_ch8(net, train_iter, loss, updater, device, use_random_iter)
        if (epoch + 1) % 10 == 0:
            print(predict_ch8("time traveller", 50, net, vocab, device))
            animator.add(epoch + 1, [ppl])
    print(f"perplexity {ppl:.1f}, {speed:.1f} tokens/sec on {device}")
    print(predict_ch8("time traveller", 50, net, vocab, device))
    print(predict_ch8("traveller", 50, net, vocab, device))


# -- the second edition --------------------------------------------------------------------------
def check_len(a: Any, n: int) -> None:
    """Assert that a list has n elements.

    >>> check_len([1, 2], 2)
    """
    assert len(a) == n, f"list's length {len(a)} != expected length {n}"


def check_shape(a: Tensor, shape: Any) -> None:
    """Assert that a Tensor has this shape.

    >>> check_shape(ones(2, 3), (2, 3))
    """
    assert a.shape == tuple(shape), f"tensor's shape {a.shape} != expected shape {shape}"


class RNNScratch(Module):
    """A recurrent layer from scratch: inputs are (steps, batch, num_inputs), states a list.

    >>> outputs, state = RNNScratch(4, 8)(minigrad.ones(3, 2, 4))
    >>> len(outputs), outputs[0].shape, state.shape
    (3, torch.Size([2, 8]), torch.Size([2, 8]))
    """

    def __init__(self, num_inputs: int, num_hiddens: int, sigma: float = 0.01) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.num_hiddens = num_hiddens
        self.W_xh = nn.Parameter(minigrad.randn(num_inputs, num_hiddens) * sigma)
        self.W_hh = nn.Parameter(minigrad.randn(num_hiddens, num_hiddens) * sigma)
        self.b_h = nn.Parameter(minigrad.zeros(num_hiddens))

    def forward(self, inputs: Any, state: Any = None) -> Any:
        """Return the state after each step, and the last one."""
        if state is None:
            state = minigrad.zeros((inputs.shape[1], self.num_hiddens))
        elif isinstance(state, tuple):
            (state,) = state
        outputs = []
        for X in inputs:
            state = minigrad.tanh(matmul(X, self.W_xh) + matmul(state, self.W_hh) + self.b_h)
            outputs.append(state)
        return outputs, state


class RNNLMScratch(Classifier):
    """A language model on a recurrent layer: one-hot tokens go in, scores of the next come out.

    X is (batch, steps), scores are (batch, steps, vocabulary). The board shows the perplexity.
    """

    def __init__(self, rnn: Any, vocab_size: int, lr: float = 0.01) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.rnn, self.vocab_size, self.lr = rnn, vocab_size, lr
        self.init_params()

    def init_params(self) -> None:
        """Make the parameters of the output layer."""
        sigma = self.rnn.sigma
        self.W_hq = nn.Parameter(minigrad.randn(self.rnn.num_hiddens, self.vocab_size) * sigma)
        self.b_q = nn.Parameter(minigrad.zeros(self.vocab_size))

    def training_step(self, batch: Any) -> Tensor:
        """Return the loss of a batch, and draw its perplexity."""
        loss = self.loss(self(*batch[:-1]), batch[-1])
        self.plot("ppl", minigrad.exp(loss), train=True)
        return loss

    def validation_step(self, batch: Any) -> None:
        """Draw the perplexity of a batch."""
        loss = self.loss(self(*batch[:-1]), batch[-1])
        self.plot("ppl", minigrad.exp(loss), train=False)

    def one_hot(self, X: Tensor) -> Tensor:
        """Return (steps, batch, vocabulary) of numbers (batch, steps)."""
        return one_hot(X.T, self.vocab_size).float()

    def output_layer(self, rnn_outputs: Any) -> Tensor:
        """Return the scores of the states after each step."""
        return minigrad.stack([matmul(H, self.W_hq) + self.b_q for H in rnn_outputs], 1)

    def forward(self, X: Tensor, state: Any = None) -> Tensor:
        """Return the scores of the token after each."""
        outputs, _ = self.rnn(self.one_hot(X), state)
        return self.output_layer(outputs)

    def predict(self, prefix: str, num_preds: int, vocab: Vocab, device: Any = None) -> str:
        """Return a beginning of a text and the characters that the model thinks come next."""
        state, outputs = None, [vocab[prefix[0]]]
        for i in range(len(prefix) + num_preds - 1):
            X = minigrad.tensor([[outputs[-1]]], device=device)
            hidden, state = self.rnn(self.one_hot(X), state)
            if i < len(prefix) - 1:
                outputs.append(vocab[prefix[i + 1]])
            else:
                outputs.append(int(self.output_layer(hidden).argmax(dim=2).reshape(1)))
        return "".join(vocab.idx_to_token[i] for i in outputs)


class RNN(Module):
    """The library's recurrent layer, as `RNNLM` takes it.

    >>> outputs, state = RNN(4, 8)(minigrad.ones(3, 2, 4))
    >>> outputs.shape, state.shape
    (torch.Size([3, 2, 8]), torch.Size([1, 2, 8]))
    """

    rnn: Any

    def __init__(self, num_inputs: int, num_hiddens: int) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.num_hiddens = num_hiddens
        self.rnn = nn.RNN(num_inputs, num_hiddens)

    def forward(self, inputs: Tensor, H: Any = None) -> Any:
        """Return the states of the last layer after each step, and those after the last step."""
        return self.rnn(inputs, H)


class GRU(RNN):
    """The library's gated recurrent layers, as `RNNLM` takes them.

    >>> GRU(4, 8, num_layers=2)(minigrad.ones(3, 2, 4))[1].shape
    torch.Size([2, 2, 8])
    """

    def __init__(
        self, num_inputs: int, num_hiddens: int, num_layers: int, dropout: float = 0
    ) -> None:
        Module.__init__(self)
        self.save_hyperparameters()
        self.num_hiddens = num_hiddens
        self.rnn = nn.GRU(num_inputs, num_hiddens, num_layers, dropout=dropout)


class RNNLM(RNNLMScratch):
    """A language model on the library's recurrent layers, with a lazy linear layer for the scores.

    >>> RNNLM(RNN(5, 8), vocab_size=5)(minigrad.zeros(2, 3, dtype=int64)).shape
    torch.Size([2, 3, 5])
    """

    def init_params(self) -> None:
        """Make the output layer."""
        self.linear = nn.LazyLinear(self.vocab_size)

    def output_layer(self, rnn_outputs: Any) -> Tensor:
        """Return the scores (batch, steps, vocabulary) of states (steps, batch, hidden units)."""
        return self.linear(rnn_outputs).swapaxes(0, 1)
