"""Who takes part in the benchmark, and what each needs."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent / "contestants"


@dataclass
class Contestant:
    """Who takes part: the files with its code, and the packages and programs that it needs."""

    name: str
    label: str
    file: str  # for all rows but those of nets; "": takes no part in them
    packages: tuple[str, ...] = ()
    nets: str = ""  # the same for the rows of nets
    programs: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        modules = {"scikit-learn": "sklearn", "pillow": "PIL"}
        return [p for p in self.packages if importlib.util.find_spec(modules.get(p, p)) is None]

    @property
    def missing_programs(self) -> list[str]:
        return [p for p in self.programs if shutil.which(p) is None]

    @property
    def here(self) -> bool:
        return not self.missing and not self.missing_programs


MINIGRAD, COMPILED = "minigrad", "compiled"
CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant(MINIGRAD, "minigrad", "minigrad_api.py", nets="nets_minigrad.py"),
        Contestant(
            COMPILED, "minigrad, compiled", "minigrad_compiled.py", (), "nets_minigrad_compiled.py"
        ),
        Contestant("numpy", "hand-written NumPy", "numpy_loop.py", nets="nets_numpy.py"),
        Contestant("kernels", "the unavoidable kernels", "kernels.py"),
        Contestant("torch", "PyTorch", "torch_memory.py", ("torch",), "nets_torch.py"),
        Contestant(
            "torch-compile", "torch.compile", "", ("torch",), "nets_torch_compile.py", ("g++",)
        ),
        Contestant("lecture", "the lecture's PyTorch", "torch_lecture.py", ("torch", "pillow")),
        Contestant("jax", "JAX, jitted", "jax_jit.py", ("jax",), "nets_jax.py"),
        Contestant("autograd", "HIPS autograd", "hips_autograd.py", ("autograd",), "nets_hips.py"),
        Contestant("mygrad", "MyGrad", "mygrad_loop.py", ("mygrad",), "nets_mygrad.py"),
        Contestant("tinygrad", "tinygrad", "", ("tinygrad",), "nets_tinygrad.py", ("clang",)),
        Contestant("sklearn", "scikit-learn", "sklearn_mlp.py", ("scikit-learn",)),
    )
}
PEERS = [name for name in CONTESTANTS if name not in (MINIGRAD, COMPILED)]
