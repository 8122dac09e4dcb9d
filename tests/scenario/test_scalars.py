from datetime import UTC, datetime

import pytest

from lambdasim.scenario.scalars import read_plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("12", 12),
        ("-3", -3),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.5e+3", 1500.0),
        ("", None),
        ("~", None),
        ("30s", "30s"),
        ("50/s", "50/s"),
        ("5%", "5%"),
        ("python3.13", "python3.13"),
        ("y", "y"),
        ("1.2.3", "1.2.3"),
        ("2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)),
        ("2026-01-05T18:00:00Z", datetime(2026, 1, 5, 18, tzinfo=UTC)),
    ],
)
def test_plain_scalars_mean_what_every_reader_of_yaml_takes_them_for(text, value):
    read = read_plain(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yes", "boolean"),
        ("No", "boolean"),
        ("on", "boolean"),
        ("OFF", "boolean"),
        ("True", "boolean"),
        ("12:30", "base 60"),
        ("1:30:00", "base 60"),
        ("010", "octal"),
        ("0o17", "octal"),
        ("0x1F", "hexadecimal"),
        ("0b11", "binary"),
        ("1_000", "some readers"),
        ("1e3", "some readers"),
        ("1.5e3", "some readers"),
        (".inf", "finite"),
        ("-.INF", "finite"),
        (".nan", "finite"),
        ("1.0e+999", "too large"),
        ("9" * 5000, "too large"),
        ("2026-13-01", "looks like a date"),
    ],
)
def test_what_readers_of_yaml_disagree_about_is_refused_with_its_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        read_plain(text)
