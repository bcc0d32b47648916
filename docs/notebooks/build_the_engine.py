# %% [markdown] en
# # Build this engine in 100 lines
#
# Five programs, each a little longer than the one before. Each answers one question. They need NumPy only, and each is also
# a file that runs alone: `docs/steps/step1_why_a_graph.py` and so on. The last one is, in essence, the engine of minigrad.

# %% [markdown] zh
# # 用 100 行构建这个引擎
#
# 五个程序，每个都比前一个长一点，每个回答一个问题。它们只需要 NumPy，每个也是一个可以单独运行的文件：
# `docs/steps/step1_why_a_graph.py` 等。最后一个在本质上就是 minigrad 的引擎。

# %% [markdown] en
# ## Step 1. Why a graph?
#
# The derivative of $e^{\sin x}$ is $e^{\sin x}\cos x$: it needs the values on the way. So each result remembers which operation made it,
# and from which arguments. That memory is the computational graph.

# %% [markdown] zh
# ## 第 1 步：为什么需要图？
#
# $e^{\sin x}$ 的导数是 $e^{\sin x}\cos x$：它需要中间的值。所以每个结果都记住是哪个运算、用哪些参数算出了它。这份记忆就是计算图（computational graph）。

# %% from ../steps/step1_why_a_graph.py

# %% [markdown] en
# ## Step 2. Why this order?
#
# A tensor that was used twice gets its gradient in two parts. It may pass on the sum only when both are there. Newest first does that: a result is born
# after its arguments. Without that order, the program below would walk over a million paths; with it, it calls 40 rules.

# %% [markdown] zh
# ## 第 2 步：为什么是这个顺序？
#
# 用了两次的张量（tensor）分两部分得到梯度（gradient），两部分都到齐后才能把和传下去。“最新的先处理”正好做到这一点：结果总是在参数之后产生。
# 没有这个顺序，下面的程序要走一百多万条路径；有了它，只需要调用 40 次规则。

# %% from ../steps/step2_why_this_order.py

# %% [markdown] en
# ## Step 3. Why `+=`?
#
# If `x` is used twice, a small change of `x` changes the result on two ways, and the two changes add up. For the same reason `backward()` adds to `.grad`:
# two losses of the same weights give two gradients, and the gradient of their sum is the sum. So you have to clear `.grad` before you start anew.

# %% [markdown] zh
# ## 第 3 步：为什么是 `+=`？
#
# 如果 `x` 用了两次，`x` 的微小变化通过两条路影响结果，两个变化相加。同样的道理，`backward()` 把梯度加到 `.grad` 上：
# 同一组权重的两个损失给出两个梯度，损失之和的梯度就是两个梯度之和。所以重新开始之前，必须清除 `.grad`。

# %% from ../steps/step3_why_plus_equals.py

# %% [markdown] en
# ## Step 4. Why a sum?
#
# Broadcasting repeats a small array: a bias of 3 numbers is added to each of 4 rows. Each number was used 4 times, so its gradient has 4 parts, and parts add up.
# The gradient of what was repeated is the sum over the repetitions.

# %% [markdown] zh
# ## 第 4 步：为什么要求和？
#
# 广播（broadcasting）重复小数组：3 个数的偏置加到 4 行中的每一行。每个数用了 4 次，它的梯度有 4 部分，各部分相加。
# 被重复的东西，其梯度就是对各次重复求和。

# %% from ../steps/step4_why_sum.py

# %% [markdown] en
# ## Step 5. Why does the gradient have a gradient?
#
# A rule is a line of NumPy, such as `g * np.cos(x)`. If `g` and `x` are tensors, and tensors answer NumPy's functions by recording them, the same line records
# its own work. Its result has a graph of its own. Nothing is written a second time.

# %% [markdown] zh
# ## 第 5 步：为什么梯度也有梯度？
#
# 一条规则就是一行 NumPy，例如 `g * np.cos(x)`。如果 `g` 和 `x` 是张量，而张量用“记录”来回应 NumPy 的函数，那么同一行就会记录它自己的计算。
# 它的结果有自己的计算图。没有任何东西要写第二遍。

# %% from ../steps/step5_why_a_gradient_has_a_gradient.py

# %% [markdown] en
# ## The same with minigrad
#
# minigrad has the same parts under the same names, and what a library needs besides: types, refusals, hooks, changes in place.
# [How it works](../how-it-works.md) follows one expression through the real code.

# %% [markdown] zh
# ## 用 minigrad 做同样的事
#
# minigrad 有同样的部件、同样的名称，以及一个库所需的其他东西：类型、错误检查、钩子、原地修改。
# [工作原理](../how-it-works.md)用真正的代码跟踪一个表达式（英文）。

# %%
import numpy as np

import minigrad

w = minigrad.tensor([0.1, 0.2, 0.3], requires_grad=True)
v = w.sin()
for _ in range(4):
    (v,) = minigrad.autograd.grad(v.sum(), w, create_graph=True)
print(v)
assert np.allclose(v.detach().numpy(), np.sin([0.1, 0.2, 0.3]))
