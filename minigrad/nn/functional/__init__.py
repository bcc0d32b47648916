"""Neural networks as functions: layers, activations and losses, with torch.nn.functional's names.

Almost all of them are written with the operations of ops/. What stability or speed asks for in one
piece (linear, the cross entropy of labels) stands on the formula sheet, derivatives_nn.py; each of
these has a plain twin here, named ``*_simple``, which it must equal.
"""

from ...ops.softmax import log_softmax, log_softmax_simple, softmax, softmax_simple
from .activation import (
    celu,
    elu,
    elu_,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    relu_,
    selu,
    sigmoid,
    silu,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
    threshold_,
)
from .attention import scaled_dot_product_attention
from .convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from .dense import bilinear, linear, linear_simple
from .distance import cosine_similarity, pairwise_distance
from .lookup import embedding, embedding_bag, one_hot
from .loss_labels import cross_entropy, cross_entropy_simple, nll_loss, softmax_cross_entropy
from .loss_margins import (
    cosine_embedding_loss,
    gaussian_nll_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from .loss_numbers import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from .loss_probabilities import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div
from .normalization import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
    normalize,
    rms_norm,
)
from .padding import pad
from .pooling import avg_pool1d, avg_pool2d, fold, max_pool1d, max_pool2d, unfold
from .resize import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    channel_shuffle,
    interpolate,
    pixel_shuffle,
    pixel_unshuffle,
    upsample,
)
from .stochastic import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    gumbel_softmax,
    rrelu,
)

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "alpha_dropout", "avg_pool1d", "avg_pool2d", "batch_norm", "bilinear",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "celu", "channel_shuffle",
    "conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "cross_entropy_simple", "dropout", "dropout1d",
    "dropout2d", "dropout3d", "elu", "elu_", "embedding", "embedding_bag", "fold",
    "gaussian_nll_loss", "gelu", "glu", "group_norm", "gumbel_softmax", "hardshrink",
    "hardsigmoid", "hardswish", "hardtanh", "hardtanh_", "hinge_embedding_loss", "huber_loss",
    "instance_norm", "interpolate", "kl_div", "l1_loss", "layer_norm", "leaky_relu",
    "leaky_relu_", "linear", "linear_simple", "local_response_norm", "log_softmax",
    "log_softmax_simple", "logsigmoid", "margin_ranking_loss", "max_pool1d", "max_pool2d",
    "mish", "mse_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "nll_loss", "normalize", "one_hot", "pad",
    "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "prelu",
    "relu", "relu6", "relu_", "rms_norm", "rrelu", "scaled_dot_product_attention", "selu",
    "sigmoid", "silu", "smooth_l1_loss", "soft_margin_loss", "softmax",
    "softmax_cross_entropy", "softmax_simple", "softmin", "softplus", "softshrink", "softsign",
    "tanh", "tanhshrink", "threshold", "threshold_", "triplet_margin_loss",
    "triplet_margin_with_distance_loss", "unfold", "upsample",
]  # fmt: skip
