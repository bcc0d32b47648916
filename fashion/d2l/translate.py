"""Translation by two recurrent networks: pairs of sentences, encoder and decoder, in both editions.

The book's pairs are English and French ones, which `hub.download_extract` fetches.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import minigrad
from minigrad import nn, optim

from .. import data as _data
from .classes import Classifier, DataModule
from .draw import Animator
from .hub import DATA_HUB, download, download_extract, extract
from .lecture import Accumulator, Timer
from .names import Tensor
from .recurrent import grad_clipping
from .text import Vocab

__all__ = [
    "Decoder", "Encoder", "EncoderDecoder", "MTFraEng", "MaskedSoftmaxCELoss", "Seq2Seq",
    "Seq2SeqEncoder", "bleu", "build_array_nmt", "init_seq2seq", "load_data_nmt",
    "predict_seq2seq", "preprocess_nmt", "read_data_nmt", "sequence_mask", "tokenize_nmt",
    "train_seq2seq", "truncate_pad",
]  # fmt: skip

RESERVED = ["<pad>", "<bos>", "<eos>"]


# -- sentences -----------------------------------------------------------------------------------
def read_data_nmt() -> str:
    """Return the text of English and French sentences, a pair to a line; see `hub.download`."""
    return Path(download_extract("fra-eng"), "fra.txt").read_text(encoding="utf-8")


def preprocess_nmt(text: str) -> str:
    """Return a text in small letters, with plain blanks, and a blank before each , . ! and ?

    >>> preprocess_nmt("Go now!")
    'go now !'
    """
    text = text.replace("\u202f", " ").replace("\xa0", " ").lower()
    out = [
        f" {char}" if char in ",.!?" and i > 0 and text[i - 1] != " " else char
        for i, char in enumerate(text)
    ]
    return "".join(out)


def tokenize_nmt(
    text: str, num_examples: int | None = None
) -> tuple[list[list[str]], list[list[str]]]:
    """Return the words of the source sentences and those of the target ones.

    With `num_examples` there is one pair more than so many, as the book's code has it.

    >>> tokenize_nmt("go .\\tva !\\nhi .\\tsalut !")
    ([['go', '.'], ['hi', '.']], [['va', '!'], ['salut', '!']])
    """
    end = num_examples + 1 if num_examples else None  # the book's loop takes one more
    pairs = [line.split("\t") for line in text.split("\n")[:end]]
    pairs = [pair for pair in pairs if len(pair) == 2]
    return [pair[0].split(" ") for pair in pairs], [pair[1].split(" ") for pair in pairs]


def truncate_pad(line: Sequence[Any], num_steps: int, padding_token: Any) -> list[Any]:
    """Return a line with num_steps tokens: cut, or filled with the padding.

    >>> truncate_pad([7, 8, 9], 2, 0), truncate_pad([7], 3, 0)
    ([7, 8], [7, 0, 0])
    """
    return [*line[:num_steps], *[padding_token] * (num_steps - len(line))]


def build_array_nmt(
    lines: Sequence[list[str]], vocab: Vocab, num_steps: int
) -> tuple[Tensor, Tensor]:
    """Return the lines as numbers (n, num_steps), and how many of each are no padding."""
    pad = vocab["<pad>"]
    rows = [truncate_pad([*vocab[line], vocab["<eos>"]], num_steps, pad) for line in lines]
    array = minigrad.tensor(rows)
    return array, (array != pad).int().sum(1)


def load_data_nmt(
    batch_size: int, num_steps: int, num_examples: int = 600
) -> tuple[_data.DataLoader[Any], Vocab, Vocab]:
    """Return a loader of source, its lengths, target and its lengths, and both vocabularies."""
    source, target = tokenize_nmt(preprocess_nmt(read_data_nmt()), num_examples)
    vocabs = [Vocab(lines, 2, RESERVED) for lines in (source, target)]
    arrays = [
        part
        for lines, vocab in zip((source, target), vocabs, strict=True)
        for part in build_array_nmt(lines, vocab, num_steps)
    ]
    loader: _data.DataLoader[Any] = _data.DataLoader(
        _data.TensorDataset(*arrays), batch_size, shuffle=True
    )
    return loader, vocabs[0], vocabs[1]


class MTFraEng(DataModule):
    """The second edition's pairs: source, target to read, source lengths, target to predict.

    A subclass can have other sentences by a `_download` of its own.

    >>> class Few(MTFraEng):
    ...     def _download(self):
    ...         return "Go.\\tVa !\\n" * 4 + "Hi.\\tSalut !\\n" * 4
    >>> data = Few(batch_size=2, num_steps=4, num_train=6, num_val=2)
    >>> src, tgt, lengths, label = next(iter(data.val_dataloader()))
    >>> data.src_vocab.to_tokens(src[0]), data.tgt_vocab.to_tokens(tgt[0]), lengths.tolist()
    (['hi', '.', '<eos>', '<pad>'], ['<bos>', 'salut', '!', '<eos>'], [3, 3])
    """

    def __init__(
        self, batch_size: int, num_steps: int = 9, num_train: int = 512, num_val: int = 128
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.batch_size, self.num_steps = batch_size, num_steps
        self.num_train, self.num_val = num_train, num_val
        self.arrays, self.src_vocab, self.tgt_vocab = self._build_arrays(self._download())

    def _download(self) -> str:
        path = download(*_at(self.root))
        extract(path)
        return Path(path).with_name("fra-eng").joinpath("fra.txt").read_text(encoding="utf-8")

    def _preprocess(self, text: str) -> str:
        return preprocess_nmt(text)

    def _tokenize(self, text: str, max_examples: int | None = None) -> Any:
        source, target = tokenize_nmt(text, max_examples)
        return tuple(
            [[token for token in line if token] + ["<eos>"] for line in lines]
            for lines in (source, target)
        )

    def _build_arrays(
        self, raw_text: str, src_vocab: Vocab | None = None, tgt_vocab: Vocab | None = None
    ) -> tuple[tuple[Tensor, ...], Vocab, Vocab]:
        def built(sentences: Any, vocab: Vocab | None, begin: list[str]) -> Any:
            lines = [[*begin, *truncate_pad(line, self.num_steps, "<pad>")] for line in sentences]
            vocab = Vocab(lines, 2, alphabetical=True) if vocab is None else vocab
            array = minigrad.tensor([vocab[line] for line in lines])
            return array, vocab, (array != vocab["<pad>"]).int().sum(1)

        source, target = self._tokenize(self._preprocess(raw_text), self.num_train + self.num_val)
        src, src_vocab, lengths = built(source, src_vocab, [])
        tgt, tgt_vocab, _ = built(target, tgt_vocab, ["<bos>"])
        assert src_vocab is not None and tgt_vocab is not None
        return (src, tgt[:, :-1], lengths, tgt[:, 1:]), src_vocab, tgt_vocab

    def get_dataloader(self, train: bool) -> Any:
        """Return the loader of the first `num_train` pairs, shuffled, or of the others."""
        part = slice(0, self.num_train) if train else slice(self.num_train, None)
        return self.get_tensorloader(self.arrays, train, part)

    def build(self, src_sentences: Sequence[str], tgt_sentences: Sequence[str]) -> Any:
        """Return other pairs as a batch, by the same vocabularies."""
        pairs = zip(src_sentences, tgt_sentences, strict=True)
        text = "\n".join(f"{source}\t{target}" for source, target in pairs)
        return self._build_arrays(text, self.src_vocab, self.tgt_vocab)[0]


def _at(root: str) -> tuple[str, str, str]:
    url, digest = DATA_HUB["fra-eng"]
    return url, root, digest


# -- networks ------------------------------------------------------------------------------------
class Encoder(nn.Module):
    """What reads the source; a subclass has `forward(X, *args)`."""

    def forward(self, X: Any, *args: Any) -> Any:
        """Return what was read; the subclass's own to define."""
        raise NotImplementedError(f"{type(self).__name__} has to define forward(X, *args)")


