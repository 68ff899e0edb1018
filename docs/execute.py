"""Run notebooks and store their outputs.

    pip install -e ".[cli,docs]"
    python docs/execute.py docs/tutorials/digits.ipynb

Without arguments, every notebook in `docs/tutorials` runs. The files hold no times of
execution and no name of the machine.
"""

import sys
from pathlib import Path

import nbclient
import nbformat

TUTORIALS = Path(__file__).parent / "tutorials"


def execute(path):
    """Run a notebook, and write its outputs into the file."""
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=1_800, record_timing=False, resources={"metadata": {}}
    )
    client.execute(cwd=str(path.parent))
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    nbformat.write(notebook, path)


def main():
    """Run the notebooks in the arguments, or all."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted(TUTORIALS.glob("*.ipynb"))
    for path in paths:
        print(path)
        execute(path)


if __name__ == "__main__":
    main()
