"""A namespace that is deleted, and made again, while others use it."""

import threading

import pytest

from substrate.errors import Invalid, NotFound, Unavailable
from substrate.interface import Namespace, Store
from tests.substrate.contract.conftest import ORDERS


def test_whoever_uses_a_deleted_namespace_is_told_so(store: Store, ada: Namespace) -> None:
    found: list[BaseException] = []
    ended = threading.Event()

    def write(first: int) -> None:
        number = first
        while not ended.is_set():
            number += 1
            row = {"id": number, "who": "w"}
            try:
                ada.write(lambda frame, row=row: frame.put("shop.orders", row))  # type: ignore[misc] # bound at once
                ada.get("shop.orders", str(number))
            except BaseException as error:  # noqa: BLE001 - all of them are looked at
                found.append(error)

    threads = [threading.Thread(target=write, args=(number * 10**9,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        store.delete("ada")
        ada.write(lambda frame: frame.register(ORDERS))
    ended.set()
    for thread in threads:
        thread.join()
    assert [error for error in found if not isinstance(error, (NotFound, Unavailable))] == []
    assert ada.write(lambda frame: frame.put("shop.orders", {"id": 1, "who": "w"})).version >= 1


def test_a_namespace_made_anew_is_not_taken_for_the_one_before(store: Store, ada: Namespace) -> None:
    ada.write(lambda frame: frame.put("shop.orders", {"id": 1, "who": "w"}))
    assert ada.get("shop.orders", "1") is not None
    store.delete("ada")
    again = store.namespace("ada")
    again.write(
        lambda frame: frame.register('id="shop.orders"\nprimary_key.columns=["k"]\ncolumns=[{name="k",type="str"}]')
    )
    again.write(lambda frame: frame.put("shop.orders", {"k": "x"}))
    for handle in (again, ada):
        assert handle.query({"Scan": {"schema": "shop.orders"}}) == [{"k": "x"}]


def test_a_few_parameters_do_not_make_very_large_rows(ada: Namespace) -> None:
    values = ", ".join(f"({number}, $1)" for number in range(100))
    text = f"INSERT INTO shop.orders (id, who) VALUES {values}"
    with pytest.raises(Invalid, match="characters of text"):
        ada.sql(text, ["w" * 200_000])
    with pytest.raises(Invalid, match="characters of text"):
        ada.write(lambda frame: frame.execute(text, ["w" * 200_000]))
