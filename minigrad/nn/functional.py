"""Neural networks as functions: layers, activations and losses, with torch.nn.functional's names.

Almost all of them are written with the operations of ops/ and need no derivative of their own. A
rule stands here where stability or speed asks for one (linear, the cross entropy of labels), or
where NumPy has no such operation (windows over an image). Each fused function has a plain twin,
named ``*_simple``, which it must equal.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, TypeAlias

import numpy as np

from .. import dtypes
from .._tensor import Tensor
from ..autograd import derivatives as d
from ..autograd import derivatives_nn as dn
from ..autograd.changes import mark_changed
from ..autograd.engine import Value, apply, wrap
from ..autograd.errors import tensor_words
from ..ops import elementwise
from ..ops.arguments import floating, not_a_tensor
from ..ops.softmax import log_softmax as log_softmax
from ..ops.softmax import log_softmax_simple as log_softmax_simple
from ..ops.softmax import softmax as softmax
from ..ops.softmax import softmax_simple as softmax_simple
from ..random import Generator, stream

Pair: TypeAlias = "int | tuple[int, int]"


# -- checks --------------------------------------------------------------------------------------
def _pair(value: Any, name: str) -> tuple[int, int]:
    """The two numbers, for height and width, of a setting given as one int or as two."""
    both = (value, value) if not isinstance(value, (tuple, list)) else tuple(value)
    if len(both) == 1:
        both *= 2
    if len(both) != 2 or not all(hasattr(n, "__index__") for n in both):
        raise TypeError(f"{name} must be an int or two ints (height, width), not {value!r}")
    return int(both[0]), int(both[1])


# -- linear --------------------------------------------------------------------------------------
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias, for an input (..., in), a weight (out, in) and a bias (out,).

    >>> nn.functional.linear(tensor([1., 2.]), tensor([[1., 1.], [0., 1.]]), tensor([0., 10.]))
    tensor([ 3., 12.])
    """
    try:
        x, w = input._array, weight._array
    except AttributeError:
        raise not_a_tensor("linear", weight if isinstance(input, Value) else input) from None
    if w.ndim != 2 or not x.ndim:
        y = input @ weight
        return y if bias is None else y + bias
    if x.dtype != w.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {x.dtype} != {w.dtype} "
            f"(linear was given {tensor_words(input)} and weight {tensor_words(weight)})"
        )
    if x.shape[-1] != w.shape[1]:
        found = f"{math.prod(x.shape[:-1])}x{x.shape[-1]} and {w.shape[1]}x{w.shape[0]}"
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({found}): linear was given "
            f"{tensor_words(input)} for {w.shape[1]} input features; the last dimension must have "
            "that size"
        )
    if x.ndim != 2:
        rows = input.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        return linear(rows, weight, bias).reshape(*x.shape[:-1], w.shape[0])
    return apply(dn.linear, (input, weight) if bias is None else (input, weight, bias))


