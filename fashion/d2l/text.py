"""Text for the recurrent networks: tokens, vocabularies, and batches of pieces of a long text.

The book's text is H. G. Wells' "The Time Machine", which `hub.download` fetches.
"""

from __future__ import annotations

import collections
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import minigrad

from .classes import DataModule
from .hub import download
from .names import Tensor

__all__ = [
    "SeqDataLoader", "TimeMachine", "Vocab", "count_corpus", "load_corpus_time_machine",
    "load_data_time_machine", "read_time_machine", "seq_data_iter_random",
    "seq_data_iter_sequential", "tokenize",
]  # fmt: skip

Batches = Iterator[tuple[Tensor, Tensor]]


def tokenize(lines: Iterable[str], token: str = "word") -> list[list[str]]:
    """Split lines into words, or, with token="char", into characters.

    >>> tokenize(["the time"], "word"), tokenize(["ab"], "char")
    ([['the', 'time']], [['a', 'b']])
    """
    if token not in ("word", "char"):
        raise ValueError(f"token is 'word' or 'char', not {token!r}")
    return [line.split() if token == "word" else list(line) for line in lines]


def count_corpus(tokens: Sequence[Any]) -> collections.Counter[str]:
    """Count tokens, in a list or in a list of lists.

    >>> count_corpus([["a", "b"], ["a"]])
    Counter({'a': 2, 'b': 1})
    """
    if len(tokens) == 0 or isinstance(tokens[0], list):
        tokens = [token for line in tokens for token in line]
    return collections.Counter(tokens)


class Vocab:
    """Numbers for tokens, and back: "<unk>" is 0, then come `reserved_tokens`, then the most used.

    Tokens that are used less than `min_freq` times have no number of their own but that of "<unk>".
    `alphabetical` numbers all of them by their letters, as the book's second edition does.

    >>> vocab = Vocab([["a", "b"], ["b", "c"]], reserved_tokens=["<pad>"])
    >>> vocab["b"], vocab[["c", "?"]], vocab.to_tokens([1, 2]), len(vocab)
    (2, [4, 0], ['<pad>', 'b'], 5)
    """

    def __init__(
        self,
        tokens: Sequence[Any] | None = None,
        min_freq: int = 0,
        reserved_tokens: Sequence[str] | None = None,
        alphabetical: bool = False,
    ) -> None:
        counter = count_corpus(tokens or [])
        self.token_freqs = sorted(counter.items(), key=lambda pair: pair[1], reverse=True)
        often = [token for token, freq in self.token_freqs if freq >= min_freq]
        listed = dict.fromkeys(["<unk>", *(reserved_tokens or []), *often])
        self.idx_to_token = sorted(listed) if alphabetical else list(listed)
        self.token_to_idx = {token: i for i, token in enumerate(self.idx_to_token)}

    def __len__(self) -> int:
        return len(self.idx_to_token)

    def __getitem__(self, tokens: Any) -> Any:
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx.get(tokens, self.unk)

    def to_tokens(self, indices: Any) -> Any:
        """Return the tokens of these numbers, or the token of one."""
        if not isinstance(indices, int) and getattr(indices, "shape", (1,)) != ():
            return [self.idx_to_token[int(i)] for i in indices]
        return self.idx_to_token[int(indices)]

    @property
    def unk(self) -> int:
        """The number of a token that is unknown."""
        return self.token_to_idx["<unk>"]


def read_time_machine() -> list[str]:
    """Return the text's lines, in small letters with single blanks; `hub.download`'s errors."""
    text = Path(download("time_machine")).read_text(encoding="utf-8")
    return [re.sub("[^A-Za-z]+", " ", line).strip().lower() for line in text.splitlines()]


def load_corpus_time_machine(max_tokens: int = -1) -> tuple[list[int], Vocab]:
    """Return the text as the numbers of `max_tokens` characters at most, and the vocabulary."""
    tokens = tokenize(read_time_machine(), "char")
    vocab = Vocab(tokens)
    corpus = [vocab[token] for line in tokens for token in line]
    return (corpus[:max_tokens] if max_tokens > 0 else corpus), vocab


