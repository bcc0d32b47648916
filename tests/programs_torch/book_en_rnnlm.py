"""The book's second edition: language models on recurrent layers, with perplexity and clipping."""

import numpy as np
import torch
from d2l import torch as d2l

rng = np.random.RandomState(2)


class Rhyme(d2l.TimeMachine):
    def _download(self):
        return "It has, he said, it has; and so it has. " * 8


data = Rhyme(batch_size=16, num_steps=8, num_train=128, num_val=32)
data.get_dataloader = lambda train: data.get_tensorloader(
    [data.X, data.Y], False, slice(0, 128) if train else slice(128, 160)
)
print(len(data.vocab), data.X.shape, data.vocab.to_tokens(data.X[0]), data.vocab.unk)


def fill(model):
    for p in model.parameters():
        p.data = torch.tensor(rng.uniform(-0.4, 0.4, tuple(p.shape)).astype("float32"))


rnn = d2l.RNNScratch(num_inputs=len(data.vocab), num_hiddens=16)
model = d2l.RNNLMScratch(rnn, vocab_size=len(data.vocab), lr=1)
outputs, state = rnn(torch.ones((3, 2, len(data.vocab))))
d2l.check_len(outputs, 3)
d2l.check_shape(outputs[0], (2, 16))
fill(model)
trainer = d2l.Trainer(max_epochs=4, gradient_clip_val=1)
trainer.fit(model, data)
X, Y = next(iter(data.val_dataloader()))
with torch.no_grad():
    print("perplexity", torch.exp(model.loss(model(X), Y)))
print(model.predict("it has", 10, data.vocab, d2l.try_gpu()))

gru = d2l.GRU(num_inputs=len(data.vocab), num_hiddens=12, num_layers=2)
model = d2l.RNNLM(gru, vocab_size=len(data.vocab), lr=2)
model(X)
fill(model)
trainer = d2l.Trainer(max_epochs=3, gradient_clip_val=1)
trainer.fit(model, data)
with torch.no_grad():
    print("perplexity", torch.exp(model.loss(model(X), Y)))
print(model.predict("it has", 10, data.vocab))
model = d2l.RNNLM(d2l.RNN(len(data.vocab), 12), vocab_size=len(data.vocab))
print(model.output_layer(torch.ones(5, 2, 12)).shape)
