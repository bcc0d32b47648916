"""The tree explains itself: imports run downward, heavy packages wait, no class is patched from
outside.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from vocabulary import FUNCTIONS, METHODS

import minigrad

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "matplotlib", "requests", "tqdm", "urllib3", "IPython", "torchvision", "PIL"}
HEAVY |= {"mpi4py", "dask", "distributed"}

# Each module may import those before it, at the top of the file.
MINIGRAD = """_files version utils.memory utils.threads
              autograd.symbols autograd.errors autograd.changes autograd.grad_mode
              autograd.packed autograd.broadcasting autograd.place autograd.engine
              autograd.bundle
              autograd.derivatives autograd.derivatives_functions autograd.derivatives_linalg
              autograd.derivatives_nn autograd.derivatives_conv
              autograd.views autograd.interop
              autograd.gradients autograd.hooks autograd.rule_text autograd.watching
              autograd.tracing autograd.advice autograd.blame autograd.anomaly
              autograd.program autograd.function autograd.saving autograd.graph autograd.variable
              autograd.functional autograd.gradcheck autograd
              devices dtypes layouts settings printing random
              amp cuda mps accelerator
              backends.cudnn backends.cuda backends.mps backends.mkl backends.mkldnn
              backends.openmp backends
              ops ops.arguments ops.operands ops.elementwise ops.comparison ops.reduction
              ops.numbers ops.shaping ops.special ops.indexing ops.arranging ops.putting
              ops.running ops.statistics ops.softmax ops.linalg ops.products ops.matrices
              ops.drawing ops.conversion ops.names
              ops.numpy_moving ops.numpy_elementwise ops.numpy_reductions ops.numpy_matrices
              ops.numpy_linalg ops.numpy_functions
              inplace twins _tensor creation tensor_types sampling grids special linalg
              serialization safetensors
              distributed.group distributed.collectives distributed.nn.functional distributed.nn
              distributed
              utils.data.worker utils.data.sampler utils.data.dataset utils.data.collate
              utils.data.distributed utils.data.dataloader utils.data utils.checkpoint utils
              nn.functional.sizes nn.functional.reduction nn.functional.activation
              nn.functional.dense nn.functional.stochastic nn.functional.lookup
              nn.functional.padding nn.functional.convolution nn.functional.pooling
              nn.functional.normalization nn.functional.distance nn.functional.resize
              nn.functional.attention nn.functional.loss_numbers nn.functional.loss_labels
              nn.functional.loss_probabilities nn.functional.loss_margins nn.functional
              nn.init nn.parameter nn.hooks nn.module nn.containers nn.activation nn.layers
              nn.convolution nn.padding nn.pooling nn.resize nn.normalization nn.distance nn.losses
              nn.losses_margins nn.lazy nn.attention nn.transformer
              nn.utils.rnn nn.utils.clip_grad nn.utils.convert_parameters nn.utils.spectral_norm
              nn.utils.weight_norm nn.utils nn.recurrent nn.parallel nn
              optim.optimizer optim.sgd optim.adam optim.adam_variants optim.adaptive optim.lbfgs
              optim.lr_scheduler.base optim.lr_scheduler.factors optim.lr_scheduler.waves
              optim.lr_scheduler.plateau optim.lr_scheduler.several optim.lr_scheduler
              optim.swa_utils optim
              func.trees func.transforms func.batching func.modules func
              study.values study.layout study.naming study.graph study.folding study.svg
              study.terminal study.figure study.drawing study.formula study.rerun study.wrong
              study.nudge study.story study.page study.numpy_source study study.__main__
              compiler.captured compiler.follow compiler.passes compiler.version
              compiler.compiled compiler
              run.aliases run.survey run run.__main__
              distributions.distribution distributions.continuous distributions.discrete
              distributions.normals distributions.divergence distributions
              closeness probes testing __init__""".split()
FASHION = """gzips idx sources places proof cache http download plot memory transforms.images
             transforms.colours transforms.resampling transforms.functional transforms.fixed
             transforms.drawn transforms.v2 transforms utils datasets data
             d2l.names d2l.draw d2l.devices d2l.hyperparameters d2l.hub d2l.lecture d2l.board
             d2l.classes d2l.regression d2l.vision d2l.text d2l.recurrent
             d2l.translate d2l
             training.processes training.command training.augment training.models training.run
             training.report training.cli training training.__main__ __init__ __main__""".split()
MAY_IMPORT_MINIGRAD = {"data", "transforms", "utils", "d2l", "training"}
# They import the one writer of files, at the moment when they write.
WRITERS = {"idx", "cache", "download", "plot"}


def files(package: str) -> dict[str, Path]:
    folder, found = ROOT / package, {}
    for path in sorted(folder.rglob("*.py")):
        name = ".".join(path.relative_to(folder).with_suffix("").parts)
        found[name.removesuffix(".__init__") if name != "__init__" else name] = path
    return found


def imports(
    package: str, name: str, path: Path, inside_functions: bool, types: bool = True
) -> list[str]:
    """The full names of what a module imports, for types only or not, at its top or inside
    functions.
    """
    here = [package, *name.split(".")]
    if path.name != "__init__.py":
        here = here[:-1]
    elif name == "__init__":
        here = [package]
    found = []

    def visit(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                if not types:
                    continue
            if isinstance(child, ast.Import) and inside == inside_functions:
                found.extend(a.name for a in child.names)
            elif isinstance(child, ast.ImportFrom) and inside == inside_functions:
                base = here[: len(here) - child.level + 1] if child.level else []
                base = base + (child.module.split(".") if child.module else [])
                found.extend(".".join([*base, a.name]) for a in child.names)
            function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            visit(child, inside or function)

    visit(ast.parse(path.read_text(encoding="utf-8")), False)
    return found


def module_of(full: str, known: list[str], package: str) -> str | None:
    """Which module of the package a full name belongs to."""
    parts = full.split(".")
    if parts[0] != package:
        return None
    for n in range(len(parts), 1, -1):
        if ".".join(parts[1:n]) in known:
            return ".".join(parts[1:n])
    return "__init__"


@pytest.mark.parametrize(("package", "order"), [("minigrad", MINIGRAD), ("fashion", FASHION)])
def test_imports_run_strictly_downward(package: str, order: list[str]) -> None:
    modules = files(package)
    assert sorted(set(modules) - set(order)) == [], "put the new modules in their place above"
    for name, path in modules.items():
        for full in imports(package, name, path, inside_functions=False):
            target = module_of(full, list(modules), package)
            if target is None:
                continue
            assert order.index(target) < order.index(name), f"{package}.{name} imports {full}"


@pytest.mark.parametrize("package", ["minigrad", "fashion"])
def test_only_heavy_packages_are_imported_inside_functions_and_only_there(package: str) -> None:
    for name, path in files(package).items():
        top = {full.split(".")[0] for full in imports(package, name, path, False, False)}
        assert not top & HEAVY, f"{package}.{name} imports {top & HEAVY} at its top"
        if package == "minigrad":
            allowed = set(sys.stdlib_module_names) | {"numpy", "minigrad", "__future__"}
            assert top <= allowed, f"minigrad.{name} imports {top - allowed}"
            inner = {full.split(".")[0] for full in imports(package, name, path, True)}
            allowed |= {"matplotlib"} if name == "study.figure" else {"torch", "mpi4py"}
            assert inner <= allowed, f"minigrad.{name} imports {inner}"


def test_fashion_meets_minigrad_in_four_parts_and_where_it_writes_files() -> None:
    for name, path in files("fashion").items():
        if name.split(".")[0] not in MAY_IMPORT_MINIGRAD:
            top, inside = (imports("fashion", name, path, within) for within in (False, True))
            assert not [full for full in top if full.split(".")[0] == "minigrad"], name
            met = [full for full in inside if full.split(".")[0] == "minigrad"]
            assert not met or name in WRITERS, f"{name} imports {met}"
            assert {full.rpartition(".")[0] for full in met} <= {"minigrad._files"}


@pytest.mark.parametrize("package", ["minigrad", "fashion"])
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    code = f"import sys, {package}; print(*set({sorted(HEAVY)}) & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", ["minigrad", "fashion"])
def test_no_class_is_patched_from_another_module(package: str) -> None:
    for name, path in files(package).items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        own = {n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef)}
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            for t in targets:
                if isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name):
                    patched = t.value.id
                    assert not patched[0].isupper() or patched in own, (
                        f"{name}: {ast.unparse(node)}"
                    )


def test_nothing_is_set_by_name() -> None:
    """What editors cannot follow: setattr, and names that are put into a module."""
    for package in ("minigrad", "fashion"):
        for name, path in files(package).items():
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    assert called not in ("globals().update", "vars().update"), name
                    own = ast.unparse(node.args[0]) if called == "setattr" else "self"
                    assert own in ("self", "module"), f"{name}: {ast.unparse(node)}"


def test_the_engine_knows_numpy_and_its_own_folder_only() -> None:
    for name, path in files("minigrad").items():
        if name.partition(".")[0] != "autograd":
            continue
        for inside in (False, True):
            for full in imports("minigrad", name, path, inside):
                root = full.split(".")[0]
                own = full.startswith("minigrad.autograd")
                assert own or root in {*sys.stdlib_module_names, "numpy"}, f"{name}: {full}"
        if name != "autograd.errors":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.arg):
                    assert node.arg not in {"dim", "dims", "keepdim"}, name


def test_no_derivative_stands_outside_the_formula_sheet() -> None:
    for name, path in files("minigrad").items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call)
                 and isinstance(n.func, ast.Name)}  # fmt: skip
        if not name.startswith(("autograd.", "testing")):
            assert not calls & {"rule", "primitive"}, name
        if name.startswith("ops."):
            assert not any(isinstance(n, ast.Lambda) for n in ast.walk(tree)), name


def test_no_file_is_too_long_to_read() -> None:
    lengths = {
        f"{package}.{name}": len(path.read_text(encoding="utf-8").splitlines())
        for package in ("minigrad", "fashion", "scripts")
        for name, path in files(package).items()
    }
    assert {name: n for name, n in lengths.items() if n > 700} == {}
    assert lengths["minigrad.autograd.engine"] <= 320


def test_every_operation_is_documented_typed_and_shown_at_work() -> None:
    for name, fn in {**FUNCTIONS, **METHODS}.items():
        doc = inspect.getdoc(fn) or ""
        assert doc.split("\n\n")[0].rstrip().endswith((".", "?", ".)")), f"{name}: {doc[:60]!r}"
        assert ">>>" in doc or fn.__name__.startswith("_"), f"{name} has no example"
        signature = inspect.signature(fn)
        untyped = [
            p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty
        ]
        assert not untyped, f"{name}: parameters without a type: {untyped}"
        assert signature.return_annotation is not inspect.Signature.empty, name


def test_public_functions_and_classes_have_docstrings() -> None:
    missing = []
    for package in ("minigrad", "fashion"):
        for name, path in files(package).items():
            if name == "__main__":
                continue
            full = package if name == "__init__" else f"{package}.{name}"
            assert importlib.import_module(full).__doc__, full
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_":
                    if not ast.get_docstring(node):
                        missing.append(f"{full}.{node.name}")
    assert missing == []


def test_the_list_of_names_in_docs_is_the_list_of_public_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert page == importlib.import_module("make_api").text(), "run python scripts/make_api.py"
    listed = set(re.findall(r"^- `(?:minigrad\.|Tensor\.)?(\w+)`: .", page, re.MULTILINE))
    assert {*METHODS, *FUNCTIONS} <= listed


def test_the_marker_py_typed_is_there() -> None:
    assert Path(minigrad.__file__).with_name("py.typed").exists()