class Decoder(nn.Module):
    """What writes the target; a subclass has `init_state(enc_outputs)` and `forward(X, state)`."""

    def init_state(self, enc_outputs: Any, *args: Any) -> Any:
        """Return the state before the first token; the subclass's own to define."""
        raise NotImplementedError(f"{type(self).__name__} has to define init_state(enc_outputs)")

    def forward(self, X: Any, state: Any) -> Any:
        """Return the scores and the new state; the subclass's own to define."""
        raise NotImplementedError(f"{type(self).__name__} has to define forward(X, state)")


class EncoderDecoder(Classifier):
    """An encoder and a decoder that reads the true target: scores and the last state."""

    def __init__(self, encoder: Any, decoder: Any, **kwargs: Any) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, enc_X: Any, dec_X: Any, *args: Any) -> Any:  # type: ignore[override]
        """Return what the decoder makes of the target, in the light of the source."""
        outputs = self.encoder(enc_X, *args)
        return self.decoder(dec_X, self.decoder.init_state(outputs, *args))

    def predict_step(
        self, batch: Any, device: Any, num_steps: int, save_attention_weights: bool = False
    ) -> tuple[Tensor, list[Any]]:
        """Return the most likely tokens (batch, num_steps), and the attention."""
        source, target, lengths, _ = (part.to(device) for part in batch)
        state = self.decoder.init_state(self.encoder(source, lengths), lengths)
        token, tokens, attention = target[:, :1], [], []
        for _step in range(num_steps):
            scores, state = self.decoder(token, state)
            token = scores.argmax(2)
            tokens.append(token)
            if save_attention_weights:
                attention.append(self.decoder.attention_weights)
        return minigrad.cat(tokens, 1), attention


