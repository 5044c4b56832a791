"""What the tests of the configuration share."""

from collections.abc import Callable

from fmtui.core.config import Config
from fmtui.core.endpoints import Endpoint

Write = Callable[[str], Config]


def only(config: Config) -> Endpoint:
    assert config.problems == ()
    (endpoint,) = config.endpoints
    return endpoint


def told(config: Config) -> str:
    """Return what is said about the one problem, having checked that its parts agree with the text."""
    (problem,) = config.problems
    assert problem.file == str(config.path)
    assert problem.message.startswith(problem.file)
    assert problem.line is None or f"line {problem.line}" in problem.message
    return str(problem).removeprefix(str(config.path)).lstrip(", ")