def linear_simple(input: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The plain form of linear.

    >>> nn.functional.linear_simple(tensor([[1., 2.]]), tensor([[1., 1.]]), tensor([0.5]))
    tensor([[3.5000]])
    """
    return input @ weight.T + bias


# -- activations ---------------------------------------------------------------------------------
def _activation(fn: Any, input: Tensor, inplace: bool) -> Tensor:
    return input._in_place(fn) if inplace else fn(input)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """The larger of input and 0; its gradient at 0 is 0.

    >>> nn.functional.relu(tensor([-1., 2.]))
    tensor([0., 2.])
    """
    if isinstance(input, Value) and input._array.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu; convert with t.float()")
    return _activation(elementwise.relu, input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is positive, negative_slope * input elsewhere.

    >>> nn.functional.leaky_relu(tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    floating(input, "leaky_relu", "leaky_relu_cpu")
    return _activation(lambda x: elementwise.where(x > 0, x, x * negative_slope), input, inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, alpha * (exp(input) - 1) elsewhere (Clevert et al. 2015).

    >>> nn.functional.elu(tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    floating(input, "elu", "elu_cpu")

    def compute(x: Tensor) -> Tensor:  # clamped, for 0 * inf would be nan in the gradient
        return elementwise.where(x > 0, x, x.clamp(max=0).expm1() * alpha)

    return _activation(compute, input, inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """input * Phi(input), with Phi the distribution of the normal law (Hendrycks and Gimpel 2016).

    approximate="tanh" takes their formula with tanh instead of the error function.

    >>> nn.functional.gelu(tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """
    floating(input, "gelu", "GeluKernelImpl")
    if approximate == "none":
        return input * 0.5 * (1 + d.erf(input * math.sqrt(0.5)))
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input)
        return 0.5 * input * (1 + inner.tanh())
    raise RuntimeError(f"approximate argument must be either none or tanh, not {approximate!r}")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input), also called swish.

    >>> nn.functional.silu(tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """
    floating(input, "silu", "silu_cpu")
    return _activation(lambda x: x * x.sigmoid(), input, inplace)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta * input)) / beta, and input itself where beta * input is above threshold.

    >>> nn.functional.softplus(tensor([0., 30.]))
    tensor([ 0.6931, 30.0000])
    """
    floating(input, "softplus", "softplus_cpu")
    scaled = input * beta
    return elementwise.where(scaled > threshold, input, scaled.logaddexp(0) / beta)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)).

    >>> nn.functional.sigmoid(tensor([0., 2.]))
    tensor([0.5000, 0.8808])
    """
    return elementwise.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.

    >>> nn.functional.tanh(tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """
    return elementwise.tanh(input)


# -- dropout and look-up -------------------------------------------------------------------------
def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Each element set to 0 with probability p, and the others divided by 1 - p (Srivastava 2014).

    With training=False it does nothing. p outside [0, 1] is a ValueError.

    >>> nn.functional.dropout(tensor([1., 2.]), 0.5, training=False)
    tensor([1., 2.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    array = input._array
    if array.dtype.kind != "f":
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type of {tensor_words(input)}; "
            "dropout needs a floating point tensor"
        )
    kept = stream(generator).random(array.shape, np.float32) >= p
    factor = wrap(kept.astype(array.dtype) * (1 / (1 - p) if p < 1 else 0))
    return _activation(lambda x: x * factor, input, inplace)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Each label as a row of zeros with a 1 at the label: int64, of one dimension more.

    num_classes=-1 means one more than the largest label.

    >>> nn.functional.one_hot(tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if not isinstance(tensor, Value):
        raise not_a_tensor("one_hot", tensor)
    labels = tensor._array
    if labels.dtype != np.int64:
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor, not "
            f"{tensor_words(tensor)}; use t.long()"
        )
    if not labels.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if labels.size and labels.min() < 0:
        raise RuntimeError(f"Class values must be non-negative, and {labels.min()} is among them.")
    n = int(labels.max()) + 1 if num_classes == -1 else num_classes
    if labels.size and labels.max() >= n:
        raise RuntimeError(
            f"Class values must be smaller than num_classes: {labels.max()} >= {num_classes}."
        )
    return wrap((labels[..., None] == np.arange(n)).astype(np.int64))


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of weight that input names: shape (*input.shape, weight.shape[1]).

    The row padding_idx gets no gradient. With max_norm, the rows used are first scaled in place so
    that their norm does not exceed it. scale_grad_by_freq divides a row's gradient by how often
    input names it. sparse is accepted for torch's sake; gradients here are dense.

    >>> nn.functional.embedding(tensor([1, 0, 1]), tensor([[1., 2.], [3., 4.]]))
    tensor([[3., 4.],
            [1., 2.],
            [3., 4.]])
    """
    if not isinstance(input, Value) or input._array.dtype not in (np.int64, np.int32):
        found = f"torch.{dtypes.TENSOR_NAMES[input.dtype]}" if isinstance(input, Value) else input
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {found} instead (while checking arguments for embedding)"
        )
    index, rows = input._array, weight._array.shape[0]
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise AssertionError(
                f"Padding_idx must be within num_embeddings: {padding_idx} with {rows} rows"
            )
        padding_idx %= rows
    if index.size and (index.min() < 0 or index.max() >= rows):
        bad = index[(index < 0) | (index >= rows)].flat[0]
        raise IndexError(
            f"index out of range in self: {bad} is not a row of weight {tensor_words(weight)}"
        )
    if max_norm is not None:
        _limit_rows(weight, np.unique(index), max_norm, norm_type)
    y = weight[input]
    if padding_idx is not None:
        y = elementwise.where(wrap((index == padding_idx)[..., None]), y.detach(), y)
    if scale_grad_by_freq:
        counts = np.bincount(index.reshape(-1), minlength=rows)[index][..., None]
        share = y / wrap(counts.astype(weight._array.dtype))
        y = share + (y - share).detach()
    return y


def _limit_rows(weight: Tensor, used: np.ndarray, max_norm: float, norm_type: float) -> None:
    rows = weight._array[used]
    norms = np.linalg.norm(rows, norm_type, axis=1, keepdims=True)
    factor = np.where(norms > max_norm, max_norm / (norms + 1e-7), 1)
    weight._array[used] = rows * factor.astype(rows.dtype)
    mark_changed(weight._array)


# -- padding -------------------------------------------------------------------------------------
def pad(
    input: Tensor, pad: tuple[int, ...], mode: str = "constant", value: float | None = None
) -> Tensor:
    """input made larger at the ends of its last dimensions, or smaller where a number is negative.

    pad is (left, right) of the last dimension, then of the one before, and so on. mode is
    "constant" (value, 0 if not given), "reflect", "replicate" or "circular"; these three leave the
    batch alone.

    >>> nn.functional.pad(tensor([[1., 2.]]), (1, 0, 0, 1), value=9)
    tensor([[9., 1., 2.],
            [9., 9., 9.]])
    """
    if not isinstance(input, Value):
        raise not_a_tensor("pad", input)
    shape, ndim = input._array.shape, input._array.ndim
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, and {tuple(pad)} is not")
    if len(pad) > 2 * ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {ndim}"
        )
    ends = {ndim - 1 - i: (pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)}
    for axis, (left, right) in ends.items():
        if shape[axis] + left + right < 0:
            raise RuntimeError(
                f"narrow(): length must be non-negative: padding ({left}, {right}) leaves "
                f"{shape[axis] + left + right} elements of dimension {axis} of {list(shape)}"
            )
    if mode == "constant":
        return _pad_constant(input, ends, 0 if value is None else value)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if ndim - len(ends) not in (1, 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {ndim}D input tensor: {mode!r} pads "
            "all dimensions but the first (channels), or the first two (batch and channels)"
        )
    for axis, (left, right) in ends.items():
        index = _positions_beyond(shape, axis, left, right, mode)
        input = input[(slice(None),) * axis + (index,)]
    return input


