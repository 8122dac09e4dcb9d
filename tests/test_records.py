import weakref

import numpy as np
import pytest

from lambdasim.records import CHUNK, PROVISIONED_COLUMNS, Log

WIDTH = len(PROVISIONED_COLUMNS)


def rows(count, start=0):
    """Rows whose values are all different, a few of them -1."""
    table = np.arange(start, start + count)[:, None] + 60_000 * np.arange(WIDTH)
    table[::7, 3:] = -1
    return table % 2**16 * (table >= 0) - (table < 0)


def table(columns):
    return np.column_stack([columns[column.name].astype(np.int64) for column in PROVISIONED_COLUMNS])


def test_rows_that_come_at_once_stand_after_those_that_were_appended_before():
    log, pieces = Log(PROVISIONED_COLUMNS), np.split(rows(40_000), [3, 600, 601, 20_000, 20_000])
    for number, piece in enumerate(pieces):
        if number % 2:
            log.extend(piece)
        else:
            for row in piece.tolist():
                log.append(tuple(row))
    assert log.rows >= 20_000
    assert table(log.columns()).tolist() == np.concatenate(pieces).tolist()
    assert log.rows == 40_000
    assert {name: values.dtype.str[1:] for name, values in log.columns().items()} == {
        column.name: column.dtype for column in PROVISIONED_COLUMNS
    }


def test_columns_that_someone_has_stay_as_they_are_while_the_log_grows():
    log, grown = Log(PROVISIONED_COLUMNS), rows(3 * CHUNK)
    log.extend(grown[:100])
    before = log.columns()
    log.extend(grown[100:])
    assert table(before).tolist() == grown[:100].tolist()
    assert table(log.columns()).tolist() == grown.tolist()


def test_a_log_that_is_handed_over_begins_anew_and_keeps_nothing_of_it():
    log, grown = Log(PROVISIONED_COLUMNS), rows(300)
    log.extend(grown[:100])
    first = log.handed_over()
    column = weakref.ref(first["from_us"])
    assert table(first).tolist() == grown[:100].tolist()
    del first
    assert column() is None
    log.extend(grown[100:])
    assert table(log.columns()).tolist() == grown[100:].tolist()


@pytest.mark.parametrize("keep", [True, False])
def test_each_chunk_is_handed_over_once_and_in_order_kept_or_not(keep):
    seen = []
    log = Log(PROVISIONED_COLUMNS, keep=keep, on_chunk=lambda chunk: seen.append(table(chunk)))
    for row in rows(CHUNK + 5).tolist():
        log.append(tuple(row))
    log.extend(rows(0))
    log.extend(rows(9, start=7))
    log.flush()
    assert np.concatenate(seen).tolist() == [*rows(CHUNK + 5).tolist(), *rows(9, start=7).tolist()]
    assert [len(chunk) for chunk in seen] == [CHUNK, 5, 9]
    assert len(table(log.columns())) == (CHUNK + 14 if keep else 0)


def test_a_log_of_nothing_has_all_columns():
    assert [values.size for values in Log(PROVISIONED_COLUMNS).columns().values()] == [0] * WIDTH
