"""Which minigrad this is, by torch.version's names: without CUDA, HIP and XPU."""

__version__ = "0.1.0"
debug = False
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
git_version: str | None = None
