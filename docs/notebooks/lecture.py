# %% [markdown] en
# # The lecture, cell by cell
#
# Softmax regression on Fashion-MNIST, as *Dive into Deep Learning* teaches it: the image data set, softmax regression from scratch, the concise version, loss functions.
# The code is the lecture's. Only the import lines differ, and each of them says so.
#
# ## 1. The image data set

# %% [markdown] zh
# # 课程代码，逐格对照
#
# 《动手学深度学习》中 Fashion-MNIST 上的 softmax 回归：图像分类数据集、从零开始实现、简洁实现、损失函数。
# 代码就是课程的代码。只有导入（import）行不同，每一行都注明了原来的写法。
#
# ## 1. 图像分类数据集

# %%
import minigrad as torch             # the lecture: import torch
import fashion as torchvision        # the lecture: import torchvision
from fashion import data             # the lecture: from torch.utils import data
from fashion import transforms       # the lecture: from torchvision import transforms
from fashion import d2l              # the lecture: from d2l import torch as d2l
d2l.use_svg_display()

# %% [markdown] en
# `FashionMNIST` looks for a copy on your machine first, and downloads only if there is none. Each file is verified by its SHA-256.

# %% [markdown] zh
# `FashionMNIST` 先在你的机器上寻找副本，没有时才下载。每个文件都用 SHA-256 校验。

# %%
trans = transforms.ToTensor()
mnist_train = torchvision.datasets.FashionMNIST(root="../data",train=True,transform=trans,download=True)
mnist_test = torchvision.datasets.FashionMNIST(root="../data",train=False,transform=trans,download=True)
len(mnist_train),len(mnist_test)

# %% [markdown] en
# One image: one channel, 28 by 28, float32 from 0 to 1.

# %% [markdown] zh
# 一幅图像：1 个通道，28×28，float32，范围 0 到 1。

# %%
mnist_train[0][0].shape

# %% [markdown] en
# Names for the labels, and a grid of images.

# %% [markdown] zh
# 标签的名称，以及图像网格。

# %%
def get_fashion_mnist_labels(labels):
    text_labels = ['t-shirt', 'trouser', 'pullover', 'dress', 'coat',
                   'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot']
    return [text_labels[int(i)] for i in labels]
def show_images(imgs, num_rows, num_cols, titles=None, scale=1.5):
    figsize = (num_cols * scale, num_rows * scale)
    _, axes = d2l.plt.subplots(num_rows, num_cols, figsize=figsize)
    axes = axes.flatten()
    for i, (ax, img) in enumerate(zip(axes, imgs)):
        if torch.is_tensor(img):
            ax.imshow(img.numpy())
        else:
            ax.imshow(img)
        ax.axes.get_xaxis().set_visible(False)
        ax.axes.get_yaxis().set_visible(False)
        if titles:
            ax.set_title(titles[i])
    return axes

# %% [markdown] en
# The first images of the training set.

# %% [markdown] zh
# 训练集的前几幅图像。

# %%
X, y = next(iter(data.DataLoader(mnist_train, batch_size=18)))
show_images(X.reshape(18, 28, 28), 2, 9, titles=get_fashion_mnist_labels(y));

# %% [markdown] en
# How long does it take to read the training set once? The lecture needs about 4 seconds with 4 processes.

# %% [markdown] zh
# 读一遍训练集要多久？课程中用 4 个进程约需 4 秒。

# %%
batch_size = 256
def get_dataloader_workers():
    return 4
train_iter = data.DataLoader(mnist_train, batch_size, shuffle=True,num_workers=get_dataloader_workers())
timer = d2l.Timer()
for X, y in train_iter:
    continue
f'{timer.stop():.2f} sec'

# %% [markdown] en
# All of it in one function; `resize` makes the images larger.

# %% [markdown] zh
# 整合成一个函数；`resize` 可以放大图像。

# %%
def load_data_fashion_mnist(batch_size, resize=None):
    trans = [transforms.ToTensor()]
    if resize:
        trans.insert(0, transforms.Resize(resize))
    trans = transforms.Compose(trans)
    mnist_train = torchvision.datasets.FashionMNIST(
        root="../data", train=True, transform=trans, download=True)
    mnist_test = torchvision.datasets.FashionMNIST(
        root="../data", train=False, transform=trans, download=True)
    return (data.DataLoader(mnist_train, batch_size, shuffle=True,
                            num_workers=get_dataloader_workers()),
            data.DataLoader(mnist_test, batch_size, shuffle=False,
                            num_workers=get_dataloader_workers()))

# %%
for X, y in load_data_fashion_mnist(32, resize=64)[0]:
    print(X.shape, X.dtype, y.shape, y.dtype)
    break

# %% [markdown] en
# ## 2. Softmax regression from scratch

# %% [markdown] zh
# ## 2. softmax 回归的从零开始实现

# %%
import minigrad as torch             # the lecture: import torch
from fashion import d2l              # the lecture: from d2l import torch as d2l
batch_size = 256
train_iter, test_iter = d2l.load_data_fashion_mnist(batch_size)

# %% [markdown] en
# The parameters are leaf tensors that need a gradient.

# %% [markdown] zh
# 参数是需要梯度（gradient）的叶子张量（leaf tensor）。

# %%
torch.manual_seed(0)
num_inputs = 784
num_outputs = 10
W = torch.normal(0, 0.01, size=(num_inputs, num_outputs), requires_grad=True)
b = torch.zeros(num_outputs, requires_grad=True)

# %% [markdown] en
# Sums along an axis; `keepdim` keeps it with length 1, so that the result broadcasts.

# %% [markdown] zh
# 沿一个轴求和；`keepdim` 保留长度为 1 的轴，以便广播（broadcasting）。

