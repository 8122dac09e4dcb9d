"""Plain YAML scalars, read strictly: what readers of YAML disagree about is refused, not guessed.

YAML 1.1 reads ``12:30`` as 750, ``no`` as false, ``010`` as 8 and ``1e3`` as text; YAML 1.2 reads them
otherwise. A scenario means the same to everybody, so that each of these is an error with its remedy.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

Scalar = str | int | float | bool | datetime | None

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = {"true": True, "false": False}
_BOOLEAN_LOOKALIKE = re.compile(r"true|false|yes|no|on|off", re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_ODD_NUMBERS = (
    (re.compile(r"[-+]?0[0-9_]+"), "has a leading zero, which some readers of YAML take for octal"),
    (re.compile(r"[-+]?0o[0-7_]+"), "is an octal number"),
    (re.compile(r"[-+]?0x[0-9a-fA-F_]+"), "is a hexadecimal number"),
    (re.compile(r"[-+]?0b[01_]+"), "is a binary number"),
    (re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?"), "is a number to some readers of YAML only"),
)
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([Tt ]+\d\d?:\d\d:\d\d(\.\d*)?\s*(Z|[-+]\d\d?(:?\d\d)?)?)?")
_LONGEST_NUMBER = 18  # digits: what 64 bits surely hold


def read_plain(text: str) -> Scalar:
    """The value of an unquoted scalar; ``ValueError`` says what is wrong with it and how to write it.

    Only ``true`` and ``false`` are booleans; dates come back as aware datetimes (UTC where no offset is given).
    """
    if _NULL.fullmatch(text):
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _BOOLEAN_LOOKALIKE.fullmatch(text):
        raise ValueError(
            f"unquoted {text} is a boolean to some readers of YAML and text to others; {_boolean_remedy(text)}"
        )
    if text[0] in "0123456789.+-":
        return _number_or_text(text)
    return text


def _boolean_remedy(text: str) -> str:
    truth = "true" if text.lower() in ("true", "yes", "on") else "false"
    return f'write {truth} for the boolean, or "{text}" for the text'


def _number_or_text(text: str) -> Scalar:
    if _INTEGER.fullmatch(text):
        if len(text.lstrip("+-")) > _LONGEST_NUMBER:
            raise ValueError(f"a number of {len(text)} digits is too large")
        return int(text)
    if _DECIMAL.fullmatch(text):
        number = float(text) if len(text) < 400 else math.inf
        if not math.isfinite(number):
            raise ValueError(f"{text[:40]} is too large a number")
        return number
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if _SEXAGESIMAL.fullmatch(text):
        raise ValueError(
            f"unquoted {text} is a number in base 60 to some readers of YAML; "
            f'write a duration (12h30m), or "{text}" for the text'
        )
    if _DATE.fullmatch(text):
        return _date(text)
    for pattern, reason in _ODD_NUMBERS:
        if pattern.fullmatch(text):
            raise ValueError(f'unquoted {text[:40]} {reason}; write plain digits, or "{text[:40]}" for the text')
    return text


def _date(text: str) -> datetime:
    try:
        stamp = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text} looks like a date but is none; write for example 2026-01-05T00:00:00Z") from None
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
