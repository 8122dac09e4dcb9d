"""The notebooks say again what is committed, and call the public face only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jupytext
import nbformat
import pytest

import lambdasim
from tests.notebooks.execute import FOLDER, FORM, execute, source, texts

LONGEST_S, LARGEST_BYTES = 30, 300_000
OTHERS = {"IPython", "json", "matplotlib", "numpy", "pandas", "pathlib"}  # what anyone may import in a notebook
each = pytest.mark.parametrize("text", texts(), ids=lambda text: text.stem)


def committed(text):
    return nbformat.read(text.with_suffix(".ipynb"), as_version=4)


def said(notebook):
    """What the cells put out in words: of a picture its text alternative, and that it is there."""
    return [
        [
            (output.get("name"), output.get("text"))
            if output.output_type == "stream"
            else {mime: "a picture" if mime == "image/png" else data for mime, data in output.get("data", {}).items()}
            for output in cell.get("outputs", [])
        ]
        for cell in notebook.cells
    ]


def draws(cell):
    return cell.cell_type == "code" and re.search(r"^(lambdasim\.figures\.|plt\.show)", cell.source, re.MULTILINE)


def beyond_the_public_face(code):
    """What a notebook imports or takes of lambdasim that is not public."""
    tree = ast.parse(code)
    public = set(lambdasim.__all__)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if node.module == "lambdasim":
                yield from names - public
            elif str(node.module).split(".")[0] not in OTHERS:
                yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] not in {*OTHERS, "lambdasim"})
            yield from (alias.name for alias in node.names if alias.name.startswith("lambdasim."))
        elif isinstance(node, ast.Attribute):
            taken = ast.unparse(node)
            is_inner = re.fullmatch(r"lambdasim\.\w+", taken) and node.attr not in public
            if is_inner or node.attr.startswith("_"):
                yield taken


def test_each_text_form_has_its_notebook_and_each_notebook_its_text_form():
    assert [text.stem for text in texts()] == sorted(file.stem for file in FOLDER.glob("*.ipynb"))
    assert len(texts()) == 8


def test_readme_lists_all_notebooks():
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    for text in texts():
        assert f"(notebooks/{text.stem}.ipynb)" in readme


@each
def test_a_notebook_executed_anew_says_what_is_committed_without_error_or_warning_and_in_time(text):
    executed = execute(text)
    outputs = said(executed.notebook)
    assert [name for cell in outputs for name, *_ in cell if name == "stderr"] == []
    assert outputs == said(committed(text)), "if the new outputs are right, `make notebooks` writes them"
    assert executed.cpu_s < LONGEST_S


@each
def test_text_form_and_notebook_agree(text):
    notebook = committed(text)
    written = [(cell.id, cell.cell_type, cell.source) for cell in source(text).cells]
    assert [(cell.id, cell.cell_type, cell.source) for cell in notebook.cells] == written
    notebook.metadata["jupytext"] = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}
    forms = jupytext.writes(notebook, fmt=FORM), text.read_text(encoding="utf-8")
    ours, theirs = (re.sub(r"\n+# %%", "\n# %%", form) for form in forms)  # the formatter has its own blank lines
    assert ours == theirs


@each
def test_a_notebook_is_committed_whole_small_and_without_anything_of_the_day(text):
    notebook = committed(text)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(not cell.metadata for cell in notebook.cells)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info
    assert text.with_suffix(".ipynb").stat().st_size < LARGEST_BYTES
    nbformat.validate(notebook)


@each
def test_every_figure_is_there_and_words_are_below_it(text):
    cells = committed(text).cells
    figures = [place for place, cell in enumerate(cells) if draws(cell)]
    assert figures
    for place in figures:
        pictures = [output for output in cells[place].outputs if "image/png" in output.get("data", {})]
        assert len(pictures) == 1, cells[place].source
        assert cells[place + 1].cell_type == "markdown", cells[place].source
        assert not cells[place + 1].source.startswith("#"), cells[place].source


@each
def test_a_notebook_opens_with_a_question_and_what_to_expect_and_ends_with_what_to_try(text):
    cells = source(text).cells
    assert re.match(r"# .+\?\n", cells[0].source)
    assert "**What to expect.**" in cells[0].source
    assert re.search(r"^## What to try next$", cells[-1].source, re.MULTILINE)


@each
def test_links_of_a_notebook_lead_somewhere(text):
    for cell in source(text).cells:
        if cell.cell_type == "markdown":
            for link in re.findall(r"\]\(\s*([^)#\s]+)\s*\)", cell.source):
                assert link.startswith("https://") or (FOLDER / link).exists(), link
        for file in re.findall(r"\.\./[\w./*-]+\w", cell.source):
            assert list(FOLDER.glob(file)), file


@each
def test_a_notebook_calls_the_public_face_only(text):
    code = "\n".join(cell.source for cell in source(text).cells if cell.cell_type == "code")
    assert list(beyond_the_public_face(code)) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import lambdasim\nlambdasim.simulate", []),
        ("from lambdasim import queueing\nimport pandas as pd", []),
        ("from lambdasim.analysis.sweep import Sweep", ["lambdasim.analysis.sweep"]),
        ("import lambdasim.plots.style", ["lambdasim.plots.style"]),
        ("lambdasim.analysis.sweep.sweep(1)", ["lambdasim.analysis"]),
        ("result._invocation_log", ["result._invocation_log"]),
        ("import simpy", ["simpy"]),
    ],
)
def test_what_goes_beyond_the_public_face_is_found(code, found):
    assert list(beyond_the_public_face(code)) == found


def toy(folder: Path, *cells: str) -> Path:
    text = folder / "toy.py"
    text.write_text("".join(f"# %%\n{cell}\n\n" for cell in cells), encoding="utf-8")
    return text


def test_an_executed_notebook_keeps_what_it_says_and_forgets_what_differs_each_time(tmp_path):
    executed = execute(
        toy(
            tmp_path,
            "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')",
            "import ipywidgets\nipywidgets.IntSlider()",
            "import os\nos.environ.get('MPLBACKEND'), os.path.samefile('.', '" + str(tmp_path) + "')",
        )
    )
    assert said(executed.notebook)[0] == [("stdout", "a\nc\n"), ("stderr", "b\n")]
    assert [set(output) for output in said(executed.notebook)[1]] == [{"text/plain"}]
    assert "widgets" not in executed.notebook.metadata
    assert executed.notebook.cells[2].outputs[0].data["text/plain"].endswith("True)")
    assert [cell.id for cell in executed.notebook.cells] == ["cell-1", "cell-2", "cell-3"]
    assert 0 < executed.cpu_s < LONGEST_S
