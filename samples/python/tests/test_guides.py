"""The programs in README.md and in the guide run as they stand there."""
import pathlib
import re

import pytest

from conftest import run_script

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCUMENTS = ["samples/python/README.md", "samples/guides/python.md"]


def programs():
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for match in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            yield pytest.param(match.group(1), id=f"{document}:{line}")


@pytest.mark.parametrize("program", list(programs()))
def test_program(program, broker):
    assert "127.0.0.1:9092" in program
    status, said = run_script(program.replace("127.0.0.1:9092", broker.address))
    assert status == 0, said
    assert "never retrieved" not in said and "unclosed" not in said, said
