"""What commands say while they work."""

import pytest

from regulars.site.cli import terminal


def test_without_a_terminal_each_stage_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.progress_bar() as progressed:
        for done, label in ((0, "facts"), (1, "facts"), (0, "profiles")):
            progressed(done, 1, label)
    said = capsys.readouterr().err
    assert (said.count("facts"), said.count("profiles")) == (1, 1)
