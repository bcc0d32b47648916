# %% [markdown] en
# # The second derivative, and what `create_graph` records
#
# `grad` with `create_graph=True` returns gradients that have a graph of their own. So you can differentiate them again.

# %% [markdown] zh
# # 二阶导数，以及 `create_graph` 记录了什么
#
# `grad` 加上 `create_graph=True` 返回的梯度（gradient）有自己的计算图（computational graph），所以可以再次求导。

# %%
import numpy as np

import minigrad as torch
from minigrad import autograd
from minigrad.study import draw

x = torch.tensor(2.0, requires_grad=True)
y = x**3
(first,) = autograd.grad(y, x, create_graph=True)
(second,) = autograd.grad(first, x, create_graph=True)
(third,) = autograd.grad(second, x)
print(first.item(), second.item(), third.item())  # 3x², 6x, 6
assert (first.item(), second.item(), third.item()) == (12.0, 12.0, 6.0)

# %% [markdown] en
# ## What was recorded
#
# Without `create_graph`, a gradient is a bare result: no graph, no memory held. With it, the rule of `sin`, which is `g * cos(x)`, was recorded like any other product:

# %% [markdown] zh
# ## 记录了什么
#
# 没有 `create_graph` 时，梯度只是一个结果：没有图，不占用内存。有了它，`sin` 的规则 `g * cos(x)` 像其他乘法一样被记录下来：

# %%
t = torch.tensor(0.5, requires_grad=True)
(bare,) = autograd.grad(t.sin(), t)
(recorded,) = autograd.grad(t.sin(), t, create_graph=True)
print(bare.grad_fn, recorded.grad_fn)
assert bare.grad_fn is None and not bare.requires_grad
draw(recorded, t=t)

# %% [markdown] en
# ## Watch it: `trace` prints each rule
#
# The second walk goes over operations that the first walk recorded.

# %% [markdown] zh
# ## 观察：`trace` 打印每一条规则
#
# 第二次反向传播（backpropagation）走过的，是第一次反向传播记录下的运算。

# %%
with autograd.trace():
    (g,) = autograd.grad(t.sin(), t, create_graph=True)
    (gg,) = autograd.grad(g, t)
assert np.isclose(gg.item(), -np.sin(0.5))

# %% [markdown] en
# ## The Hessian of softmax cross entropy
#
# With $p = \mathrm{softmax}(o)$, the gradient of the loss with respect to the scores $o$ is $p - y$, and the Hessian is $\mathrm{diag}(p) - pp^\top$: the
# covariance of the one-hot label. It does not depend on the label.

# %% [markdown] zh
# ## softmax 交叉熵的黑塞矩阵
#
# 设 $p = \mathrm{softmax}(o)$。损失对得分 $o$ 的梯度是 $p - y$，黑塞矩阵（Hessian）是 $\mathrm{diag}(p) - pp^\top$，即独热标签的协方差矩阵。它与标签无关。

# %%
o = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)


def loss(scores):
    return torch.nn.functional.cross_entropy(scores.reshape((1, -1)), torch.tensor([1]))


H = autograd.functional.hessian(loss, o).numpy()
p = torch.nn.functional.softmax(o, dim=0).numpy()
print(H.round(4))
assert np.allclose(H, np.diag(p) - np.outer(p, p))

# %% [markdown] en
# ## Without the whole matrix
#
# A Hessian times a vector needs two walks, and no matrix: the gradient of $g \cdot v$.

# %% [markdown] zh
# ## 不需要整个矩阵
#
# 黑塞矩阵乘以向量只需要两次反向传播，不需要矩阵：它是 $g \cdot v$ 的梯度。

# %%
o = o.requires_grad_()
v = torch.tensor([1.0, 0.0, -1.0], dtype=torch.float64)
(g,) = autograd.grad(loss(o), o, create_graph=True)
(Hv,) = autograd.grad(torch.dot(g, v), o)
print(Hv)
assert np.allclose(Hv.numpy(), H @ v.numpy())
