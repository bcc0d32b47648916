"""Data sets, samplers and collating, in the ways that tutorials and repositories use them."""

import itertools

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    get_worker_info,
    random_split,
)


class Landmarks(Dataset):
    """Samples are dicts, as in the tutorial on data loading."""

    def __init__(self, n, transform=None):
        self.points = np.arange(n * 4, dtype=np.float64).reshape(n, 2, 2)
        self.transform = transform

    def __len__(self):
        return len(self.points)

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        sample = {"landmarks": self.points[idx], "name": f"face-{idx}", "size": (idx, 0.5)}
        return self.transform(sample) if self.transform else sample


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, sample):
        return {**sample, "landmarks": torch.from_numpy(sample["landmarks"]) * self.factor}


for i, batch in enumerate(DataLoader(Landmarks(5, Scale(0.1)), batch_size=2, drop_last=True)):
    print(i, batch["landmarks"].shape, batch["landmarks"].sum(), batch["name"], batch["size"])

sentences = [[1, 2, 3], [4], [5, 6], [7, 8, 9, 10]]
labels = [0, 1, 1, 0]


def collate(batch):
    texts, targets = zip(*batch)
    lengths = torch.tensor([len(t) for t in texts])
    padded = pad_sequence([torch.tensor(t) for t in texts], batch_first=True, padding_value=-1)
    return padded, lengths, torch.tensor(targets)


for padded, lengths, targets in DataLoader(list(zip(sentences, labels)), 2, collate_fn=collate):
    print(padded.tolist(), lengths, targets)


class ByLength(Sampler):
    def __init__(self, data):
        self.data = data

    def __iter__(self):
        return iter(sorted(range(len(self.data)), key=lambda i: len(self.data[i])))

    def __len__(self):
        return len(self.data)


order = BatchSampler(ByLength(sentences), batch_size=3, drop_last=False)
print(list(order), len(order), list(SequentialSampler(sentences)))


class Count(IterableDataset):
    def __init__(self, start, end):
        self.start, self.end = start, end

    def __iter__(self):
        assert get_worker_info() is None
        return iter(range(self.start, self.end))


print([b.tolist() for b in DataLoader(Count(3, 10), batch_size=3)])
print(list(DataLoader(Count(0, 3) + Count(7, 9), batch_size=None)))
full = TensorDataset(torch.arange(6), torch.arange(6) ** 2)
both = ConcatDataset([full, Subset(full, [5, 0])])
print(len(both), both[6], both[-1], [x.tolist() for x in next(iter(DataLoader(both, 8)))])
parts = random_split(full, [0.5, 0.5], generator=torch.Generator().manual_seed(42))
print([len(p) for p in parts], sorted(parts[0].indices + parts[1].indices))
print(sorted(SubsetRandomSampler([4, 2, 9])), sorted(RandomSampler(range(4))))
endless = RandomSampler(full, replacement=True, num_samples=10**10)
print(len(endless), all(0 <= i < 6 for i in itertools.islice(endless, 100)))
drawn = list(WeightedRandomSampler([0.0, 1.0, 0.0, 1.0], 50))
print(len(drawn), sorted(set(drawn)))
print(default_collate([(1, [2.0, "a"]), (3, [4.0, "b"])]))
try:
    DataLoader(full, shuffle=True, sampler=SequentialSampler(full))
except ValueError as error:
    print("ValueError:", error)
