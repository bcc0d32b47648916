"""Who takes part in the benchmark, and what each needs."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent / "contestants"


@dataclass
class Contestant:
    """Who takes part: the file with its code, and the packages that it needs."""

    name: str
    label: str
    file: str
    packages: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return HERE / self.file

    @property
    def missing(self) -> list[str]:
        modules = {"scikit-learn": "sklearn", "pillow": "PIL"}
        return [p for p in self.packages if importlib.util.find_spec(modules.get(p, p)) is None]


MINIGRAD = "minigrad"
CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant(MINIGRAD, "minigrad", "minigrad_api.py"),
        Contestant("numpy", "hand-written NumPy", "numpy_loop.py"),
        Contestant("kernels", "the unavoidable kernels", "kernels.py"),
        Contestant("torch", "PyTorch", "torch_memory.py", ("torch",)),
        Contestant("lecture", "the lecture's PyTorch", "torch_lecture.py", ("torch", "pillow")),
        Contestant("jax", "JAX, jitted", "jax_jit.py", ("jax",)),
        Contestant("autograd", "HIPS autograd", "hips_autograd.py", ("autograd",)),
        Contestant("mygrad", "MyGrad", "mygrad_loop.py", ("mygrad",)),
        Contestant("sklearn", "scikit-learn", "sklearn_mlp.py", ("scikit-learn",)),
    )
}
