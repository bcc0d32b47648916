# %% [markdown] en
# # The course's exercises, with answers that are checked
#
# Each answer ends with an `assert`. The exercises are those of the sections on automatic differentiation, linear regression and softmax regression of *Dive into Deep Learning*.

# %% [markdown] zh
# # 课程练习，答案经过检查
#
# 每个答案都以 `assert` 结尾。练习来自《动手学深度学习》的自动微分、线性回归和 softmax 回归各节。

# %%
import warnings

import numpy as np

import minigrad as torch
from fashion import d2l
from minigrad import autograd, nn
from minigrad.nn import functional as F
from minigrad.study import draw

warnings.simplefilter("ignore", RuntimeWarning)
torch.manual_seed(0)

# %% [markdown] en
# ## 1. exp(50), exp(100), softmax([88, 88, 88]), log of 0
#
# float32 ends at about 3.4e38, which is exp(88.7).

# %% [markdown] zh
# ## 1. exp(50)、exp(100)、softmax([88, 88, 88])、0 的对数
#
# float32 到约 3.4e38 为止，即 exp(88.7)。

# %%
print(torch.exp(torch.tensor([50.0, 100.0])))
assert torch.isfinite(torch.exp(torch.tensor(50.0)))
assert torch.isinf(torch.exp(torch.tensor(100.0)))


def softmax(X):
    X_exp = torch.exp(X)
    return X_exp / X_exp.sum(1, keepdim=True)


same = torch.tensor([[88.0, 88.0, 88.0]])
print(softmax(same), F.softmax(same, dim=1))
assert softmax(same).tolist() == [[0.0, 0.0, 0.0]]  # no nan, and no distribution either
assert np.allclose(F.softmax(same, dim=1).numpy(), 1 / 3)
assert torch.log(torch.tensor(0.0)).item() == -np.inf

# %% [markdown] en
# ## 2. The second derivative of softmax cross entropy
#
# It is $\mathrm{diag}(p) - pp^\top$, the variance of the distribution $p$.

# %% [markdown] zh
# ## 2. softmax 交叉熵的二阶导数
#
# 它是 $\mathrm{diag}(p) - pp^\top$，即分布 $p$ 的方差。

# %%
o = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
H = autograd.functional.hessian(
    lambda scores: F.cross_entropy(scores.reshape((1, -1)), torch.tensor([0])), o
)
p = F.softmax(o, dim=0).numpy()
print(H)
assert np.allclose(H.numpy(), np.diag(p) - np.outer(p, p))

# %% [markdown] en
# ## 3. L1 and Huber in place of L2
#
# Their gradients, drawn by the engine and not from formulas: L2 grows without limit, L1 has one size, Huber is L2 near 0 and L1 far away.
# The book's Huber exercise with its $\sigma$ is `SmoothL1Loss(beta=sigma)`.

# %% [markdown] zh
# ## 3. 用 L1 和 Huber 代替 L2
#
# 它们的梯度（gradient）由引擎算出，不是用公式画的：L2 无限增长，L1 大小不变，Huber 在 0 附近像 L2，在远处像 L1。
# 书中带 $\sigma$ 的 Huber 练习就是 `SmoothL1Loss(beta=sigma)`。

# %%
slopes = {}
for name, loss in (
    ("L2", lambda d: d**2 / 2),
    ("L1", torch.abs),
    ("Huber", lambda d: F.huber_loss(d, torch.zeros_like(d), reduction="none")),
):
    d = torch.arange(-3.0, 3.1, 0.1).requires_grad_()
    (slopes[name],) = autograd.grad(loss(d).sum(), d)
d2l.plot(d, list(slopes.values()), "error", "gradient", legend=list(slopes))
assert np.allclose(slopes["Huber"].numpy(), np.clip(d.detach().numpy(), -1, 1), atol=1e-6)
sigma, far = 0.5, torch.tensor([3.0])
theirs = F.smooth_l1_loss(far, torch.zeros(1), beta=sigma)
assert np.isclose(theirs.item(), 3 - sigma / 2)

# %% [markdown] en
# ## 4. A batch size that does not divide the number of examples
#
# The last batch is short. `sgd` divides by the number of examples in the batch, so the step is still a mean.

# %% [markdown] zh
# ## 4. 批量大小不能整除样本数
#
# 最后一个批量较小。`sgd` 除以这个批量中的样本数，所以每一步仍然是平均。

# %%
X, y = d2l.synthetic_data(torch.tensor([2.0, -3.4]), 4.2, 1003)
sizes = [len(batch) for batch, _ in d2l.load_array((X, y), 10)]
print(len(sizes), "batches, the last has", sizes[-1])
assert sizes[-1] == 3 and sum(sizes) == 1003

