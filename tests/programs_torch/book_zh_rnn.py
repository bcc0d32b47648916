"""The book's first edition: a recurrent network from scratch that learns a text's characters."""

import random

import numpy as np
import torch
from d2l import torch as d2l
from torch import nn
from torch.nn import functional as F

text = "the clock in the hall says tick tock and the clock in the yard says tock tick " * 6
tokens = d2l.tokenize([text], "char")
vocab = d2l.Vocab(tokens)
corpus = [vocab[token] for line in tokens for token in line]
print(len(vocab), vocab.token_freqs[:4], corpus[:8])
words = d2l.Vocab(d2l.tokenize([text]), min_freq=7, reserved_tokens=["<pad>"])
print(list(words.token_to_idx.items())[:5], words[["clock", "nobody"]], words.to_tokens([2, 3]))

random.seed(0)
for X, Y in list(d2l.seq_data_iter_random(list(range(35)), batch_size=2, num_steps=5))[:2]:
    print("random", X.tolist(), Y[0].tolist())
for X, Y in list(d2l.seq_data_iter_sequential(list(range(35)), batch_size=2, num_steps=5))[:2]:
    print("sequential", X.tolist(), Y[0].tolist())

rng = np.random.RandomState(0)
num_hiddens, device = 24, d2l.try_gpu()


def get_params(vocab_size, num_hiddens, device):
    def normal(shape):
        return torch.tensor(rng.normal(0, 0.1, shape).astype("float32"), device=device)

    params = [
        normal((vocab_size, num_hiddens)), normal((num_hiddens, num_hiddens)),
        torch.zeros(num_hiddens, device=device), normal((num_hiddens, vocab_size)),
        torch.zeros(vocab_size, device=device),
    ]  # fmt: skip
    for param in params:
        param.requires_grad_(True)
    return params


def init_rnn_state(batch_size, num_hiddens, device):
    return (torch.zeros((batch_size, num_hiddens), device=device),)


def rnn(inputs, state, params):
    W_xh, W_hh, b_h, W_hq, b_q = params
    (H,) = state
    outputs = []
    for X in inputs:
        H = torch.tanh(torch.mm(X, W_xh) + torch.mm(H, W_hh) + b_h)
        outputs.append(torch.mm(H, W_hq) + b_q)
    return torch.cat(outputs, dim=0), (H,)


print(F.one_hot(torch.tensor([0, 2]), 4))
net = d2l.RNNModelScratch(len(vocab), num_hiddens, device, get_params, init_rnn_state, rnn)
loss = nn.CrossEntropyLoss()


def updater(batch_size):
    d2l.sgd(net.params, 1.0, batch_size)


for epoch in range(6):
    batches = list(d2l.seq_data_iter_sequential(corpus, 4, 12))
    ppl, speed = d2l.train_epoch_ch8(net, batches, loss, updater, device, False)
    print(f"epoch {epoch + 1}: perplexity {ppl:.3f}")
print(d2l.predict_ch8("the clock", 12, net, vocab, device))

lstm = d2l.RNNModel(nn.LSTM(len(vocab), 8), len(vocab))
state = lstm.begin_state(device, batch_size=3)
scores, new_state = lstm(torch.zeros((3, 5), dtype=torch.long), state)
print(scores.shape, len(new_state), new_state[0].shape)
