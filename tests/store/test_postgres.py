"""The same tests on PostgreSQL: what the store answers does not depend on what keeps it."""
# ruff: noqa: F401 -- the tests of other modules are collected here again, with this module's server

from collections.abc import Iterator

import pytest

from tests.http.running import Server, running
from tests.store.test_asking import asked, test_a_question_has_rows, test_the_plan_is_shown_and_can_be_run
from tests.store.test_idempotency import (
    test_a_delete_and_a_declaration_are_done_once,
    test_a_write_is_done_once,
    test_another_request_under_the_key_is_refused,
    test_keys_of_tenants_are_apart,
    test_one_key_from_32_clients,
    test_what_failed_is_not_kept,
)
from tests.store.test_ndjson import (
    test_a_bad_line_ends_the_stream_and_earlier_chunks_stay,
    test_a_stream_is_repeated_safely,
    test_each_chunk_is_one_frame,
    test_lines_are_rows,
)
from tests.store.test_queries import (
    full,
    test_a_call_is_cancelled_by_its_id,
    test_a_plan_explained,
    test_a_plan_gives_rows,
    test_sql_selects,
    test_sql_that_writes_is_translated_or_run,
    test_who_goes_away_ends_the_call,
)
from tests.store.test_rows import (
    test_a_bad_row_of_a_batch_writes_nothing,
    test_a_batch_is_one_frame,
    test_a_key_that_the_server_makes_is_told,
    test_a_row_is_deleted_and_its_version_goes_on,
    test_a_row_is_put_at_its_key,
    test_a_row_is_written_and_read,
    test_a_row_that_does_not_fit_is_refused,
    test_a_write_replaces_the_whole_row_and_lsns_grow,
    test_if_match,
    test_keys_of_other_types_and_of_several_columns,
    test_unknown_tables_and_rows,
)
from tests.store.test_schemas import (
    test_a_change_of_rows_that_are_there_needs_a_migration,
    test_a_table_is_declared_and_shown,
    test_a_table_is_deleted_with_its_rows,
    test_tables_of_tenants_are_apart,
    test_usage,
)
from tests.store.test_watch import (
    test_a_place_that_the_log_does_not_know_begins_anew,
    test_changes,
    test_every_change_is_seen_once_and_in_order_over_reconnects,
    test_what_is_encrypted_is_told_in_clear,
    test_whole_tables_on_connect_and_after_each_burst,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[Server]:
    """A development server whose rows are in PostgreSQL."""
    from tests.substrate.postgres_server import new_database

    with (
        new_database(postgres_server) as url,
        running(tmp_path_factory.mktemp("postgres") / "data", store=url) as started,
    ):
        yield started