# %% [markdown] en
# ## 5. Initialise the weights with zero; other learning rates
#
# Linear regression has one minimum, so zero is as good a start as any. An MLP that starts with zeros has hidden units that stay equal for ever.
# A learning rate that is too small is slow; one that is too large diverges.

# %% [markdown] zh
# ## 5. 用零初始化权重；改变学习率
#
# 线性回归只有一个最小值，从零开始也可以。多层感知机如果从零开始，隐藏单元会永远相同。
# 学习率太小则慢，太大则发散。


# %%
def regress(lr, epochs=3):
    w = torch.zeros(2, 1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    for _ in range(epochs):
        for Xb, yb in d2l.load_array((X, y), 10):
            d2l.squared_loss(d2l.linreg(Xb, w, b), yb).sum().backward()
            d2l.sgd([w, b], lr, len(Xb))
    with torch.no_grad():
        return d2l.squared_loss(d2l.linreg(X, w, b), y).mean().item()


losses = {lr: regress(lr) for lr in (0.001, 0.03, 3.0)}
for lr, value in losses.items():
    print(f"lr {lr:<6} loss {value:.4g}")
assert losses[0.03] < 0.001 < losses[0.001]
assert not losses[3.0] < 1  # diverged

net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
for parameter in net.parameters():
    nn.init.constant_(parameter, 0.1)
trainer = torch.optim.SGD(net.parameters(), lr=0.01)
for Xb, yb in d2l.load_array((X, y), 10):
    trainer.zero_grad()
    d2l.squared_loss(net(Xb), yb).mean().backward()
    trainer.step()
rows = net[0].weight.detach().numpy()
print(rows)
assert np.allclose(rows, rows[0])  # the hidden units have learned the same

# %% [markdown] en
# ## 6. Call backward a second time
#
# The first call has freed the graph. `retain_graph=True` keeps it; then the gradients add up.

# %% [markdown] zh
# ## 6. 再次调用 backward
#
# 第一次调用已经释放了计算图（computational graph）。`retain_graph=True` 会保留它，这时梯度会累加。

# %%
x = torch.arange(4.0).requires_grad_()
z = 2 * torch.dot(x, x)
z.backward()
try:
    z.backward()
    said = ""
except RuntimeError as error:
    said = str(error)
    print(said)
assert "second time" in said
z = 2 * torch.dot(x, x)
x.grad = None
z.backward(retain_graph=True)
z.backward()
assert x.grad is not None and x.grad.tolist() == [0.0, 8.0, 16.0, 24.0]

# %% [markdown] en
# ## 7. A function with control flow
#
# Python's loops and branches need no rule: only the operations that ran are recorded. `f` is linear piece by piece, so its gradient is `f(a) / a`.

# %% [markdown] zh
# ## 7. 有控制流的函数
#
# Python 的循环和分支不需要规则：只记录实际执行的运算。`f` 是分段线性的，所以梯度是 `f(a) / a`。


# %%
def f(a):
    b = a * 2
    while b.norm() < 1000:
        b = b * 2
    return b if b.sum() > 0 else 100 * b


a = torch.randn(size=(), requires_grad=True)
value = f(a)
value.backward()
print(a.grad, value / a)
assert a.grad == value / a

# %% [markdown] en
# ## 8. Plot sin and its derivative without using cos

# %% [markdown] zh
# ## 8. 画出 sin 和它的导数，不使用 cos

# %%
x = torch.arange(-5.0, 5.0, 0.1).requires_grad_()
y = torch.sin(x)
(slope,) = autograd.grad(y.sum(), x)
d2l.plot(x, [y, slope], "x", legend=["sin(x)", "its derivative"])
assert np.allclose(slope.numpy(), np.cos(x.detach().numpy()), atol=1e-6)

# %% [markdown] en
# ## 9. Draw the graph of $\log(x^2)\sin x + 1/x$
#
# After `backward()`, the gradient stands in each box.

# %% [markdown] zh
# ## 9. 画出 $\log(x^2)\sin x + 1/x$ 的计算图
#
# 调用 `backward()` 之后，每个方框里都有梯度。

# %%
x = torch.tensor(2.0, requires_grad=True)
y = (x**2).log() * x.sin() + 1 / x
y.backward(retain_graph=True)
expected = 2 / 2 * np.sin(2) + np.log(4) * np.cos(2) - 1 / 4
assert x.grad is not None and np.isclose(x.grad.item(), expected)
draw(y, x=x, y=y)
