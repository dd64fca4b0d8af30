"""The one exception for what a user can mend: bad files, bad model files, bad arguments."""


class InputError(ValueError):
    """Something in the user's input is wrong; the message is one line that says what and how to mend it.

    Args:
        message: what was found and what would be right.
        source: file the message is about, if any.
        line: 1-based line in that file.
        column: column, as its header says it.
    """

    def __init__(
        self, message: str, *, source: str | None = None, line: int | None = None, column: str | None = None
    ) -> None:
        self.message, self.source, self.line, self.column = message, source, line, column
        place = ", ".join(
            part
            for part in (
                source,
                f"line {line}" if line is not None else None,
                f"column '{column}'" if column is not None else None,
            )
            if part
        )
        super().__init__(f"{place}: {message}" if place else message)
