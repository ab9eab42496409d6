import logging

import pytest

from facemotion.core.errors import OutputError
from facemotion.store.logs import logging_to


def test_own_records_and_library_warnings_are_kept(tmp_path):
    log_file = tmp_path / "logs" / "facemotion.log"
    handlers = list(logging.getLogger().handlers)
    with logging_to(log_file) as path:
        assert path == log_file
        logging.getLogger("facemotion.vision").info("own %s", "ünïcode")
        logging.getLogger("somelibrary").info("chatter")
        logging.getLogger("somelibrary").warning("trouble")
    logging.getLogger("facemotion.vision").warning("after the end")
    text = log_file.read_text("utf-8")
    assert "own ünïcode" in text
    assert "trouble" in text
    assert "chatter" not in text
    assert "after the end" not in text
    assert logging.getLogger().handlers == handlers


def test_unwritable_place_is_named_with_the_way_out(tmp_path):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(OutputError, match="FACEMOTION_HOME"), logging_to(tmp_path / "logs" / "x"):
        pass
    (tmp_path / "taken").mkdir()
    with (
        pytest.raises(OutputError, match=r"taken.*FACEMOTION_HOME"),
        logging_to(tmp_path / "taken"),
    ):
        pass
