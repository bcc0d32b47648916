"""A small repository's character model: embedding, LSTM, packed sequences, truncated history."""

import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

rng = np.random.RandomState(21)
text = "a rose is a rose is a rose. " * 8
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text], dtype=torch.long)


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed=8, hidden=16, layers=2, dropout=0.0):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed)
        self.lstm = nn.LSTM(embed, hidden, layers, batch_first=True, dropout=dropout)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, x, state=None):
        out, state = self.lstm(self.embed(x), state)
        return self.head(out), state


model = CharLSTM(len(chars))
with torch.no_grad():
    for p in model.parameters():
        p.uniform_(-1, 1)
        p.copy_(torch.tensor(rng.uniform(-0.3, 0.3, tuple(p.shape))))
print({name: tuple(p.shape) for name, p in model.lstm.named_parameters()})
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
block, state = 14, None
for step in range(24):
    start = step * block % (len(data) - block - 1)
    x, y = data[start : start + block][None], data[start + 1 : start + block + 1][None]
    if state is not None:
        state = tuple(s.detach() for s in state)
    logits, state = model(x, state)
    loss = criterion(logits.view(-1, logits.size(-1)), y.view(-1))
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 6 == 5:
        print(f"step {step}: loss {loss.item():.4f} norm {norm:.4f}")


@torch.no_grad()
def sample(model, prompt, length):
    model.eval()
    idx, state, out = torch.tensor([[stoi[c] for c in prompt]]), None, prompt
    for _ in range(length):
        logits, state = model(idx, state)
        idx = torch.softmax(logits[:, -1], dim=-1).argmax(-1, keepdim=True)
        out += chars[idx.item()]
    return out


print(sample(model, "a ro", 16))
lengths = torch.tensor([5, 3, 2])
padded = torch.zeros(3, 5, dtype=torch.long)
for i, n in enumerate(lengths):
    padded[i, :n] = data[:n]
packed = pack_padded_sequence(model.embed(padded), lengths, batch_first=True)
out, (h, c) = model.lstm(packed)
out, back = pad_packed_sequence(out, batch_first=True)
print(packed.batch_sizes, out.shape, back, h.shape, f"{out.sum().item():.4f}")
bi = nn.GRU(4, 3, bidirectional=True)
print(bi(torch.zeros(2, 1, 4))[0].shape, [n for n, _ in bi.named_parameters()][4:6])
