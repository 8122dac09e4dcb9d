"""What a text is laid out for: a pipe, which takes lines as they are, or a terminal of some width."""

from __future__ import annotations

from dataclasses import dataclass

NARROWEST = 40  # signs: of a terminal; what is narrower folds such lines itself
_RESET = "\x1b[0m"
_CODES = {"bold": 1, "red": 31, "green": 32, "yellow": 33}  # ECMA-48, Select Graphic Rendition


@dataclass(frozen=True, slots=True)
class Screen:
    """What a text is laid out for; as it stands, a pipe.

    ``width``: signs in a line; None: a line is as long as what it says. ``styled``: bold and colour may be used.
    ``in_blocks``: it has the signs of Unicode, block elements among them. ``draws``: sparklines help whoever reads it;
    not where signs are read aloud.
    """

    width: int | None = None
    styled: bool = False
    in_blocks: bool = True
    draws: bool = True

    def bold(self, text: str) -> str:
        r"""``text`` in bold, each of its lines by itself; as it is where nothing is styled.

        >>> Screen(80, styled=True).bold("so"), PIPE.bold("so")
        ('\x1b[1mso\x1b[0m', 'so')
        """
        return self.in_style("bold", text)

    def in_style(self, style: str, text: str) -> str:
        """``text`` in a colour (red, green, yellow), or bold."""
        if not self.styled:
            return text
        return "\n".join(f"\x1b[{_CODES[style]}m{line}{_RESET}" if line else line for line in text.split("\n"))


PIPE = Screen()
