"""Layers: linear maps, tables of vectors, dropout, and changes of shape."""

from __future__ import annotations

import math
from typing import Any

from .._tensor import Tensor
from ..autograd.grad_mode import no_grad
from ..creation import empty
from ..ops.arguments import array_of
from ..ops.shaping import flatten
from ..random import Generator
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter, uniform_by_fan


class Linear(Module):
    """input @ weight.T + bias, with weight (out_features, in_features) and bias (out_features,).

    Both begin evenly between -1/sqrt(in_features) and 1/sqrt(in_features), as torch's.

    >>> nn.Linear(2, 3)
    Linear(in_features=2, out_features=3, bias=True)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
        dtype: Any = None, *, generator: Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty(out_features, in_features, dtype=dtype))
        shift = Parameter(empty(out_features, dtype=dtype)) if bias else None
        self.register_parameter("bias", shift)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw weight and bias anew."""
        uniform_by_fan(self.weight, self.bias, generator)

    def forward(self, input: Tensor) -> Tensor:
        """The linear map of (..., in_features) to (..., out_features)."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """input1 @ weight[k] @ input2 for each k, plus a bias; weight is (out, in1, in2).

    Both begin evenly between -1/sqrt(in1_features) and 1/sqrt(in1_features), as torch's.

    >>> nn.Bilinear(2, 3, 4)(zeros(5, 2), zeros(5, 3)).shape
    torch.Size([5, 4])
    """

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, dtype=dtype))
        shift = Parameter(empty(out_features, dtype=dtype)) if bias else None
        self.register_parameter("bias", shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """The bilinear map of (..., in1_features) and (..., in2_features)."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Embedding(Module):
    """A table of vectors, a row for each of num_embeddings words; see functional.embedding.

    It begins with numbers from N(0, 1), and 0 in the row padding_idx.

    >>> nn.Embedding(10, 3)(tensor([[1, 2]])).shape
    torch.Size([1, 2, 3])
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False, device: Any = None, dtype: Any = None, *,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise AssertionError(
                f"Padding_idx must be within num_embeddings: {padding_idx} of {num_embeddings}"
            )
        self.padding_idx = padding_idx if padding_idx is None else padding_idx % num_embeddings
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.weight = Parameter(empty(num_embeddings, embedding_dim, dtype=dtype))
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the table anew."""
        init.normal_(self.weight, generator=generator)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0.0

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:  # fmt: skip
        """A table that is given, (words, dimension), and stays as it is if freeze.

        >>> nn.Embedding.from_pretrained(tensor([[1., 2.], [3., 4.]]))(tensor(1))
        tensor([3., 4.])
        """
        if array_of(embeddings, "from_pretrained", "embeddings").ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        words, size = embeddings.shape
        table = cls(words, size, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        table.weight = Parameter(embeddings.detach(), requires_grad=not freeze)
        return table

    def forward(self, input: Tensor) -> Tensor:
        """The rows that the input, of int64 or int32, names."""
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the usual ones."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, usual in (("padding_idx", None), ("max_norm", None), ("norm_type", 2.0)):
            if getattr(self, name) != usual:
                text += f", {name}={getattr(self, name)}"
        return text


class Dropout(Module):
    """While training, each element 0 with probability p and the others divided by 1 - p.

    >>> nn.Dropout(0.5).eval()(tensor([1., 2.]))
    tensor([1., 2.])
    """

    def __init__(
        self, p: float = 0.5, inplace: bool = False, *, generator: Generator | None = None
    ) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace, self.generator = p, inplace, generator

    def forward(self, input: Tensor) -> Tensor:
        """The input with elements dropped, or the input itself in evaluation mode."""
        return F.dropout(input, self.p, self.training, self.inplace, generator=self.generator)

    def extra_repr(self) -> str:
        """The settings."""
        return f"p={self.p}, inplace={self.inplace}"


class EmbeddingBag(Module):
    """The mean, "sum" or "max" of a table's rows for each bag; see functional.embedding_bag.

    >>> nn.EmbeddingBag(10, 3)(tensor([[1, 2]])).shape
    torch.Size([1, 3])
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, include_last_offset: bool = False, padding_idx: int | None = None,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.mode, self.sparse = scale_grad_by_freq, mode, sparse
        self.include_last_offset = include_last_offset
        self.padding_idx = padding_idx if padding_idx is None else padding_idx % num_embeddings
        self.weight = Parameter(empty(num_embeddings, embedding_dim, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0.0

    def forward(
        self, input: Tensor, offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """One row for each bag of the input."""
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the usual ones."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, usual in (("max_norm", None), ("norm_type", 2.0), ("scale_grad_by_freq", False)):
            if getattr(self, name) != usual:
                text += f", {name}={getattr(self, name)}"
        text += f", mode={self.mode!r}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        return text


class _DropoutOf(Module):
    """Dropout of another kind than that of single elements."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        """The settings."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(_DropoutOf):
    """While training, each channel of (N, C, L) 0 with probability p; see functional.dropout1d.

    >>> nn.Dropout1d().eval()(ones(1, 2, 3)).shape
    torch.Size([1, 2, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input with channels dropped."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutOf):
    """While training, each channel of images 0 with probability p; see functional.dropout2d.

    >>> nn.Dropout2d().eval()(ones(1, 2, 3, 3)).shape
    torch.Size([1, 2, 3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input with channels dropped."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutOf):
    """While training, each channel of volumes 0 with probability p; see functional.dropout3d.

    >>> nn.Dropout3d().eval()(ones(1, 2, 3, 3, 3)).shape
    torch.Size([1, 2, 3, 3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input with channels dropped."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutOf):
    """Dropout for nets with SELU; see functional.alpha_dropout.

    >>> nn.AlphaDropout().eval()(tensor([1., 2.]))
    tensor([1., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input with elements dropped."""
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class Identity(Module):
    """The input itself, whatever the arguments.

    >>> nn.Identity()(tensor([1., 2.]))
    tensor([1., 2.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The input."""
        return input


class Flatten(Module):
    """The dimensions from start_dim to end_dim as one: images as vectors.

    >>> nn.Flatten()(zeros(2, 1, 28, 28)).shape
    torch.Size([2, 784])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        """The input in fewer dimensions."""
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One dimension as several: the reverse of Flatten.

    >>> nn.Unflatten(1, (1, 28, 28))(zeros(2, 784)).shape
    torch.Size([2, 1, 28, 28])
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        """The input in more dimensions."""
        at = self.dim % input.ndim
        shape = input.shape
        return input.reshape((*shape[:at], *self.unflattened_size, *shape[at + 1 :]))

    def extra_repr(self) -> str:
        """The dimension, and its new sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