def _pad_constant(input: Tensor, ends: dict[int, tuple[int, int]], value: float) -> Tensor:
    shape = input._array.shape
    cut = [slice(None)] * len(shape)  # what is left of the input
    inside = [slice(None)] * len(shape)  # and where it stands in the result
    size = list(shape)
    for axis, (left, right) in ends.items():
        cut[axis] = slice(max(-left, 0), shape[axis] - max(-right, 0))
        size[axis] += left + right
        inside[axis] = slice(max(left, 0), size[axis] - max(right, 0))
    y = d.put(input[tuple(cut)], index=tuple(inside), shape=tuple(size))
    if value == 0:
        return y
    frame = np.full(size, value).astype(input._array.dtype)
    frame[tuple(inside)] = 0
    return y + wrap(frame)


def _positions_beyond(shape: tuple, axis: int, left: int, right: int, mode: str) -> np.ndarray:
    """Where along an axis of n elements the padded one finds each of its own."""
    n = shape[axis]
    at = np.arange(-left, n + right)
    if mode == "replicate":
        return at.clip(0, n - 1)
    if mode == "circular":
        if max(left, right) > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        return at % n
    if max(left, right) >= n:
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but "
            f"got: padding ({left}, {right}) at dimension {axis} of input {list(shape)}"
        )
    return n - 1 - np.abs(n - 1 - np.abs(at))


# -- windows over images -------------------------------------------------------------------------


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    """The cross-correlation of images with a bank of filters.

    Images (N, C, H, W) or (C, H, W), weight (O, C / groups, kernel height, kernel width), bias
    (O,). padding may be "same" (with stride 1) or "valid".

    >>> X = arange(9.).reshape(1, 1, 3, 3)
    >>> nn.functional.conv2d(X, tensor([[[[0., 1.], [2., 3.]]]]))
    tensor([[[[19., 25.],
              [37., 43.]]]])
    """
    if not isinstance(input, Value) or not isinstance(weight, Value):
        raise not_a_tensor("conv2d", weight if isinstance(input, Value) else input)
    x, w = input._array, weight._array
    if x.ndim not in (3, 4):
        raise RuntimeError(
            "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: "
            f"{list(x.shape)}"
        )
    if x.ndim == 3:
        batch = input.unsqueeze(0)
        return conv2d(batch, weight, bias, stride, padding, dilation, groups).squeeze(0)
    strides, dilations = _pair(stride, "stride"), _pair(dilation, "dilation")
    if min(strides) <= 0 or min(dilations) <= 0:
        which = "stride" if min(strides) <= 0 else "dilation"
        raise RuntimeError(f"non-positive {which} is not supported: {(stride, dilation)}")
    _check_filters(input, weight, bias, groups)
    ends = _conv_padding(padding, w.shape[2:], strides, dilations)
    padded = (x.shape[2] + sum(ends[2:]), x.shape[3] + sum(ends[:2]))
    spans = [d * (k - 1) + 1 for d, k in zip(dilations, w.shape[2:], strict=True)]
    if padded[0] < spans[0] or padded[1] < spans[1]:
        raise RuntimeError(
            f"Calculated padded input size per channel: ({padded[0]} x {padded[1]}). Kernel size: "
            f"({spans[0]} x {spans[1]}). Kernel size can't be greater than actual input size"
        )
    if any(ends):
        input = pad(input, ends)
    cut = apply(
        dn.windows, (input,), {"size": w.shape[2:], "stride": strides, "dilation": dilations}
    )
    n, filters, (height, width) = x.shape[0], w.shape[0], cut._array.shape[-2:]
    depth = math.prod(w.shape[1:])
    if groups == 1:
        y = weight.reshape(filters, depth) @ cut.reshape(n, depth, height * width)
    else:
        columns = cut.reshape(n, groups, depth, height * width)
        y = weight.reshape(groups, filters // groups, depth) @ columns
    y = y.reshape(n, filters, height, width)
    return y if bias is None else y + bias.reshape(filters, 1, 1)


def _check_filters(input: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    x, w = input._array, weight._array
    if w.ndim != 4:
        raise RuntimeError(
            f"expected the weight of conv2d to have 4 dimensions (out channels, in channels / "
            f"groups, height, width), but got {tensor_words(weight)}"
        )
    if groups <= 0 or w.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size {list(w.shape)} instead"
        )
    if x.shape[1] != w.shape[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(w.shape)}, expected "
            f"input{list(x.shape)} to have {w.shape[1] * groups} channels, but got {x.shape[1]} "
            "channels instead"
        )
    if bias is not None and bias._array.shape != w.shape[:1]:
        raise RuntimeError(
            f"Given weight of size {list(w.shape)}, expected bias to be 1-dimensional with "
            f"{w.shape[0]} elements, but got bias of size {list(bias._array.shape)} instead"
        )
    for name, other in (("weight", weight), ("bias", bias)):
        if other is not None and other._array.dtype != x.dtype:
            words = [
                dtypes.TENSOR_NAMES[t._array.dtype].removesuffix("Tensor") for t in (input, other)
            ]
            raise RuntimeError(
                f"expected scalar type {words[0]} but found {words[1]}: input and {name} of conv2d "
                "must have one dtype"
            )


