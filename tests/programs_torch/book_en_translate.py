"""The book's second edition: translation by an encoder and a decoder, on a handful of sentences."""

import numpy as np
import torch
from d2l import torch as d2l
from torch import nn

rng = np.random.RandomState(4)


class Few(d2l.MTFraEng):
    def _download(self):
        lines = ["Go.\tVa !", "I run.\tJe cours.", "He runs.\tIl court.", "I go home.\tJe rentre."]
        return "\n".join(lines * 10)


data = Few(batch_size=8, num_steps=5, num_train=32, num_val=8)
data.get_dataloader = lambda train: data.get_tensorloader(
    data.arrays, False, slice(0, 32) if train else slice(32, None)
)
src, tgt, src_valid_len, label = next(iter(data.train_dataloader()))
print("source:", src[:2].tolist(), src_valid_len.tolist(), len(data.src_vocab))
print("decoder input:", tgt[:2].tolist(), "label:", label[:2].tolist(), data.tgt_vocab["<pad>"])
src, tgt, _, _ = data.build(["hi ."], ["salut ."])
print("source:", data.src_vocab.to_tokens(src[0]), "target:", data.tgt_vocab.to_tokens(tgt[0]))


class Decoder(d2l.Decoder):
    def __init__(self, vocab_size, embed_size, num_hiddens):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.rnn = nn.GRU(embed_size + num_hiddens, num_hiddens, 2)
        self.dense = nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_all_outputs, *args):
        return enc_all_outputs

    def forward(self, X, state):
        embs = self.embedding(X.t().type(torch.int32))
        enc_output, hidden_state = state
        context = enc_output[-1].repeat(embs.shape[0], 1, 1)
        outputs, hidden_state = self.rnn(torch.cat((embs, context), -1), hidden_state)
        return self.dense(outputs).swapaxes(0, 1), [enc_output, hidden_state]


class Seq2Seq(d2l.Seq2Seq):
    pass


@d2l.add_to_class(Seq2Seq)
def loss(self, Y_hat, Y):
    l = super(Seq2Seq, self).loss(Y_hat, Y, averaged=False)
    mask = (Y.reshape(-1) != self.tgt_pad).type(torch.float32)
    return (l * mask).sum() / mask.sum()


encoder = d2l.Seq2SeqEncoder(len(data.src_vocab), 6, 12, 2)
model = Seq2Seq(encoder, Decoder(len(data.tgt_vocab), 6, 12), data.tgt_vocab["<pad>"], lr=0.02)
for p in sorted(model.parameters(), key=lambda p: (p.dim(), tuple(p.shape))):
    with torch.no_grad():
        p.fill_(0.1) if p.dim() == 1 else p.copy_(
            torch.arange(p.numel()).sin().reshape(p.shape) * 0.5
        )
trainer = d2l.Trainer(max_epochs=6, gradient_clip_val=1)
trainer.fit(model, data)
batch = next(iter(data.val_dataloader()))
with torch.no_grad():
    print(f"loss {model.loss(model(*batch[:-1]), batch[-1]).item():.4f}")
model.eval()
preds, _ = model.predict_step(data.build(["I run.", "Go."], ["?", "?"]), d2l.try_gpu(), 5)
for line in preds:
    translation = []
    for token in data.tgt_vocab.to_tokens(line):
        if token == "<eos>":
            break
        translation.append(token)
    print(translation, f"bleu {d2l.bleu(' '.join(translation), 'je cours .', k=2):.3f}")
