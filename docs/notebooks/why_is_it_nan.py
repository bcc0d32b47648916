# %% [markdown] en
# # Why is it nan?
#
# A nan ("not a number") comes from one operation and spreads to all that uses it. This notebook shows the usual sources, how to find them, and what to write instead.

# %% [markdown] zh
# # 为什么是 nan？
#
# nan（“不是一个数”）由某一个运算产生，然后传染给所有用到它的东西。本笔记展示常见的来源、怎样找到它们，以及应该怎么写。

# %%
import warnings

import numpy as np

import minigrad as torch
from minigrad import autograd
from minigrad.nn import functional as F

warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's own warnings; we look at the values

# %% [markdown] en
# ## 1. exp overflows
#
# float32 holds numbers up to about 3.4e38, which is exp(88.7). Beyond that, exp is inf; and inf / inf is nan.

# %% [markdown] zh
# ## 1. exp 上溢
#
# float32 最大约为 3.4e38，即 exp(88.7)。超过它，exp 就是 inf；而 inf / inf 是 nan。


# %%
def softmax(X):
    X_exp = torch.exp(X)
    return X_exp / X_exp.sum(1, keepdim=True)


print(torch.exp(torch.tensor([50.0, 88.0, 89.0, 100.0])))
print(softmax(torch.tensor([[100.0, 0.0, 0.0]])))
print(softmax(torch.tensor([[-200.0, -201.0, -202.0]])))
assert torch.isnan(softmax(torch.tensor([[100.0, 0.0, 0.0]]))[0, 0])

# %% [markdown] en
# Worse than nan is a wrong result that looks right. Here the sum of three large numbers is inf, and each probability is 0:

# %% [markdown] zh
# 比 nan 更糟的是看起来正常的错误结果。这里三个大数之和是 inf，于是每个概率都是 0：

# %%
bad = softmax(torch.tensor([[88.0, 88.0, 88.0]]))
print(bad, "sum", bad.sum().item())
assert bad.sum().item() == 0.0
good = F.softmax(torch.tensor([[88.0, 88.0, 88.0]]), dim=1)
print(good, "sum", good.sum().item())
assert np.allclose(good.numpy(), 1 / 3)

# %% [markdown] en
# `F.softmax` subtracts the largest score of each row first. That changes nothing in the result, and no exp is larger than 1.
#
# ## 2. log of 0
#
# A probability that has become 0 gives log 0 = -inf, and a gradient of 1/0. `cross_entropy` on the scores does both steps at once, and stays finite.

# %% [markdown] zh
# `F.softmax` 先减去每行最大的得分。结果不变，而且没有一个 exp 大于 1。
#
# ## 2. 0 的对数
#
# 概率变成 0 时，log 0 = -inf，梯度是 1/0。直接对得分使用 `cross_entropy` 则一次完成两步，结果保持有限。

# %%
scores = torch.tensor([[0.0, 200.0]], requires_grad=True)
naive = -torch.log(softmax(scores)[0, 0])
naive.backward()
print("naive:", naive.item(), scores.grad)
scores.grad = None
stable = F.cross_entropy(scores, torch.tensor([0]))
stable.backward()
print("cross_entropy:", stable.item(), scores.grad)
assert not np.isfinite(naive.item())
assert stable.item() == 200.0 and scores.grad is not None
assert np.isfinite(scores.grad.numpy()).all()

# %% [markdown] en
# ## 3. Who made the first nan?
#
# `detect_anomaly` stops at the first nan, forwards or backwards, and names the operation, its arguments, your line, and what to write instead.

# %% [markdown] zh
# ## 3. 第一个 nan 是谁产生的？
#
# `detect_anomaly` 在前向传播或反向传播（backpropagation）中遇到第一个 nan 时停下，并指出运算、参数、你的代码行，以及应该怎么写。

# %%
x = torch.tensor([1.0, -1.0], requires_grad=True)
try:
    with autograd.detect_anomaly():
        torch.sqrt(x).sum().backward()
    found = ""
except RuntimeError as error:
    found = str(error)
    print(found.splitlines()[0])
assert "sqrt" in found

# %% [markdown] en
# ## 4. `where` does not help after the fact
#
# Both branches are computed, and both get a gradient. The branch that was not taken gets the gradient 0; and 0 times inf is nan. Choose the argument before the operation, not the result after it.

# %% [markdown] zh
# ## 4. 事后用 `where` 没有用
#
# 两个分支都会计算，也都会得到梯度（gradient）。没有选中的分支得到的梯度是 0；而 0 乘以 inf 是 nan。应该在运算之前选择参数，而不是在运算之后选择结果。

# %%
x = torch.tensor([0.0, 4.0], requires_grad=True)
torch.where(x > 0, torch.sqrt(x), torch.zeros(2)).sum().backward()
print("after:", x.grad)
assert x.grad is not None and torch.isnan(x.grad[0])
x.grad = None
safe = torch.where(x > 0, x, torch.ones(2))
torch.where(x > 0, torch.sqrt(safe), torch.zeros(2)).sum().backward()
print("before:", x.grad)
assert x.grad is not None and x.grad.tolist() == [0.0, 0.25]