def _conv_padding(padding: Any, size: Any, stride: Any, dilation: Any) -> tuple[int, ...]:
    """The (left, right, top, bottom) that pad() understands."""
    if not isinstance(padding, str):
        top, left = _pair(padding, "padding")
        if min(top, left) < 0:
            raise RuntimeError(f"negative padding is not supported: {padding}")
        return left, left, top, top
    if padding == "valid":
        return 0, 0, 0, 0
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: {padding!r}; use 'same' or 'valid'")
    if stride != (1, 1):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    down, across = (d * (k - 1) for k, d in zip(size, dilation, strict=True))
    return across // 2, across - across // 2, down // 2, down - down // 2


class _Pooling:
    """The geometry of pooling: settings as pairs, checked, and the size of the result."""

    def __init__(
        self, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
    ) -> None:
        if not isinstance(input, Value):
            raise not_a_tensor("pool2d", input)
        if input._array.ndim not in (3, 4) or 0 in input._array.shape[-3:]:
            raise RuntimeError(
                "non-empty 3D or 4D (batch mode) tensor expected for input, but got "
                f"{tensor_words(input)}"
            )
        self.size = _pair(kernel_size, "kernel_size")
        given = stride is not None and stride != ()
        self.stride = _pair(stride, "stride") if given else self.size
        self.padding, self.dilation = _pair(padding, "padding"), _pair(dilation, "dilation")
        if min(self.stride) <= 0 or min(self.size) <= 0 or min(self.dilation) <= 0:
            raise RuntimeError(
                "stride should not be zero, and kernel size and dilation should be greater than "
                f"zero: kernel_size={kernel_size}, stride={stride}, dilation={dilation}"
            )
        out, ends = [], []
        *_, channels, height, width = input._array.shape
        for n, k, s, p, step in zip(
            (height, width), self.size, self.stride, self.padding, self.dilation, strict=True
        ):
            span = step * (k - 1) + 1
            if p < 0 or p > span // 2:
                raise RuntimeError(
                    "pad should be at most half of effective kernel size, but got "
                    f"pad={p}, kernel_size={k} and dilation={step}"
                )
            count = (n + 2 * p - span + (s - 1 if ceil else 0)) // s + 1
            if ceil and (count - 1) * s >= n + p:
                count -= 1  # the last window must begin inside the image or the padding before it
            out.append(count)
            ends.append((p, (count - 1) * s + span - n - p))
        self.out = (out[0], out[1])
        if min(out) < 1:
            raise RuntimeError(
                f"Given input size: ({channels}x{height}x{width}). Calculated output size: "
                f"({channels}x{max(out[0], 0)}x{max(out[1], 0)}). Output size is too small"
            )
        self.ends = (*ends[1], *ends[0])  # as pad() takes them

    def windows(self, input: Any) -> Any:
        """The windows over padded images, (N, C, rows, columns, windows down, across)."""
        return dn.windows(input, size=self.size, stride=self.stride, dilation=self.dilation)


