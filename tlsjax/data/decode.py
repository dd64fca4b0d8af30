"""Bytes of a text file to characters, or a plain word on why they are no text."""

import codecs
import re

from tlsjax.errors import InputError

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_FOREIGN = (
    (b"PK\x03\x04", "an Excel, OpenDocument or zip file; open it in the spreadsheet and save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file; open it in the spreadsheet and save it as CSV"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"%PDF", "a PDF; export the table as CSV"),
)
_SCIENTIFIC = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")


def is_scientific(data: bytes) -> bool:
    """Whether a file starts as HDF5 or NetCDF does."""
    return data.startswith(_SCIENTIFIC)


def decode(data: bytes, source: str) -> tuple[str, tuple[str, ...]]:
    """Text of a file with line ends as ``\\n``, and notes on how it was read.

    UTF-8 and UTF-16 with or without byte-order mark, else Latin-1.

    Raises:
        InputError: the bytes are no text.
    """
    for start, what in _FOREIGN:
        if data.startswith(start):
            raise InputError(f"this is {what}", source=source)
    if is_scientific(data):
        raise InputError("this is a NetCDF or HDF5 file; give its name the ending .nc or .h5", source=source)
    text, notes = _characters(data, source)
    text = text.removeprefix("\ufeff").removesuffix("\x1a")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        message = (
            f"byte {ord(control.group()):#04x} is not text; is this a binary file? Save the table as CSV"
        )
        raise InputError(message, source=source, line=line)
    # a typographic minus and the blank that spreadsheets put between thousands stay out of everything below
    return text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " "), notes


def _characters(data: bytes, source: str) -> tuple[str, tuple[str, ...]]:
    encoding = _wide_encoding(data)
    if encoding:
        try:
            return data.decode(encoding), ("read as UTF-16",)
        except UnicodeDecodeError:
            raise InputError(
                "starts as UTF-16 text and breaks off; save it as UTF-8", source=source
            ) from None
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        pass
    if sum(byte >= 0x80 for byte in data[:4096]) > 0.1 * len(data[:4096]):
        raise InputError("this is not text; is it a binary file? Save the table as CSV", source=source)
    return data.decode("latin-1"), ("not UTF-8, read as Latin-1",)


def _wide_encoding(data: bytes) -> str:
    """UTF-16 by its mark, or by zeros in every other byte."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:4096]
    half = len(head) // 2
    if half >= 8 and head[1::2].count(0) > 0.9 * half and head[::2].count(0) == 0:
        return "utf-16-le"
    if half >= 8 and head[::2].count(0) > 0.9 * half and head[1::2].count(0) == 0:
        return "utf-16-be"
    return ""
