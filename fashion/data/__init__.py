"""Data sets, samplers and the loader that makes batches of them, with torch.utils.data's names."""

from .collate import default_collate, default_convert
from .distributed import DistributedSampler
from .loader import DataLoader
from .samplers import BatchSampler, RandomSampler, Sampler, SequentialSampler
from .sets import Dataset, IterableDataset, Subset, TensorDataset, random_split

__all__ = [
    "BatchSampler", "DataLoader", "Dataset", "DistributedSampler", "IterableDataset",
    "RandomSampler", "Sampler", "SequentialSampler", "Subset", "TensorDataset", "default_collate",
    "default_convert", "random_split",
]  # fmt: skip