# %%
X = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
X.sum(0, keepdim=True), X.sum(1, keepdim=True)

# %% [markdown] en
# Softmax by its formula. It overflows for scores above 88: see the notebook *why_is_it_nan*.

# %% [markdown] zh
# 按公式写的 softmax。得分超过 88 时会上溢：见笔记 *why_is_it_nan*。

# %%
def softmax(X):
    X_exp = torch.exp(X)
    partition = X_exp.sum(1, keepdim=True)
    return X_exp / partition

# %% [markdown] en
# Each row is a distribution.

# %% [markdown] zh
# 每一行是一个概率分布。

# %%
X = torch.normal(0, 1, (2, 5))
X_prob = softmax(X)
X_prob, X_prob.sum(1)

# %% [markdown] en
# The model.

# %% [markdown] zh
# 模型。

# %%
def net(X):
    return softmax(torch.matmul(X.reshape((-1, W.shape[0])), W) + b)

# %% [markdown] en
# The probability of the true class of each row, picked by two lists of indices.

# %% [markdown] zh
# 用两个索引列表取出每一行真实类别的概率。

# %%
y = torch.tensor([0, 2])
y_hat = torch.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]])
y_hat[[0, 1], y]

# %% [markdown] en
# Cross entropy: minus the logarithm of that.

# %% [markdown] zh
# 交叉熵：它的负对数。

# %%
def cross_entropy(y_hat, y):
    return - torch.log(y_hat[range(len(y_hat)), y])
cross_entropy(y_hat, y)

# %% [markdown] en
# How many predictions are right.

# %% [markdown] zh
# 预测正确的个数。

# %%
def accuracy(y_hat, y):
    if len(y_hat.shape) > 1 and y_hat.shape[1] > 1:
        y_hat = y_hat.argmax(axis=1)
    cmp = y_hat.type(y.dtype) == y
    return float(cmp.type(y.dtype).sum())
accuracy(y_hat, y) / len(y)

# %% [markdown] en
# On a whole data set. The model is not trained yet, so about one in ten is right.

# %% [markdown] zh
# 在整个数据集上。模型还没有训练，所以大约十分之一正确。

# %%
def evaluate_accuracy(net, data_iter):
    if isinstance(net, torch.nn.Module):
        net.eval()
    metric = Accumulator(2)
    for X, y in data_iter:
        metric.add(accuracy(net(X), y), y.numel())
    return metric[0] / metric[1]
class Accumulator:
    def __init__(self, n):
        self.data = [0.0] * n
    def add(self, *args):
        self.data = [a + float(b) for a, b in zip(self.data, args)]
    def reset(self):
        self.data = [0.0] * len(self.data)
    def __getitem__(self, idx):
        return self.data[idx]
evaluate_accuracy(net, test_iter)

# %% [markdown] en
# Ten epochs of minibatch stochastic gradient descent.

# %% [markdown] zh
# 用小批量随机梯度下降训练十个迭代周期（epoch）。

# %%
torch.manual_seed(0)
lr = 0.1
def updater(batch_size):
    return d2l.sgd([W, b], lr, batch_size)
d2l.train_ch3(net, train_iter, test_iter, cross_entropy, 10, updater)
evaluate_accuracy(net, test_iter)

# %% [markdown] en
# Predictions: the true name above, the predicted name below.

# %% [markdown] zh
# 预测：上面是真实类别，下面是预测类别。

# %%
d2l.predict_ch3(net, test_iter)

# %% [markdown] en
# ## 3. The concise version
#
# The same model made of ready parts. `CrossEntropyLoss` takes the scores, so it stays finite where the formula above does not.

# %% [markdown] zh
# ## 3. softmax 回归的简洁实现
#
# 用现成的部件组成同样的模型。`CrossEntropyLoss` 直接使用得分，所以在上面的公式上溢的地方仍然有限。

# %%
from minigrad import nn              # the lecture: from torch import nn

net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

def init_weights(m):
    if type(m) == nn.Linear:
        nn.init.normal_(m.weight, std=0.01)

net.apply(init_weights);

# %% [markdown] en
# The trainer is an optimiser; the loss has one value for each example.

# %% [markdown] zh
# 训练器是一个优化器；损失对每个样本有一个值。

# %%
loss = nn.CrossEntropyLoss(reduction='none')
trainer = torch.optim.SGD(net.parameters(), lr=0.1)
d2l.train_ch3(net, train_iter, test_iter, loss, 10, trainer)
d2l.evaluate_accuracy(net, test_iter)

# %% [markdown] en
# ## 4. Loss functions
#
# Three losses of the error, and their gradients as the engine finds them. L2 takes large steps far from the minimum; L1 takes the same step everywhere; Huber joins the two.

# %% [markdown] zh
# ## 4. 损失函数
#
# 三种损失，以及引擎求出的梯度。L2 在远离最小值处步子大；L1 处处步子相同；Huber 把两者结合起来。

# %%
y_hat = torch.arange(-3.0, 3.1, 0.1).requires_grad_()
curves = {}
for name, l in (("L2", nn.MSELoss(reduction='none')), ("L1", nn.L1Loss(reduction='none')),
                ("Huber", nn.HuberLoss(reduction='none'))):
    values = l(y_hat, torch.zeros_like(y_hat)) / (2 if name == "L2" else 1)
    curves[name] = values.detach(), torch.autograd.grad(values.sum(), y_hat)[0]
d2l.plot(y_hat, [v for v, _ in curves.values()], "prediction", "loss", legend=list(curves))

# %%
d2l.plot(y_hat, [g for _, g in curves.values()], "prediction", "gradient", legend=list(curves))
assert float(curves["Huber"][1].max()) == 1.0
