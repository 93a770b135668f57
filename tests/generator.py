"""The script that writes the generated pages of the documentation, as a module."""

import importlib.util
from pathlib import Path

PLACE = Path(__file__).resolve().parents[1] / "docs" / "generate.py"
_spec = importlib.util.spec_from_file_location("docs_generate", PLACE)
GENERATE = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(GENERATE)
