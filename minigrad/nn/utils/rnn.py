"""Sequences of several lengths in one tensor: padded to the longest, or packed step by step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ... import dtypes
from ..._tensor import Tensor
from ...autograd import derivatives as d
from ...autograd.engine import Value, wrap
from ...ops.shaping import cat


class PackedSequence(NamedTuple):
    """Sequences of several lengths without padding: all first steps, all second steps, and so on.

    data is (total length, ...), batch_sizes says how many sequences have a first step, a second ...
    The sequences stand from the longest to the shortest: sorted_indices says where each was before,
    unsorted_indices the way back; both are None if they were given in this order.
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The data converted, as Tensor.to does."""
        return self._replace(data=self.data.to(*args, **kwargs))

    def cpu(self) -> PackedSequence:
        """Itself: it is on the CPU."""
        return self

    def double(self) -> PackedSequence:
        """The data as float64."""
        return self.to(dtypes.float64)

    def float(self) -> PackedSequence:
        """The data as float32."""
        return self.to(dtypes.float32)

    @property
    def is_cuda(self) -> bool:
        """No."""
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The order that undoes an order.

    >>> nn.utils.rnn.invert_permutation(tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else wrap(np.argsort(permutation._array, kind="stable"))


def _steps(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """batch_sizes, and the time and the sequence of each packed element; lengths are sorted."""
    sizes = (lengths[None, :] > np.arange(lengths.max(initial=0))[:, None]).sum(1)
    time = np.repeat(np.arange(len(sizes)), sizes)
    which = np.concatenate([np.arange(n) for n in sizes]) if len(sizes) else time
    return sizes, time, which


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Padded sequences (steps, batch, ...), or (batch, steps, ...) with batch_first, as packed.

    lengths are those of the sequences, from the longest to the shortest unless
    enforce_sorted=False.

    >>> x = tensor([[1., 2.], [3., 0.]])
    >>> nn.utils.rnn.pack_padded_sequence(x, [2, 1], batch_first=True).data
    tensor([1., 3., 2.])
    """
    long = np.asarray(lengths._array if isinstance(lengths, Value) else lengths, np.int64)
    if batch_first:
        input = input.transpose(0, 1)
    if long.shape != input.shape[1:2]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {long.size} (batch_size="
            f"{input.shape[1]})"
        )
    if not long.size or long.min() <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    order = None
    if enforce_sorted:
        if (np.diff(long) > 0).any():
            raise RuntimeError(
                "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
                "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence "
                "to sidestep this requirement if you do not need ONNX exportability."
            )
    else:
        order = np.argsort(-long, kind="stable")
        long = long[order]
    if long[0] > input.shape[0]:
        raise RuntimeError(f"Expected no length above {input.shape[0]}, but got {long[0]}")
    sizes, time, which = _steps(long)
    taken = which if order is None else order[which]
    sorted_indices = None if order is None else wrap(order)
    return PackedSequence(
        input[wrap(time), wrap(taken)], wrap(sizes), sorted_indices,
        invert_permutation(sorted_indices),
    )  # fmt: skip


def _placed(x: Tensor, index: tuple, shape: tuple[int, ...], value: float) -> Tensor:
    """Elements put at places of an otherwise constant tensor."""
    y = d.put(x, index=index, shape=shape, unique=True)
    if value == 0:
        return y
    frame = np.full(shape, value).astype(x._array.dtype)
    frame[index] = 0
    return y + wrap(frame)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The reverse of pack_padded_sequence: the padded sequences, and their lengths.

    >>> x = nn.utils.rnn.pack_padded_sequence(tensor([[1., 3.], [2., 0.]]), [2, 1])
    >>> nn.utils.rnn.pad_packed_sequence(x, padding_value=9)
    (tensor([[1., 3.],
            [2., 9.]]), tensor([2, 1]))
    """
    data, sizes = sequence.data, sequence.batch_sizes._array
    lengths = (sizes[:, None] > np.arange(sizes[0])).sum(0)
    steps = len(sizes)
    if total_length is not None:
        if total_length < steps:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in "
                f"input, but got total_length={total_length} and max sequence length being {steps}"
            )
        steps = total_length
    _, time, which = _steps(lengths)
    if sequence.sorted_indices is not None:
        which = sequence.sorted_indices._array[which]
        lengths = lengths[sequence.unsorted_indices._array]
    index, shape = (time, which), (steps, len(lengths))
    if batch_first:
        index, shape = index[::-1], shape[::-1]
    return _placed(data, index, (*shape, *data.shape[1:]), padding_value), wrap(lengths)


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:  # fmt: skip
    """Tensors (length, ...) in one, (longest, batch, ...), or (batch, longest, ...) if batch_first.

    >>> nn.utils.rnn.pad_sequence([tensor([1, 2]), tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"padding_side should be either 'right' or 'left', not {padding_side!r}")
    parts = list(sequences)
    if not parts:
        raise RuntimeError("received an empty list of sequences")
    lengths = np.array([len(x) for x in parts])
    longest = int(lengths.max())
    which = np.repeat(np.arange(len(parts)), lengths)
    time = np.concatenate([np.arange(n) for n in lengths])
    if padding_side == "left":
        time = time + (longest - lengths)[which]
    index, shape = ((which, time), (len(parts), longest))
    if not batch_first:
        index, shape = index[::-1], shape[::-1]
    return _placed(cat(parts), index, (*shape, *parts[0].shape[1:]), padding_value)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list:
    """The reverse of pad_sequence: a list of tensors without padding.

    >>> nn.utils.rnn.unpad_sequence(tensor([[1, 2], [3, 0]]), tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [x[: int(n)] for x, n in zip(padded_sequences, lengths, strict=True)]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """Tensors (length, ...) as packed, from the longest to the shortest unless
    enforce_sorted=False.

    >>> nn.utils.rnn.pack_sequence([tensor([1., 2.]), tensor([3.])]).data
    tensor([1., 3., 2.])
    """
    parts = list(sequences)
    lengths = [len(x) for x in parts]
    return pack_padded_sequence(pad_sequence(parts), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list:
    """The reverse of pack_sequence: a list of tensors.

    >>> packed = nn.utils.rnn.pack_sequence([tensor([1., 2.]), tensor([3.])])
    >>> nn.utils.rnn.unpack_sequence(packed)
    [tensor([1., 2.]), tensor([3.])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
