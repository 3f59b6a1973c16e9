"""The file that says who may write, where it is damaged."""

from pathlib import Path

import pytest

from oql.settings import Settings
from substrate.errors import Unavailable
from substrate.opening import open_store
from substrate.replication.standing import FILE, Standing, Standings, moment
from tests.replication.worlds import declare
from worker.replication.process import begin


def test_a_damaged_file_hangs_nobody_and_a_start_of_the_server_mends_it(tmp_path: Path) -> None:
    Standings(tmp_path).say(Standing("leader", 1, moment() + 60, "me"))
    store = open_store("", tmp_path)
    ada = store.namespace("ada")
    ada.write(declare)
    state = tmp_path / FILE
    state.write_bytes(b"0" * 8 + state.read_bytes()[8:])
    with pytest.raises(Unavailable) as refusal:
        ada.write(lambda frame: frame.put("shop.orders", {"id": 1, "who": "x"}))
    assert refusal.value.message == f"{state} is damaged: restart the server, which writes it anew"
    begin(Settings(data=tmp_path))
    ada.write(lambda frame: frame.put("shop.orders", {"id": 2, "who": "x"}))
    assert [row["id"] for row in ada.query({"Scan": {"schema": "shop.orders"}})] == [2]
    store.close()
