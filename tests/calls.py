"""Call a command in this process, as a test sees it."""

from typer.testing import CliRunner

from lichen.cli import app
from lichen.errors import LichenError


class Done:
    """What a call printed, and its exit code as ``main`` gives it."""

    def __init__(self, result):
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr
        error = result.exception
        if isinstance(error, LichenError):
            self.code, self.err = 1, self.err + error.text()
        elif error is not None and not isinstance(error, SystemExit):
            raise error


def call(*arguments):
    """Call ``lichen`` with arguments."""
    return Done(CliRunner().invoke(app, [str(a) for a in arguments]))
