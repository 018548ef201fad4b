"""What tests of the command line, and of failures, share."""

from __future__ import annotations

import sys

import pytest
from estate_case import failing

from experiments import cli


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    """Run `cloudcity ARGUMENTS` in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)  # of whoever started the tests: what is piped has a width of its own

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cloudcity", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return left.value.code or 0, out, err

    return run


@pytest.fixture
def failed(monkeypatch):
    """`failed(who, quarter)`: a model right after `who` was made to fail in `quarter`; see `estate_case.failing`."""
    yield from failing(monkeypatch)
