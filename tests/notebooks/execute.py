"""Executes the notebooks: from their text forms, each in a kernel of its own, to files that are the same each time.

python -m tests.notebooks.execute notebooks [NAME ...]
"""

from __future__ import annotations

import base64
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image
from traitlets.config import Config

FOLDER = Path(__file__).parents[2] / "notebooks"
FORM = "py:percent"
HANGS_S = 300  # a cell that takes so long will never end
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
_WIDGETS = "application/vnd.jupyter.widget"  # their outputs hold random ids, and nothing without a kernel
_PICTURE = "image/png"
_COLOURS = 128  # of a picture: nobody sees the difference, and it takes a third of the bytes
_CPU = "import time\nprint(time.process_time())"


@dataclass(frozen=True)
class Executed:
    """A notebook with its outputs, and how much CPU time its kernel took, start and imports included."""

    notebook: NotebookNode
    cpu_s: float


def texts(folder: Path = FOLDER) -> list[Path]:
    """The notebooks' text forms, in their order."""
    return sorted(folder.glob("*.py"))


def source(text: Path) -> NotebookNode:
    """The notebook that a text form says, without outputs; cells are numbered from 1."""
    notebook = jupytext.read(text, fmt=FORM)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id, cell.metadata = f"cell-{number}", NotebookNode()
    return notebook


def execute(text: Path) -> Executed:
    """Run a text form in its folder; CellExecutionError if a cell fails."""
    notebook = source(text)
    notebook.cells.append(nbformat.v4.new_code_cell(_CPU, id="cpu"))
    with _own_settings() as folder:
        NotebookClient(
            notebook,
            timeout=HANGS_S,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,  # in how many pieces a text was printed is chance
            resources={"metadata": {"path": str(text.parent)}},
            config=Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/kernel"}}),  # takes no ports
        ).execute()
    cpu_s = float(notebook.cells.pop().outputs[0].text)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = list(_kept(cell.outputs))
    return Executed(notebook, cpu_s)


def _kept(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    """Outputs without what differs each time."""
    for output in outputs:
        if "data" in output:
            output.data = {mime: data for mime, data in output.data.items() if not mime.startswith(_WIDGETS)}
            if not output.data:
                continue
            if picture := output.data.get(_PICTURE):
                output.data[_PICTURE] = _in_few_colours(picture)
        yield output


def _in_few_colours(picture: str) -> str:
    """A PNG, in base64, with a palette."""
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    file = io.BytesIO()
    image.quantize(_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


@contextmanager
def _own_settings() -> Iterator[str]:
    """Kernels that know nothing of the user's settings of IPython and Jupyter; yields a folder of theirs."""
    with tempfile.TemporaryDirectory() as folder:
        own = dict.fromkeys(("IPYTHONDIR", "JUPYTER_CONFIG_DIR"), folder)
        before = dict(os.environ)
        os.environ.update(own | {"COLUMNS": "100", "PYTHONHASHSEED": "0"})
        os.environ.pop("MPLBACKEND", None)
        try:
            yield folder
        finally:
            os.environ.clear()
            os.environ.update(before)


def write(notebook: NotebookNode, file: Path) -> None:
    """Write a notebook, whole or not at all."""
    half = file.with_name(f".{file.name}.half")
    try:
        half.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)


def main(folder: Path, *names: str) -> None:
    """Execute all, or those named, and write them beside their text forms."""
    for text in texts(folder):
        if names and text.stem not in names:
            continue
        executed = execute(text)
        file = text.with_suffix(".ipynb")
        write(executed.notebook, file)
        print(f"{file}: {executed.cpu_s:.1f} s of CPU, {file.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
