"""Draw the lecture's three loss functions, with their likelihoods and gradients.

The true value is y = 0, and the axis is the prediction y'. The gradient is autograd's and not a
formula's, so the picture is a check.
"""

from __future__ import annotations

import sys

import minigrad
from fashion import plot
from fashion.training import command
from minigrad.nn import functional as F

REACH = 3.0  # predictions from -REACH to REACH
POINTS = 601  # an odd number has one at 0, where L1 has its kink
OUT = "runs/losses.svg"


def squared(y_hat: minigrad.Tensor, y: minigrad.Tensor) -> minigrad.Tensor:
    """Return half the squared error of each prediction."""
    return F.mse_loss(y_hat, y, reduction="none") / 2


def absolute(y_hat: minigrad.Tensor, y: minigrad.Tensor) -> minigrad.Tensor:
    """Return the absolute error of each prediction."""
    return F.l1_loss(y_hat, y, reduction="none")


def huber(y_hat: minigrad.Tensor, y: minigrad.Tensor) -> minigrad.Tensor:
    """Return Huber's robust error: squared near 0, absolute beyond 1."""
    return F.huber_loss(y_hat, y, reduction="none")


LOSSES = {
    "L2:  ½ (y − y′)²": squared,
    "L1:  |y − y′|": absolute,
    "Huber:  L2 up to 1, then |y − y′| − ½": huber,
}


def curves(loss, reach=REACH, points=POINTS):
    """Return predictions, losses, likelihoods exp(-loss) and gradients, as arrays.

    >>> y_hat, values, likelihoods, gradients = curves(squared, reach=1.0, points=3)
    >>> values.tolist(), gradients.tolist()
    ([0.5, 0.0, 0.5], [-1.0, 0.0, 1.0])
    """
    y_hat = minigrad.linspace(-reach, reach, points).requires_grad_()
    values = loss(y_hat, minigrad.zeros(points))
    (gradients,) = minigrad.autograd.grad(values.sum(), y_hat)
    values = values.detach()
    return y_hat.detach().numpy(), values.numpy(), minigrad.exp(-values).numpy(), gradients.numpy()


@command.reported
def main(argv: list[str] | None = None) -> int:
    """Write the picture, and return the exit status."""
    parser = command.Parser(__file__, __doc__)
    command.add_picture_option(parser, OUT, OUT)
    options = parser.parse_args(argv)
    figure = plot.new_figure((11, 3.6))
    panels = figure.subplots(1, len(LOSSES), sharey=True)
    for axes, (name, loss) in zip(panels, LOSSES.items(), strict=True):
        y_hat, values, likelihoods, gradients = curves(loss)
        axes.axhline(0, color="grey", linewidth=0.8)
        axes.plot(y_hat, values, "-", color="tab:blue", label="loss l")
        axes.plot(y_hat, likelihoods, "--", color="tab:green", label="likelihood exp(−l)")
        axes.plot(y_hat, gradients, "-.", color="tab:orange", label="gradient ∂l/∂y′, by autograd")
        axes.set_title(name)
        axes.set_xlabel("prediction y′   (y = 0)")
        axes.grid(alpha=0.4)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    command.save_picture(figure, options.out)
    print(f"picture: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