def max_pool2d(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window over images (N, C, H, W) or (C, H, W).

    stride is the kernel's size unless given. Of equal elements the first gets the gradient. With
    return_indices, also where it stands in its image, counted row by row.

    >>> nn.functional.max_pool2d(arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    how = _Pooling(input, kernel_size, stride, padding, dilation, ceil_mode)
    x = input._array[None] if input._array.ndim == 3 else input._array
    lowest = -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    padded = x
    if any(how.ends):
        padded = pad(wrap(x), how.ends, value=lowest)._array
    n, c, height, width = x.shape
    cut = how.windows(padded).reshape(n, c, math.prod(how.size), *how.out)
    row, column = np.divmod(cut.argmax(2), how.size[1])
    row = row * how.dilation[0] + np.arange(how.out[0])[:, None] * how.stride[0] - how.padding[0]
    column = column * how.dilation[1] + np.arange(how.out[1]) * how.stride[1] - how.padding[1]
    row, column = row.clip(0, height - 1), column.clip(0, width - 1)  # where all are -inf
    inside = row * width + column
    images = np.arange(n * c).reshape(n, c, 1, 1) * (height * width)
    shape = (*input._array.shape[:-2], *how.out)
    y = input.reshape(-1)[wrap((images + inside).reshape(-1))].reshape(shape)
    return (y, wrap(inside.reshape(shape))) if return_indices else y


def avg_pool2d(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window over images (N, C, H, W) or (C, H, W).

    stride is the kernel's size unless given. The sum is divided by the number of elements in the
    window, padding included unless count_include_pad=False, or by divisor_override.

    >>> nn.functional.avg_pool2d(arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    how = _Pooling(input, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if input._array.ndim == 3:
        batch = input.unsqueeze(0)
        return avg_pool2d(
            batch, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        ).squeeze(0)
    total = how.windows(pad(input, how.ends) if any(how.ends) else input).sum((2, 3))
    divisor: Any = divisor_override or math.prod(how.size)
    if divisor_override is None and any(how.ends) and (ceil_mode or not count_include_pad):
        divisor = _window_sizes(how, input._array.shape[2:], count_include_pad)
        divisor = wrap(divisor.astype(total._array.dtype))
    if input._array.dtype.kind != "f":
        return total.div(divisor, rounding_mode="trunc").to(input._array.dtype)
    return total / divisor


def _window_sizes(how: _Pooling, shape: tuple, with_padding: bool) -> np.ndarray:
    """How many elements of the image, or of the image and its padding, each window covers."""
    ones = np.ones((1, 1, *shape))
    (left, right, top, bottom), (p, q) = how.ends, how.padding
    if with_padding:
        ones = np.pad(ones, ((0, 0), (0, 0), (p, p), (q, q)), constant_values=1)
        left, right, top, bottom = 0, right - q, 0, bottom - p
    return how.windows(pad(wrap(ones), (left, right, top, bottom)))._array.sum((2, 3))


# -- normalisation -------------------------------------------------------------------------------
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Each channel (dimension 1) of input at mean 0 and variance 1, times weight plus bias.

    While training the mean and variance are those of the batch, and the running ones move towards
    them by momentum, in place; else the running ones are used (Ioffe and Szegedy 2015).

    >>> nn.functional.batch_norm(tensor([[1.], [3.]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    floating(input, "batch_norm", "batch_norm")
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError(f"batch_norm needs input (N, C, ...), but got {tensor_words(input)}")
    channels = shape[1]
    given = {"running_mean": running_mean, "running_var": running_var}
    for name, t in {**given, "weight": weight, "bias": bias}.items():
        if t is not None and t._array.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {t._array.size}")
    as_channel = (1, channels) + (1,) * (len(shape) - 2)
    if training:
        count = input._array.size // max(channels, 1)
        if count == 1:
            raise ValueError(
                "Expected more than 1 value per channel when training, got input size "
                f"{input.shape}"
            )
        axes = (0, *range(2, len(shape)))
        mean = input.mean(axes, keepdim=True)
        centred = input - mean
        var = (centred * centred).mean(axes, keepdim=True)
        for running, now, scale in (
            (running_mean, mean, 1),
            (running_var, var, count / max(count - 1, 1)),
        ):
            if running is not None:
                array = running._array
                array += momentum * (now._array.reshape(channels) * scale - array)
                mark_changed(array)
    else:
        if running_mean is None or running_var is None:
            missing = next(name for name, t in given.items() if t is None)
            raise RuntimeError(f"{missing} must be defined in evaluation mode")
        centred, var = input - running_mean.reshape(as_channel), running_var.reshape(as_channel)
    y = centred * (var + eps).rsqrt()
    if weight is not None:
        y = y * weight.reshape(as_channel)
    return y if bias is None else y + bias.reshape(as_channel)


def layer_norm(
    input: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """input at mean 0 and variance 1 over its last dimensions, times weight plus bias.

    From Ba, Kiros and Hinton 2016.

    normalized_shape names the sizes of these dimensions, and is the shape of weight and bias.

    >>> nn.functional.layer_norm(tensor([[1., 3.]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            "layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}"
        )
    floating(input, "layer_norm", "LayerNormKernelImpl")
    sizes, shape = tuple(normalized_shape), input._array.shape
    if not sizes or shape[-len(sizes) :] != sizes:
        wanted = ", ".join(["*", *map(str, sizes)])
        raise RuntimeError(
            f"Given normalized_shape={list(sizes)}, expected input with shape [{wanted}], but got "
            f"input of size{list(shape)}"
        )
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t._array.shape != sizes:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(t._array.shape)} and normalized_shape = {list(sizes)}"
            )
    axes = tuple(range(-len(sizes), 0))
    centred = input - input.mean(axes, keepdim=True)
    y = centred * ((centred * centred).mean(axes, keepdim=True) + eps).rsqrt()
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias


def normalize(
    input: Tensor, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12
) -> Tensor:
    """input divided by its p-norm along dim, or by eps where that is smaller.

    >>> nn.functional.normalize(tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    if isinstance(input, Value) and input._array.dtype.kind != "f":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{tensor_words(input)}; use t.float()"
        )
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-08) -> Tensor:
    """The cosine of the angle between two tensors along dim, broadcast; norms at least eps.

    >>> nn.functional.cosine_similarity(tensor([[1., 0.]]), tensor([[1., 1.]]))
    tensor([0.7071])
    """
    for t in (x1, x2):
        if not isinstance(t, Value):
            raise not_a_tensor("cosine_similarity", t)
    if dtypes.promote_types(x1._array.dtype, x2._array.dtype).kind != "f":
        raise RuntimeError(
            "expected common dtype to be floating point, yet common dtype is that of "
            f"{tensor_words(x1)} and {tensor_words(x2)}"
        )
    product = x1 * x2
    lengths = [t.expand(product.shape).norm(2, dim, keepdim=True).clamp(min=eps) for t in (x1, x2)]
    return (product / lengths[0] / lengths[1]).sum(dim)


# -- losses --------------------------------------------------------------------------------------
def _mode(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction asked for, also in torch's older words."""
    if size_average is not None or reduce is not None:
        mean = size_average is None or size_average
        reduction = "none" if reduce is False else "mean" if mean else "sum"
        warnings.warn(
            "size_average and reduce args will be deprecated, please use "
            f"reduction={reduction!r} instead.",
            stacklevel=3,
        )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(
            f"{reduction} is not a valid value for reduction; use 'none', 'mean' or 'sum'"
        )
    return reduction


def _reduce(loss: Tensor, reduction: str) -> Tensor:
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def _difference(input: Tensor, target: Tensor, weight: Tensor | None, name: str) -> Tensor:
    """input - target, with torch's warning where one of them is repeated to fit the other."""
    for t in (input, target):
        if not isinstance(t, Value):
            raise not_a_tensor(name, t)
    if input._array.shape != target._array.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )
    if weight is not None and weight._array.shape != input._array.shape:
        raise ValueError(
            f"Weights and input must have the same size: {weight.shape} and {input.shape}"
        )
    return input - target


def _weighted(loss: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    if weight is None or reduction != "mean":
        return _reduce(loss if weight is None else loss * weight, reduction)
    return (loss * weight).sum() / weight.sum()


def mse_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The squared differences (input - target) ** 2, their mean or their sum; with no 1/2.

    With weight, the mean is sum(weight * loss) / sum(weight). Sizes that differ are broadcast, with
    a warning.

    >>> nn.functional.mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    reduction = _mode(reduction, size_average, reduce)
    apart = _difference(input, target, weight, "mse_loss")
    floating(apart, "mse_loss", "mse_cpu")
    return _weighted(apart.square(), weight, reduction)


def l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The absolute differences |input - target|, their mean or their sum; the slope at 0 is 0.

    >>> nn.functional.l1_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(1.)
    """
    reduction = _mode(reduction, size_average, reduce)
    return _weighted(_difference(input, target, weight, "l1_loss").abs(), weight, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """With d = |input - target|: d ** 2 / (2 beta) where d < beta, and d - beta / 2 beyond.

    >>> nn.functional.smooth_l1_loss(tensor([0.5, 3.]), tensor([0., 0.]), reduction="none")
    tensor([0.1250, 2.5000])
    """
    reduction = _mode(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError(
            f"smooth_l1_loss does not support negative values for beta, such as {beta}."
        )
    apart = _difference(input, target, None, "smooth_l1_loss")
    if beta == 0:
        return _reduce(apart.abs(), reduction)
    floating(apart, "smooth_l1_loss", "smooth_l1_cpu")
    size = apart.abs()
    near = apart.square() * (0.5 / beta)
    return _reduce(elementwise.where(size < beta, near, size - 0.5 * beta), reduction)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """With d = |input - target|: d ** 2 / 2 where d < delta, and delta * (d - delta / 2) beyond.

    It is delta times smooth_l1_loss(beta=delta). The mean divides by the number of elements also
    when there is a weight.

    >>> nn.functional.huber_loss(tensor([0.5, 3.]), tensor([0., 0.]), reduction="none", delta=2.)
    tensor([0.1250, 4.0000])
    """
    _mode(reduction)
    if delta <= 0:
        raise RuntimeError(
            f"huber_loss does not support non-positive values for delta, such as {delta}."
        )
    apart = _difference(input, target, weight, "huber_loss")
    floating(apart, "huber_loss", "huber_cpu")
    size = apart.abs()
    far = delta * (size - 0.5 * delta)
    loss = elementwise.where(size < delta, 0.5 * apart.square(), far)
    return _reduce(loss if weight is None else loss * weight, reduction)


# -- losses of classes ---------------------------------------------------------------------------
def softmax_cross_entropy(logits: Tensor, target: Any) -> Tensor:
    """The cross entropy of each row of logits (n, classes) with its label, an int64 array (n,).

    The labels must be in range. cross_entropy checks them and calls this.

    >>> nn.functional.softmax_cross_entropy(tensor([[0., 0.], [9., 0.]]), np.array([1, 0]))
    tensor([6.9315e-01, 1.2337e-04])
    """
    return apply(dn.softmax_cross_entropy, (logits, target), {"note": {}})


def cross_entropy_simple(logits: Tensor, target: Any) -> Tensor:
    """The plain form of softmax_cross_entropy, which overflows: the lecture's formula.

    >>> nn.functional.cross_entropy_simple(tensor([[0., 0.]]), np.array([1]))
    tensor([0.6931])
    """
    return -softmax_simple(logits, 1)[range(len(logits)), target].log()


def _labels(input: Tensor, target: Any, name: str) -> np.ndarray:
    """The class indices in one dimension, as int64; torch's errors where a target does not fit."""
    if not isinstance(target, Value):
        raise not_a_tensor(name, target)
    labels, shape = target._array, input._array.shape
    if len(shape) == 0:
        raise RuntimeError(f"{name}() needs an input of one dimension at least, (classes,)")
    if len(shape) <= 2 and labels.ndim > 1:
        raise RuntimeError(
            "0D or 1D target tensor expected, multi-target not supported: the target is "
            f"{tensor_words(target)} for an input {tensor_words(input)}"
        )
    wanted = (shape[0], *shape[2:]) if len(shape) > 1 else ()
    if labels.shape == wanted and labels.ndim == 1 and labels.dtype == dtypes.int64:
        return labels  # by far most often
    if labels.shape[:1] != wanted[:1]:
        found = labels.shape[0] if labels.ndim else 1
        if wanted or found != 1:
            raise ValueError(
                f"Expected input batch_size ({shape[0] if wanted else 1}) to match target "
                f"batch_size ({found})."
            )
    elif labels.shape != wanted:
        raise RuntimeError(f"Expected target size {list(wanted)}, got {list(labels.shape)}")
    if labels.dtype == np.uint8:
        labels = labels.astype(np.int64)
    if labels.dtype != np.int64:
        short = dtypes.TENSOR_NAMES[labels.dtype].removesuffix("Tensor")
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {short}: class indices are int64; "
            "use t.long()"
        )
    return labels if labels.ndim == 1 else labels.reshape(-1)


def _in_range(
    labels: np.ndarray, classes: int, ignore_index: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """The labels with 0 for those to ignore, and which ones count (None: all of them)."""
    none_ignored = not 0 <= ignore_index < classes
    if none_ignored and (not labels.size or np.maximum.reduce(labels.view(np.uint64)) < classes):
        return labels, None  # a negative label is a huge one when read as unsigned
    counts = labels != ignore_index
    labels = np.where(counts, labels, 0)
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        raise IndexError(
            f"Target {labels[wrong][0]} is out of bounds. Labels are 0 to {classes - 1} for "
            f"{classes} classes, or ignore_index={ignore_index}"
        )
    return labels, counts


def _as_rows(input: Tensor, count: int) -> Tensor:
    """(N, C, d1, ...) or (C,) as a row of classes for each label."""
    if input._array.ndim > 2:
        input = input.movedim(1, -1)
    return input.reshape(count, input._array.shape[-1])


def _class_weights(input: Tensor, weight: Tensor | None) -> None:
    shape = input._array.shape
    classes = shape[1] if len(shape) > 1 else shape[0]
    if weight is not None and weight._array.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but "
            f"got weight tensor of shape: {list(weight._array.shape)}"
        )


def _over_labels(
    loss: Tensor, shares: Tensor | None, counts: np.ndarray | None, reduction: str, shape: tuple
) -> Tensor:
    """Reduce losses, one per label; shares are the weights of the labels' classes."""
    if counts is not None:
        loss = elementwise.where(wrap(counts), loss, 0)
        if shares is not None:
            shares = elementwise.where(wrap(counts), shares, 0)
    if reduction == "none":
        return loss if len(shape) == 1 else loss.reshape(shape)
    if reduction == "sum":
        return loss.sum()
    if shares is not None:
        return loss.sum() / shares.sum()
    if counts is not None:
        return loss.sum() / (int(np.count_nonzero(counts)) or math.nan)
    return loss.mean()


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-probability of each label: input (N, C, ...) from log_softmax, target (N, ...).

    weight (C,) counts classes differently, and the mean is then that of the weights. Labels equal
    to ignore_index count for nothing; any other label out of range is an IndexError.

    >>> nn.functional.nll_loss(tensor([[0.1, 0.9], [0.5, 0.5]]).log(), tensor([1, 0]))
    tensor(0.3993)
    """
    reduction = _mode(reduction, size_average, reduce)
    floating(input, "nll_loss", "nll_loss_out_frame")
    labels = _labels(input, target, "nll_loss")
    _class_weights(input, weight)
    rows = input if input._array.ndim == 2 else _as_rows(input, labels.size)
    labels, counts = _in_range(labels, rows._array.shape[1], ignore_index)
    index = wrap(labels)
    loss = -rows[wrap(np.arange(labels.size)), index]
    shares = None if weight is None else weight[index]
    if shares is not None:
        loss = loss * shares
    return _over_labels(loss, shares, counts, reduction, target._array.shape)


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """The cross entropy of softmax(input) with the target; input holds logits, not probabilities.

    input is (C,) or (N, C, d1, ...). target holds class indices, () or (N, d1, ...) in int64 or
    uint8, or class probabilities in the shape of input. weight (C,) counts classes differently.
    Labels equal to ignore_index count for nothing; any other label out of range is an IndexError.

    >>> nn.functional.cross_entropy(tensor([[0., 0., 0.], [0., 9., 0.]]), tensor([2, 1]))
    tensor(0.5494)
    """
    reduction = _mode(reduction, size_average, reduce)
    floating(input, "cross_entropy", "log_softmax_lastdim_kernel_impl")
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if weight is not None:
        _class_weights(input, weight)
    if isinstance(target, Value) and target._array.shape == input._array.shape:
        return _soft_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    labels = _labels(input, target, "cross_entropy")
    rows = input if input._array.ndim == 2 else _as_rows(input, labels.size)
    classes = rows._array.shape[1]
    labels, counts = _in_range(labels, classes, ignore_index)
    loss = apply(dn.softmax_cross_entropy, (rows, labels), {"note": {}})
    shares = None if weight is None else weight[wrap(labels)]
    if shares is not None:
        loss = loss * shares
    if label_smoothing:
        each = log_softmax(rows, 1)
        spread = -(each if weight is None else each * weight).sum(1)
        loss = (1 - label_smoothing) * loss + label_smoothing / classes * spread
    return _over_labels(loss, shares, counts, reduction, target._array.shape)


def _soft_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str,
    label_smoothing: float,
) -> Tensor:  # fmt: skip
    """The cross entropy with class probabilities."""
    if target._array.dtype.kind != "f":
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{tensor_words(target)}: a target in the shape of input holds probabilities, class "
            "indices have no dimension of classes"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    shape = input._array.shape
    axis = min(len(shape) - 1, 1)
    classes = shape[axis] if shape else 1
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    loss = log_softmax(input, axis) * target
    if weight is not None:
        loss = loss * weight.reshape((classes,) + (1,) * (len(shape) - 1 - axis))
    loss = -loss.sum(axis)
    if reduction == "mean":
        return loss.sum() / (math.prod(loss._array.shape) or math.nan)
    return _reduce(loss, reduction)


# -- losses of probabilities ---------------------------------------------------------------------
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """-(target * log(input) + (1 - target) * log(1 - input)), with logarithms not below -100.

    input holds probabilities, 0 to 1 (a RuntimeError else); target has its shape and dtype.

    >>> nn.functional.binary_cross_entropy(tensor([0., 0.5]), tensor([1., 1.]), reduction="none")
    tensor([100.0000,   0.6931])
    """
    reduction = _mode(reduction, size_average, reduce)
    for t in (input, target):
        if not isinstance(t, Value):
            raise not_a_tensor("binary_cross_entropy", t)
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    floating(input, "binary_cross_entropy", "binary_cross_entropy")
    if input._array.dtype != target._array.dtype:
        words = [
            dtypes.TENSOR_NAMES[t._array.dtype].removesuffix("Tensor") for t in (target, input)
        ]
        raise RuntimeError(f"Found dtype {words[0]} but expected {words[1]} for the target")
    if not ((input._array >= 0) & (input._array <= 1)).all():
        raise RuntimeError(
            "all elements of input should be between 0 and 1; for logits there is "
            "binary_cross_entropy_with_logits"
        )
    loss = apply(dn.binary_cross_entropy, (input, target))
    return _reduce(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """binary_cross_entropy(sigmoid(input), target), exact for logits of any size.

    weight counts elements differently; pos_weight multiplies the part of the positive class.

    >>> nn.functional.binary_cross_entropy_with_logits(tensor([0., 200.]), tensor([1., 0.]))
    tensor(100.3466)
    """
    reduction = _mode(reduction, size_average, reduce)
    for t in (input, target):
        if not isinstance(t, Value):
            raise not_a_tensor("binary_cross_entropy_with_logits", t)
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    floating(input, "binary_cross_entropy_with_logits", "log_sigmoid_cpu")
    if target._array.dtype.kind != "f":
        raise RuntimeError(
            "result type Float can't be cast to the desired output type Long: the target is "
            f"{tensor_words(target)}; use target.float()"
        )
    missed = (-input).logaddexp(0)  # -log(sigmoid(input))
    if pos_weight is not None:
        missed = missed * (1 + (pos_weight - 1) * target)
    loss = (1 - target) * input + missed
    return _reduce(loss if weight is None else loss * weight, reduction)


def kl_div(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", log_target: bool = False,
) -> Tensor:  # fmt: skip
    """target * (log(target) - input): the divergence of Kullback and Leibler, of log-probabilities.

    input holds log-probabilities, target probabilities or, with log_target, log-probabilities too.
    reduction "batchmean" divides the sum by the size of dimension 0, as mathematics does.

    >>> nn.functional.kl_div(tensor([[0.5, 0.5]]).log(), tensor([[1., 0.]]), reduction="batchmean")
    tensor(0.6931)
    """
    for t in (input, target):
        if not isinstance(t, Value):
            raise not_a_tensor("kl_div", t)
    by_batch = reduction == "batchmean" and size_average is None and reduce is None
    reduction = "sum" if by_batch else _mode(reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support "
            "size. 'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.",
            stacklevel=2,
        )
    if log_target:
        loss = target.exp() * (target - input)
    else:
        floating(target - input, "kl_div", "xlogy_cpu")
        empty = target == 0  # 0 * log(0) counts as 0
        loss = target * (elementwise.where(empty, 1, target).log() - input)
    total = _reduce(loss, reduction)
    return total / input._array.shape[0] if by_batch and input._array.ndim else total
