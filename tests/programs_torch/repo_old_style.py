"""A program of the first years: FloatTensor, new(), .data, reinforcement by returns, argparse."""

import argparse

import numpy as np
import torch
import torch.backends.cudnn as cudnn
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.nn.parameter import Parameter

parser = argparse.ArgumentParser()
parser.add_argument("--cuda", action="store_true", help="enables cuda")
parser.add_argument("--manualSeed", type=int, default=7)
opt = parser.parse_args()
torch.manual_seed(opt.manualSeed)
if torch.cuda.is_available():
    torch.cuda.manual_seed_all(opt.manualSeed)
    print("WARNING: You have a CUDA device, so you should probably run with --cuda")
cudnn.benchmark = True
dtype = torch.FloatTensor
rng = np.random.RandomState(opt.manualSeed)

a = torch.FloatTensor([[1, 2], [3, 4]])
print(a, a.type(), torch.LongTensor([3, 1]), torch.DoubleTensor(2, 2).fill_(0.5))
print(a.new(2, 2).zero_(), a.new_ones(1, 2), isinstance(a, torch.FloatTensor), a.is_cuda)
print(a.type(torch.LongTensor), a.type_as(torch.zeros(1).double()).dtype == torch.float64)
print(torch.Tensor(2, 3).size(), a.dim(), a.nelement(), a.storage_offset() if False else 0)


class GraphConvolution(nn.Module):
    """A layer with its own Parameters, as old repositories define them."""

    def __init__(self, in_features, out_features, bias=True):
        super(GraphConvolution, self).__init__()
        self.weight = Parameter(torch.FloatTensor(in_features, out_features))
        if bias:
            self.bias = Parameter(torch.FloatTensor(out_features))
        else:
            self.register_parameter("bias", None)
        stdv = 1.0 / np.sqrt(self.weight.size(1))
        values = rng.uniform(-stdv, stdv, (in_features, out_features))
        self.weight.data.copy_(torch.from_numpy(values))
        if self.bias is not None:
            self.bias.data.uniform_(0, 0)

    def forward(self, input, adj):
        output = torch.mm(adj, torch.mm(input, self.weight))
        return output if self.bias is None else output + self.bias

    def __repr__(self):
        return f"{self.__class__.__name__} ({self.weight.size(0)} -> {self.weight.size(1)})"


n = 10
adj = torch.from_numpy((rng.rand(n, n) < 0.3).astype("float32")) + torch.eye(n)
adj = torch.max(adj, adj.t())
adj = adj / adj.sum(1, keepdim=True)
features, labels = torch.eye(n), torch.LongTensor(np.arange(n) % 3)
idx_train = torch.arange(6)
gc1, gc2 = GraphConvolution(n, 8), GraphConvolution(8, 3, bias=False)
print(gc1, gc2, [name for name, p in gc1.named_parameters()])
optimizer = optim.Adam(list(gc1.parameters()) + list(gc2.parameters()), lr=0.05, weight_decay=5e-4)
for epoch in range(12):
    optimizer.zero_grad()
    output = F.log_softmax(gc2(F.elu(gc1(features, adj)), adj), dim=1)
    loss = F.nll_loss(output[idx_train], labels[idx_train])
    loss.backward()
    optimizer.step()
    if epoch % 4 == 3:
        preds = output.max(1)[1].type_as(labels)
        correct = preds.eq(labels).double().sum()
        print("Epoch: {:04d}".format(epoch + 1), "loss: {:.4f}".format(loss.data.item()),
              "acc: {:.2f}".format((correct / len(labels)).item()))  # fmt: skip

policy = nn.Linear(4, 2)
policy.weight.data = torch.from_numpy(rng.normal(0, 0.5, (2, 4))).type(dtype)
policy.bias.data.zero_()
states = torch.from_numpy(rng.normal(0, 1, (5, 4)).astype("float32"))
R, returns, rewards = 0, [], [1.0, 0.0, 2.0, 1.0, 1.0]
for r in rewards[::-1]:
    R = r + 0.9 * R
    returns.insert(0, R)
returns = torch.tensor(returns)
returns = (returns - returns.mean()) / (returns.std() + np.finfo(np.float32).eps.item())
log_probs = F.log_softmax(policy(states), dim=-1).gather(
    1, torch.LongTensor([[0], [1], [1], [0], [1]])
)
policy_loss = [-log_prob * R for log_prob, R in zip(log_probs, returns)]
torch.cat(policy_loss).sum().backward()
print(policy.weight.grad, returns)
