"""Networks that read a sequence step by step: RNN, LSTM, GRU, and their cells.

A layer multiplies the whole sequence by its input weights at once; what is left for each step is
the product of the state, and the cell's few formulas.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from .._tensor import Tensor
from ..autograd.engine import Value
from ..creation import empty, zeros
from ..ops.arguments import not_a_tensor
from ..ops.shaping import cat
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

State = tuple  # (h,), or (h, c) of an LSTM
GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


# -- one step --------------------------------------------------------------------------------------
def _rnn_tanh(x: Any, h: Any, state: State) -> State:
    return ((x + h).tanh(),)


def _rnn_relu(x: Any, h: Any, state: State) -> State:
    return ((x + h).relu(),)


def _gru(x: Any, h: Any, state: State) -> State:
    """reset r, update z and new n; the state becomes (1 - z) n + z state (Cho et al. 2014)."""
    (xr, xz, xn), (hr, hz, hn) = x.chunk(3, -1), h.chunk(3, -1)
    r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
    n = (xn + r * hn).tanh()
    return (n + z * (state[0] - n),)


def _lstm(x: Any, h: Any, state: State) -> State:
    """input i, forget f, new g and output o; c = f c + i g, and h = o tanh(c)."""
    i, f, g, o = (x + h).chunk(4, -1)
    c = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


STEPS: Any = {"RNN_TANH": _rnn_tanh, "RNN_RELU": _rnn_relu, "LSTM": _lstm, "GRU": _gru}


# -- one layer in one direction --------------------------------------------------------------------
def _pieces(x: Any, sizes: Sequence[int]) -> list:
    """x cut along dimension 0, in halves of halves: the gradient of each cut has the size of what
    was cut, and few are as large as x.
    """
    if len(sizes) == 1:
        return [x]
    middle = len(sizes) // 2
    at = sum(sizes[:middle])
    return _pieces(x[:at], sizes[:middle]) + _pieces(x[at:], sizes[middle:])


def _read(
    mode: str, x: Any, sizes: Sequence[int], state: State, weights: Sequence[Any], backwards: bool
) -> tuple[Any, State]:
    """All states h, packed as x is, and the last state of each sequence.

    x is packed, (total length, features), with sizes[t] sequences at time t, the longest first.
    """
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    step = STEPS[mode]
    inputs = _pieces(F.linear(x, w_ih, b_ih), sizes)
    times = range(len(sizes))[:: -1 if backwards else 1]
    start, ended = state, []
    state = tuple(s[: sizes[times[0]]] if sizes[times[0]] < len(s) else s for s in state)
    outputs: list[Any] = [None] * len(sizes)
    for t in times:
        now = len(state[0])
        if sizes[t] < now:  # forwards some sequences have ended,
            ended.append(tuple(s[sizes[t] :] for s in state))
            state = tuple(s[: sizes[t]] for s in state)
        elif sizes[t] > now:  # and backwards some begin
            more = (s[now : sizes[t]] for s in start)
            state = tuple(cat([s, m]) for s, m in zip(state, more, strict=True))
        state = step(inputs[t], F.linear(state[0], w_hh, b_hh), state)
        if w_hr is not None:
            state = (F.linear(state[0], w_hr), *state[1:])
        outputs[t] = state[0]
    if ended:
        state = tuple(cat(parts) for parts in zip(state, *reversed(ended), strict=True))
    return cat(outputs), state


# -- networks --------------------------------------------------------------------------------------
class RNNBase(Module):
    """What RNN, LSTM and GRU share: layers one above the other, in one direction or in both."""

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                f"element being zeroed, not {dropout!r}"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={num_layers}",
                stacklevel=3,
            )
        for name, n in (("hidden_size", hidden_size), ("num_layers", num_layers)):
            if not hasattr(n, "__index__"):
                raise TypeError(f"{name} should be of type int, got: {type(n).__name__}")
            if n <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if proj_size < 0 or proj_size >= hidden_size:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections, and "
                f"has to be smaller than hidden_size: {proj_size}"
            )
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout, self.bidirectional, self.proj_size = float(dropout), bidirectional, proj_size
        rows, out = GATES[mode] * hidden_size, proj_size or hidden_size
        for layer in range(num_layers):
            size = input_size if layer == 0 else out * (2 if bidirectional else 1)
            for end in self._ends(layer):
                shapes: dict[str, tuple[int, ...]] = {
                    "weight_ih": (rows, size),
                    "weight_hh": (rows, out),
                }
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    self.register_parameter(name + end, Parameter(empty(shape, dtype=dtype)))
        self.reset_parameters()

    def _ends(self, layer: int) -> list[str]:
        """The ends of a layer's names, for each direction."""
        return [f"_l{layer}"] + [f"_l{layer}_reverse"] * bool(self.bidirectional)

    def _weights(self, end: str) -> list[Any]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        return [getattr(self, name + end, None) for name in names]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        ends = [end for layer in range(self.num_layers) for end in self._ends(layer)]
        return [[w for w in self._weights(end) if w is not None] for end in ends]

    def flatten_parameters(self) -> None:
        """Does nothing: it is there for programs that call it for a GPU's sake."""

    def reset_parameters(self) -> None:
        """Draw all parameters evenly between -1/sqrt(hidden_size) and 1/sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """The state h at each step, and the last state.

        input is (steps, batch, features), (batch, steps, features) with batch_first, (steps,
        features) or a PackedSequence. hx, the state to begin with, is (layers * directions, batch,
        hidden_size), 0 unless given; a pair (h, c) of those for an LSTM.
        """
        packed = isinstance(input, PackedSequence)
        x = input.data if packed else input
        self._check(x, packed)
        order = None
        if packed:
            sizes, order = input.batch_sizes.tolist(), input.sorted_indices
        else:
            if alone := x.ndim == 2:
                x = x.unsqueeze(1)
            elif self.batch_first:
                x = x.transpose(0, 1)
            steps, batch = x.shape[:2]
            sizes = [batch] * steps
            x = x.reshape(steps * batch, x.shape[2])
        state = self._first_state(hx, x, sizes[0] if sizes else 0, not packed and alone)
        if order is not None:
            state = tuple(s[:, order] for s in state)
        y, state = self._layers(x, sizes, state)
        if packed:
            if order is not None:
                state = tuple(s[:, input.unsorted_indices] for s in state)
            return PackedSequence(y, *input[1:]), self._as_given(state)
        y = y.reshape(steps, batch, y.shape[-1])
        if alone:
            return y.squeeze(1), self._as_given(tuple(s.squeeze(1) for s in state))
        return y.transpose(0, 1) if self.batch_first else y, self._as_given(state)

    def _layers(self, x: Any, sizes: Sequence[int], state: State) -> tuple[Any, State]:
        last: list[State] = []
        for layer in range(self.num_layers):
            outputs = []
            for i, end in enumerate(self._ends(layer)):
                at = len(last)
                first = tuple(s[at] for s in state)
                y, end_state = _read(self.mode, x, sizes, first, self._weights(end), i == 1)
                outputs.append(y)
                last.append(end_state)
            x = outputs[0] if len(outputs) == 1 else cat(outputs, -1)
            if self.dropout and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, tuple(cat([s.unsqueeze(0) for s in each]) for each in zip(*last, strict=True))

    def _check(self, x: Any, packed: bool) -> None:
        name = type(self).__name__
        if not isinstance(x, Value):
            raise not_a_tensor(name, x)
        ndim = x._array.ndim
        if not packed and ndim not in (2, 3):
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {ndim}D instead")
        weight = self.weight_ih_l0._array
        if x._array.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype (torch.{x._array.dtype}) does not match weight dtype (torch."
                f"{weight.dtype}). Convert input: input.to(torch.{weight.dtype}), or convert "
                f"model: model.to(torch.{x._array.dtype})"
            )
        if x._array.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{x._array.shape[-1]}"
            )
        if not packed and x._array.shape[1 if self.batch_first and ndim == 3 else 0] == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")

    def _first_state(self, hx: Any, x: Any, batch: int, alone: bool) -> State:
        count = self.num_layers * (2 if self.bidirectional else 1)
        sizes = [self.proj_size or self.hidden_size] + [self.hidden_size] * (self.mode == "LSTM")
        if hx is None:
            return tuple(zeros(count, batch, n, dtype=x.dtype) for n in sizes)
        state = tuple(hx) if self.mode == "LSTM" else (hx,)
        wanted = 2 if alone else 3
        for h in state:
            if h.ndim != wanted:
                raise RuntimeError(
                    f"For {'un' * alone}batched {wanted}-D input, hx should also be {wanted}-D but "
                    f"got {h.ndim}-D tensor"
                )
        if alone:
            state = tuple(h.unsqueeze(1) for h in state)
        for h, n, which in zip(state, sizes, ("hidden", "cell"), strict=False):
            if h.shape != (count, batch, n):
                named = f"hidden[{int(which == 'cell')}]" if self.mode == "LSTM" else "hidden"
                raise RuntimeError(
                    f"Expected {named} size {(count, batch, n)}, got {list(h.shape)}"
                )
        return state

    def _as_given(self, state: State) -> Any:
        return state if self.mode == "LSTM" else state[0]

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the usual ones."""
        text = f"{self.input_size}, {self.hidden_size}"
        for name, usual in (
            ("proj_size", 0), ("num_layers", 1), ("bias", True), ("batch_first", False),
            ("dropout", 0), ("bidirectional", False),
        ):  # fmt: skip
            if getattr(self, name) != usual:
                text += f", {name}={getattr(self, name)}"
        return text


