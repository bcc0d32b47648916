"""The book's first edition: sentences as arrays, masked losses, and translation by two networks."""

import torch
from d2l import torch as d2l
from torch import nn

lines = ["Go.\tVa !", "I run.\tJe cours.", "He runs.\tIl court.", "I go home.\tJe rentre."] * 6
text = d2l.preprocess_nmt("\n".join(lines))
print(text[:40].split("\n"))
source, target = d2l.tokenize_nmt(text, 20)
print(source[:3], target[:3], len(source))
reserved = ["<pad>", "<bos>", "<eos>"]
src_vocab = d2l.Vocab(source, min_freq=2, reserved_tokens=reserved)
tgt_vocab = d2l.Vocab(target, min_freq=2, reserved_tokens=reserved)
print(len(src_vocab), d2l.truncate_pad(src_vocab[source[0]], 5, src_vocab["<pad>"]))
src_array, src_valid_len = d2l.build_array_nmt(source, src_vocab, 5)
tgt_array, tgt_valid_len = d2l.build_array_nmt(target, tgt_vocab, 5)
print(src_array[:3].tolist(), src_valid_len[:4].tolist(), tgt_array[0].tolist())
X = torch.tensor([[1, 2, 3], [4, 5, 6]])
print(d2l.sequence_mask(X, torch.tensor([1, 2])))
print(d2l.sequence_mask(torch.ones(2, 3, 4), torch.tensor([1, 2]), value=-1)[0])
loss = d2l.MaskedSoftmaxCELoss()
print(loss(torch.ones(3, 4, 10), torch.ones((3, 4), dtype=torch.long), torch.tensor([4, 2, 0])))


class Seq2SeqDecoder(d2l.Decoder):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers, dropout=0, **kwargs):
        super(Seq2SeqDecoder, self).__init__(**kwargs)
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.rnn = nn.GRU(embed_size + num_hiddens, num_hiddens, num_layers, dropout=dropout)
        self.dense = nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs, *args):
        return enc_outputs[1]

    def forward(self, X, state):
        X = self.embedding(X).permute(1, 0, 2)
        context = state[-1].repeat(X.shape[0], 1, 1)
        output, state = self.rnn(torch.cat((X, context), 2), state)
        return self.dense(output).permute(1, 0, 2), state


encoder = d2l.Seq2SeqEncoder(len(src_vocab), 6, 10, 2)
decoder = Seq2SeqDecoder(len(tgt_vocab), 6, 10, 2)
net = d2l.EncoderDecoder(encoder, decoder)
for p in net.parameters():
    p.data = torch.arange(p.numel()).float().sin().reshape(p.shape) * 0.4
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(24):
    bos = torch.tensor([tgt_vocab["<bos>"]] * len(tgt_array)).reshape(-1, 1)
    dec_input = torch.cat([bos, tgt_array[:, :-1]], 1)
    Y_hat, _ = net(src_array, dec_input, src_valid_len)
    l = loss(Y_hat, tgt_array, tgt_valid_len)
    optimizer.zero_grad()
    l.sum().backward()
    d2l.grad_clipping(net, 1)
    optimizer.step()
    if epoch % 8 == 7:
        print(f"epoch {epoch + 1}: loss {(l.sum() / tgt_valid_len.sum()).item():.4f}")
for english, french in (("go .", "va !"), ("he runs .", "il court .")):
    translation, attention = d2l.predict_seq2seq(
        net, english, src_vocab, tgt_vocab, 5, d2l.try_gpu()
    )
    score = d2l.bleu(translation, french, k=1)
    print(f"{english} => {translation}, bleu {score:.3f}", attention)
