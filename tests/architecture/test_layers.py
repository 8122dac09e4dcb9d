"""The house rules that a machine can hold: imports go down, heavy libraries stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lambdasim

PACKAGE = Path(lambdasim.__file__).parent
FLOORS = {
    "errors": 1, "units": 1, "randomness": 1, "header": 1, "codes": 1, "formulas": 1,
    "records": 2, "parameters": 2, "workload": 2, "queueing": 2, "display": 2,
    "scenario": 3, "metrics": 3, "billing": 3,
    "service": 4, "result": 4,
    "triggers": 5,
    "kernel": 6,
    "simulation": 7,
    "advice": 8, "analysis": 8,
    "plots": 9,
    "report": 10,
    "__init__": 11,
    "cli": 12,
    "__main__": 13,
}  # fmt: skip
SIMPY_ROOMS = {"service", "triggers", "simulation"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    relative = module.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(module: Path) -> list[str]:
    """Every module that is imported in ``module``, wherever in it the import stands."""
    names = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are written in full"
            if node.module == "lambdasim":
                names += [f"lambdasim.{alias.name}" for alias in node.names]
            else:
                names.append(str(node.module))
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_an_import_goes_to_a_lower_floor_or_stays_in_its_room(module):
    room = room_of(module)
    for name in imports(module):
        if name == "lambdasim" or not name.startswith("lambdasim."):
            continue
        other = name.split(".")[1]
        if other not in FLOORS:  # `from lambdasim import __version__`: the public face
            other = "__init__"
        assert other == room or FLOORS[other] < FLOORS[room], f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_heavy_libraries_stay_in_their_rooms(module):
    roots = {name.split(".")[0] for name in imports(module)}
    if room_of(module) not in SIMPY_ROOMS:
        assert "simpy" not in roots
    if room_of(module) != "plots":
        assert "matplotlib" not in roots
    if room_of(module) != "report":
        assert "jinja2" not in roots
    assert "random" not in roots
    if module.relative_to(PACKAGE).as_posix() not in {"kernel/compiling.py", "kernel/addresses.py"}:
        assert "numba" not in roots
    if module.relative_to(PACKAGE).as_posix() not in {"analysis/runner.py", "analysis/pools.py"}:
        assert not roots & {"dask", "distributed", "multiprocessing", "concurrent"}
    if module.relative_to(PACKAGE).as_posix() != "analysis/combinations.py":
        assert "optuna" not in roots


def test_the_folders_of_rooms_say_nothing_in_their_init():
    for room in PACKAGE.iterdir():
        if room.is_dir() and (room / "__init__.py").exists():
            assert (room / "__init__.py").read_text(encoding="utf-8") == "", room


def test_invoke_fits_on_one_page():
    tree = ast.parse((PACKAGE / "service" / "lambda_service.py").read_text(encoding="utf-8"))
    invoke = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "invoke")
    assert invoke.end_lineno is not None
    assert invoke.end_lineno - invoke.lineno < 30


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(' '.join(sorted(m for m in sys.modules if '.' not in m)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_lambdasim_loads_nothing_heavy():
    assert not loaded_by("import lambdasim") & {
        "numpy", "pandas", "matplotlib", "scipy", "simpy", "pydantic", "pyarrow", "rich", "yaml", "numba", "dask",
        "jinja2",
    }  # fmt: skip


def test_help_is_printed_without_loading_anything_heavy():
    statement = "from lambdasim.cli.main import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert not loaded_by(statement) & {"numpy", "pandas", "simpy", "pydantic", "rich", "yaml"}


def test_every_public_name_can_be_had():
    for name in lambdasim.__all__:
        assert getattr(lambdasim, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = lambdasim.nothing
