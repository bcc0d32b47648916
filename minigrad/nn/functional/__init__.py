"""Neural networks as functions: layers, activations and losses, with torch.nn.functional's names.

Almost all of them are written with the operations of ops/. What stability or speed asks for in one
piece (linear, the cross entropy of labels) stands on the formula sheet, derivatives_nn.py; each of
these has a plain twin here, named ``*_simple``, which it must equal.
"""

from ...ops.softmax import log_softmax, log_softmax_simple, softmax, softmax_simple
from .activation import elu, gelu, leaky_relu, relu, sigmoid, silu, softplus, tanh
from .convolution import conv2d
from .dense import linear, linear_simple
from .distance import cosine_similarity
from .lookup import embedding, one_hot
from .loss_labels import cross_entropy, cross_entropy_simple, nll_loss, softmax_cross_entropy
from .loss_numbers import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from .loss_probabilities import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div
from .normalization import batch_norm, layer_norm, normalize
from .padding import pad
from .pooling import avg_pool2d, max_pool2d
from .stochastic import dropout

__all__ = [
    "avg_pool2d", "batch_norm", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "conv2d", "cosine_similarity", "cross_entropy", "cross_entropy_simple", "dropout", "elu",
    "embedding", "gelu", "huber_loss", "kl_div", "l1_loss", "layer_norm", "leaky_relu",
    "linear", "linear_simple", "log_softmax", "log_softmax_simple", "max_pool2d", "mse_loss",
    "nll_loss", "normalize", "one_hot", "pad", "relu", "sigmoid", "silu", "smooth_l1_loss",
    "softmax", "softmax_cross_entropy", "softmax_simple", "softplus", "tanh",
]  # fmt: skip