def seq_data_iter_random(corpus: Sequence[int], batch_size: int, num_steps: int) -> Batches:
    """Yield batches (batch_size, num_steps) of a text in random order, and the tokens after each.

    The order and where the first piece begins come from Python's `random`.

    >>> X, Y = next(seq_data_iter_random(range(35), batch_size=2, num_steps=5))
    >>> X.shape, bool((Y == X + 1).all())
    (torch.Size([2, 5]), True)
    """
    corpus = corpus[random.randint(0, num_steps - 1) :]
    pieces = (len(corpus) - 1) // num_steps
    starts = list(range(0, pieces * num_steps, num_steps))
    random.shuffle(starts)
    for i in range(0, pieces // batch_size * batch_size, batch_size):
        chosen = starts[i : i + batch_size]
        yield (
            minigrad.tensor([list(corpus[j : j + num_steps]) for j in chosen]),
            minigrad.tensor([list(corpus[j + 1 : j + 1 + num_steps]) for j in chosen]),
        )


def seq_data_iter_sequential(corpus: Sequence[int], batch_size: int, num_steps: int) -> Batches:
    """Yield batches (batch_size, num_steps), each row of which goes on where the last one's ended.

    >>> batches = list(seq_data_iter_sequential(range(35), batch_size=2, num_steps=5))
    >>> bool((batches[1][0] == batches[0][0] + 5).all())
    True
    """
    offset = random.randint(0, num_steps)
    length = (len(corpus) - offset - 1) // batch_size * batch_size
    X = minigrad.tensor(list(corpus[offset : offset + length])).reshape(batch_size, -1)
    Y = minigrad.tensor(list(corpus[offset + 1 : offset + 1 + length])).reshape(batch_size, -1)
    for i in range(0, X.shape[1] // num_steps * num_steps, num_steps):
        yield X[:, i : i + num_steps], Y[:, i : i + num_steps]


class SeqDataLoader:
    """Batches of the text's characters, anew each time; `corpus` and `vocab` are there, too."""

    def __init__(
        self, batch_size: int, num_steps: int, use_random_iter: bool, max_tokens: int
    ) -> None:
        self.data_iter_fn = seq_data_iter_random if use_random_iter else seq_data_iter_sequential
        self.corpus, self.vocab = load_corpus_time_machine(max_tokens)
        self.batch_size, self.num_steps = batch_size, num_steps

    def __iter__(self) -> Batches:
        return self.data_iter_fn(self.corpus, self.batch_size, self.num_steps)


def load_data_time_machine(
    batch_size: int, num_steps: int, use_random_iter: bool = False, max_tokens: int = 10000
) -> tuple[SeqDataLoader, Vocab]:
    """Return the loader of the text's characters, and the vocabulary."""
    loader = SeqDataLoader(batch_size, num_steps, use_random_iter, max_tokens)
    return loader, loader.vocab


class TimeMachine(DataModule):
    """The second edition's data set: pieces of `num_steps` characters, and the same one later.

    A subclass can have another text by a `_download` of its own.

    >>> class Rhyme(TimeMachine):
    ...     def _download(self):
    ...         return "Tick, tock! " * 4
    >>> data = Rhyme(batch_size=2, num_steps=3, num_train=10, num_val=4)
    >>> X, Y = next(iter(data.val_dataloader()))
    >>> "".join(data.vocab.to_tokens(X[0])), "".join(data.vocab.to_tokens(Y[0]))
    ('tic', 'ick')
    """

    def __init__(
        self, batch_size: int, num_steps: int, num_train: int = 10000, num_val: int = 5000
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.batch_size, self.num_train, self.num_val = batch_size, num_train, num_val
        corpus, self.vocab = self.build(self._download())
        pieces = [corpus[i : i + num_steps + 1] for i in range(len(corpus) - num_steps)]
        array = minigrad.tensor(pieces)
        self.X, self.Y = array[:, :-1], array[:, 1:]

    def _download(self) -> str:
        return Path(download("time_machine", self.root)).read_text(encoding="utf-8")

    def _preprocess(self, text: str) -> str:
        return re.sub("[^A-Za-z]+", " ", text).lower()

    def _tokenize(self, text: str) -> list[str]:
        return list(text)

    def build(self, raw_text: str, vocab: Vocab | None = None) -> tuple[list[int], Vocab]:
        """Return a text's characters as numbers, and the vocabulary, made of it unless given."""
        tokens = self._tokenize(self._preprocess(raw_text))
        vocab = Vocab(tokens, alphabetical=True) if vocab is None else vocab
        return vocab[tokens], vocab

    def get_dataloader(self, train: bool) -> Any:
        """Return the loader of the first `num_train` pieces, shuffled, or of the next `num_val`."""
        first, count = (0, self.num_train) if train else (self.num_train, self.num_val)
        return self.get_tensorloader((self.X, self.Y), train, slice(first, first + count))