class RNN(RNNBase):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh) at each step (Elman 1990), or with relu.

    >>> output, last = nn.RNN(3, 4)(zeros(5, 2, 3))
    >>> output.shape, last.shape
    (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh",
        bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
        bidirectional: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first,
            dropout, bidirectional, 0, device, dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory: a state c that is changed through gates (Hochreiter 1997).

    With proj_size, h is made smaller by one more product, W_hr h.

    >>> output, (h, c) = nn.LSTM(3, 4, num_layers=2, batch_first=True)(zeros(2, 5, 3))
    >>> output.shape, h.shape, c.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 2, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip


class GRU(RNNBase):
    """Gated recurrent units: h moves towards a new value as far as a gate allows (Cho et al. 2014).

    >>> output, last = nn.GRU(3, 4, bidirectional=True)(zeros(5, 2, 3))
    >>> output.shape, last.shape
    (torch.Size([5, 2, 8]), torch.Size([2, 2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            0, device, dtype,
        )  # fmt: skip


# -- cells -----------------------------------------------------------------------------------------
class RNNCellBase(Module):
    """What the cells share: one step of a network of one layer."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters evenly between -1/sqrt(hidden_size) and 1/sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size else 0.0
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def _step(self, mode: str, input: Any, state: State | None) -> State:
        name = type(self).__name__
        if not isinstance(input, Value):
            raise not_a_tensor(name, input)
        alone = input._array.ndim == 1
        if input._array.ndim not in (1, 2):
            raise ValueError(
                f"{name}: Expected input to be 1D or 2D, got {input._array.ndim}D instead"
            )
        x: Any = input
        if alone:
            x, state = x.unsqueeze(0), state and tuple(s.unsqueeze(0) for s in state)
        if x.shape[1] != self.input_size:
            raise RuntimeError(
                f"input has inconsistent input_size: got {x.shape[1]} expected {self.input_size}"
            )
        shape = (x.shape[0], self.hidden_size)
        if state is None:
            state = (zeros(shape, dtype=x.dtype),) * (2 if mode == "LSTM" else 1)
        for i, h in enumerate(state):
            if h.shape != shape:
                raise RuntimeError(
                    f"Input batch size and hidden{i} do not fit: hidden{i} should be {shape}, but "
                    f"is {tuple(h.shape)}"
                )
        h = F.linear(state[0], self.weight_hh, self.bias_hh)
        state = STEPS[mode](F.linear(x, self.weight_ih, self.bias_ih), h, state)
        return tuple(s.squeeze(0) for s in state) if alone else state

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the usual ones."""
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """One step of an RNN.

    >>> nn.RNNCell(3, 4)(zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state (batch, hidden_size), or (hidden_size,), from an input and a state."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        mode = f"RNN_{self.nonlinearity.upper()}"
        return self._step(mode, input, None if hx is None else (hx,))[0]


class LSTMCell(RNNCellBase):
    """One step of an LSTM.

    >>> h, c = nn.LSTMCell(3, 4)(zeros(2, 3))
    >>> h.shape, c.shape
    (torch.Size([2, 4]), torch.Size([2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The next state (h, c) from an input and a state."""
        h, c = self._step("LSTM", input, hx)
        return h, c


class GRUCell(RNNCellBase):
    """One step of a GRU.

    >>> nn.GRUCell(3, 4)(zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state from an input and a state."""
        return self._step("GRU", input, None if hx is None else (hx,))[0]