def init_seq2seq(module: Any) -> None:
    """Draw the weights of a linear or recurrent layer by Xavier's rule; for `net.apply`."""
    if type(module) is nn.Linear:
        nn.init.xavier_uniform_(module.weight)
    if type(module) is nn.GRU:
        for name, param in module.named_parameters():
            if "weight" in name:
                nn.init.xavier_uniform_(param)


class Seq2SeqEncoder(Encoder):
    """Embedding and gated recurrent layers: states (steps, batch, units) and the last ones.

    >>> outputs, state = Seq2SeqEncoder(10, 8, 16, 2)(minigrad.zeros(4, 7, dtype=int64))
    >>> outputs.shape, state.shape
    (torch.Size([7, 4, 16]), torch.Size([2, 4, 16]))
    """

    def __init__(
        self,
        vocab_size: int,
        embed_size: int,
        num_hiddens: int,
        num_layers: int,
        dropout: float = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.rnn = nn.GRU(embed_size, num_hiddens, num_layers, dropout=dropout)

    def forward(self, X: Tensor, *args: Any) -> Any:
        """Return the states of numbers of tokens (batch, steps)."""
        return self.rnn(self.embedding(X.t().long()))


class Seq2Seq(EncoderDecoder):
    """The second edition's model, trained with Adam; `tgt_pad` is the number of the padding.

    Its loss counts the padding, too, until a program gives it another, as the book's chapter does.
    """

    def __init__(self, encoder: Any, decoder: Any, tgt_pad: int, lr: float) -> None:
        super().__init__(encoder, decoder)
        self.save_hyperparameters(ignore=["encoder", "decoder"])
        self.tgt_pad, self.lr = tgt_pad, lr

    def forward(self, enc_X: Any, dec_X: Any, *args: Any) -> Any:  # type: ignore[override]
        """Return the scores alone."""
        return super().forward(enc_X, dec_X, *args)[0]

    def validation_step(self, batch: Any) -> None:
        """Draw the loss of a batch."""
        self.plot("loss", self.loss(self(*batch[:-1]), batch[-1]), train=False)

    def configure_optimizers(self) -> Any:
        """Return Adam with the rate `lr`."""
        return optim.Adam(self.parameters(), lr=self.lr)


def sequence_mask(X: Tensor, valid_len: Tensor, value: float = 0) -> Tensor:
    """Set what is beyond each row's length to a value, in X itself, and return X.

    >>> sequence_mask(tensor([[1, 2, 3], [4, 5, 6]]), tensor([1, 2]))
    tensor([[1, 0, 0],
            [4, 5, 0]])
    """
    beyond = minigrad.arange(X.shape[1])[None, :] >= valid_len[:, None]
    X[beyond] = value
    return X


class MaskedSoftmaxCELoss(nn.CrossEntropyLoss):
    """The first edition's cross entropy without the padding: the mean over the steps of each row.

    >>> loss = MaskedSoftmaxCELoss()
    >>> loss(ones(3, 4, 10), ones((3, 4), dtype=int64), tensor([4, 2, 0]))
    tensor([2.3026, 1.1513, 0.0000])
    """

    def forward(self, pred: Tensor, label: Tensor, valid_len: Tensor) -> Tensor:  # type: ignore[override]
        """Return a loss for each row of scores (n, steps, classes) and labels (n, steps)."""
        weights = sequence_mask(minigrad.ones_like(label), valid_len)
        losses = nn.functional.cross_entropy(pred.permute(0, 2, 1), label, reduction="none")
        return (losses * weights).mean(dim=1)


def train_seq2seq(
    net: Any, data_iter: Any, lr: float, num_epochs: int, tgt_vocab: Vocab, device: Any
) -> None:
    """Train a network from weights by Xavier's rule, draw its loss, and print the last one."""
    net.apply(init_seq2seq)
    net.to(device)
    optimizer, loss = optim.Adam(net.parameters(), lr=lr), MaskedSoftmaxCELoss()
    net.train()
    animator = Animator(xlabel="epoch", ylabel="loss", xlim=[10, num_epochs])
    for epoch in range(num_epochs):
        timer, metric = Timer(), Accumulator(2)  # sum of the losses, tokens
        for batch in data_iter:
            optimizer.zero_grad()
            X, X_valid_len, Y, Y_valid_len = (part.to(device) for part in batch)
            bos = minigrad.full((Y.shape[0], 1), tgt_vocab["<bos>"])
            Y_hat, _ = net(X, minigrad.cat([bos, Y[:, :-1]], 1), X_valid_len)
            values = loss(Y_hat, Y, Y_valid_len)
            values.sum().backward()
            grad_clipping(net, 1)
            optimizer.step()
            metric.add(values.detach().sum(), Y_valid_len.sum())
        if (epoch + 1) % 10 == 0:
            animator.add(epoch + 1, (metric[0] / metric[1],))
    print(
        f"loss {metric[0] / metric[1]:.3f}, {metric[1] / timer.stop():.1f} tokens/sec on {device}"
    )


def predict_seq2seq(
    net: Any,
    src_sentence: str,
    src_vocab: Vocab,
    tgt_vocab: Vocab,
    num_steps: int,
    device: Any,
    save_attention_weights: bool = False,
) -> tuple[str, list[Any]]:
    """Return the translation of a sentence, of num_steps words at most, and the attention."""
    net.eval()
    words = [*src_vocab[src_sentence.lower().split(" ")], src_vocab["<eos>"]]
    length = minigrad.tensor([len(words)], device=device)
    source = minigrad.tensor([truncate_pad(words, num_steps, src_vocab["<pad>"])], device=device)
    state = net.decoder.init_state(net.encoder(source, length), length)
    token = minigrad.tensor([[tgt_vocab["<bos>"]]], device=device)
    found: list[int] = []
    attention = []
    for _ in range(num_steps):
        scores, state = net.decoder(token, state)
        token = scores.argmax(dim=2)
        if save_attention_weights:
            attention.append(net.decoder.attention_weights)
        if token.item() == tgt_vocab["<eos>"]:
            break
        found.append(token.item())
    return " ".join(tgt_vocab.to_tokens(found)), attention


def bleu(pred_seq: str, label_seq: str, k: int) -> float:
    """Return how well a translation's words, and pairs ... of k words, are those of the true one.

    >>> bleu("va !", "va !", k=2), bleu("le chat", "le chien", k=2)
    (1.0, 0.0)
    """
    pred, label = pred_seq.split(" "), label_seq.split(" ")
    score = math.exp(min(0, 1 - len(label) / len(pred)))
    for n in range(1, min(k, len(pred)) + 1):
        left = collections.Counter(tuple(label[i : i + n]) for i in range(len(label) - n + 1))
        matches = 0
        for i in range(len(pred) - n + 1):
            gram = tuple(pred[i : i + n])
            matches += left[gram] > 0
            left[gram] -= 1
        score *= (matches / (len(pred) - n + 1)) ** (0.5**n)
    return score
