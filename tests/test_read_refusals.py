"""Tables that cannot be read: each is refused with file, line, column and remedy."""

import os
from pathlib import Path

import pytest

from tlsjax.data import read
from tlsjax.errors import InputError

ROWS = "1,1e-5\n2,2e-5\n3,3e-5\n"
TABLE = f"frequency [GHz],loss\n{ROWS}"


def table(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(folder: Path, content: str | bytes, name: str = "table.csv") -> InputError:
    path = table(folder, content, name)
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.source == str(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("content", "line", "column", "message"),
    [
        ("", None, None, "the file is empty"),
        (" \n\t\n", None, None, "the file is empty"),
        ("# note\n", None, None, "only comments"),
        ("frequency [GHz],loss\n", 1, None, "only a header"),
        ("frequency [GHz],loss\n1,2\n", None, None, "only 1 row; a spectrum needs at least 3"),
        ("frequency [GHz],loss\n1,2\n2,3\n", None, None, "only 2 rows"),
        (ROWS, 1, None, "a number where the header belongs; put a line such as 'frequency [GHz],loss'"),
        ("a" * 20_001, 1, None, "a header of 20001 characters"),
        # headings
        (f"\nFrequenc. [GHz],loss\n{ROWS}", 2, "Frequenc. [GHz]",
         "did you mean 'frequency [GHz]'? Known: frequency, bias"),
        (f"frequenzy [GHz],loss\n{ROWS}", 1, "frequenzy [GHz]", "did you mean 'frequency [GHz]'?"),
        (f"freqency_Hz,q\n{ROWS}", 1, "freqency_Hz", "did you mean 'frequency [Hz]'?"),
        (f"freqency_Hz,q\n{ROWS}", 1, "freqency_Hz", "also unknown: 'q' (quality_factor?)"),
        (f"freqency_Hz,q\n{ROWS}", 1, "freqency_Hz",
         "a line '# ignore: freqency_Hz, q' passes over them, or --column 'freqency_Hz='"),
        (f"pover_dBm,qi\n{ROWS}", 1, "pover_dBm", "did you mean 'power [dBm]'?"),
        (f"frequency [GHz],loss_error\n{ROWS}", 1, "loss_error", "add a column 'loss'"),
        (f"frequency [GHz],sample\n{ROWS}", 1, "sample", "a line '# ignore: sample' passes over it"),
        (",frequency [GHz],loss\n0,1,1\n1,2,2\n2,3,3", 1, "", "to_csv(..., index=False)"),
        (f"frequency [GHz],width [nm]\n{ROWS}", 1, "width [nm]",
         "write it above the header as '# width: 1 nm'"),
        (f"frequency [GHz],frequency_err [Hz]\n{ROWS}", 1, "frequency_err [Hz]",
         "of measured quantities only"),
        (f"frequency [GHz],Frequency (Hz)\n{ROWS}", 1, "Frequency (Hz)",
         "stands twice, also as 'frequency [GHz]'"),
        (f"frequency [Hz],angular-frequency [Hz]\n{ROWS}", 1, "angular-frequency [Hz]",
         "keep one of the two"),
        (f"loss,quality factor\n{ROWS}", 1, "quality factor", "says the same as column 'loss'"),
        (f"frequency [GHz],loss_err\n{ROWS}", 1, "loss_err", "add a column 'loss'"),
        (f"frequency,loss\n{ROWS}", 1, "frequency", "no unit; write 'frequency [GHz]'"),
        (f"frequency [Hz],bias_current\n{ROWS}", 1, "bias_current", "no unit; write 'bias_current [uA]'"),
        (f"frequency [Hz],current_noise\n{ROWS}", 1, "current_noise", "write 'current_noise [A^2/Hz]'"),
        (f"frequency [uA],loss\n{ROWS}", 1, "frequency [uA]", "'uA' is a current; expected a frequency"),
        (f"frequency [blub],loss\n{ROWS}", 1, "frequency [blub]", "unknown unit 'blub'"),
        (f"frequency [Hz],current_noise [A/sqrt(Hz)]\n{ROWS}", 1, "current_noise [A/sqrt(Hz)]",
         "square the numbers"),
        ("frequency [Hz],loss [%],loss_err\n1,1,1", 1, "loss_err", "so say which: 'loss_err [1]' or '[%]'"),
        ('"frequency [GHz],loss\n1,2\n', 1, None, "a quotation mark has no partner"),
        # presence
        (f"temperature [K],loss\n{ROWS}", 1, None, "no frequency; add a column 'frequency [GHz]' or a line"),
        (f"frequency [Hz],temperature [K]\n{ROWS}", 1, None,
         "no measured column; add one of conductivity [S]"),
        (f"# ignore: frequency, loss\n{TABLE}", 2, None, "no frequency"),
        ("frequency [Hz],loss\n1,\n2,\n3,\n", 1, "loss", "the column is empty; fill it or remove it"),
        # constants
        (f"# widht: 2 um\n{TABLE}", 1, None, "'widht: 2 um' names no known constant; did you mean 'width'?"),
        (f"# width: 2 GHz\n{TABLE}", 1, None, "'GHz' is a frequency; expected a length such as um"),
        (f"\n# width: 2\n{TABLE}", 2, None, "'2' has no unit"),
        (f"# width: broad\n{TABLE}", 1, None, "a line such as '# width: 50 um' sets it"),
        (f"# width: -2 um\n{TABLE}", 1, None, "width is -2 um; it must be above zero"),
        (f"# temperature: 0 K\n{TABLE}", 1, None, "temperature is 0 K; it must be above zero"),
        (f"# kinetic_fraction: 1.5\n{TABLE}", 1, None, "a share lies between 0 and 1"),
        (f"# averages: 0\n{TABLE}", 1, None, "it must be above zero"),
        (f"# width: 1 um\n# Width: 2 um\n{TABLE}", 2, None, "stands twice, also in line 1"),
        (f"# loss: 1e-5\n{TABLE}", 1, None, "loss is measured and needs a column of its own"),
        (f"# frequency: 5 GHz\n{TABLE}", 2, "frequency [GHz]",
         "stands also as the constant 'frequency' in line 1"),
        (f"# angular_frequency: 5 GHz\n{TABLE}", 2, "frequency [GHz]",
         "constant 'angular_frequency' in line 1"),
        ("# frequency: 5 Hz\n# angular_frequency: 5 Hz\nloss\n1\n2\n3", None, None, "say the same; keep one"),
        # cells
        ("frequency [Hz],loss\n1,1\n\n2\n3,3\n", 4, None, "1 cell where the header has 2"),
        ("frequency [Hz],loss\n1,1\n2,2,2\n3,3\n", 3, None, "3 cells where the header has 2; if the comma"),
        ("frequency [Hz] loss\n1 1\n2\n3 3\n", 3, None, "an empty cell needs a delimiter"),
        ("frequency [Hz],loss\n1,1\nbad,2\n3,3\n", 3, "frequency [Hz]", "found 'bad'; write a number"),
        ("frequency [Hz],loss\n1,1\n2,\u200b" + "x" * 99 + "\n3,3\n", 3, "loss", "found '\\u200bxxx"),
        ("frequency [Hz],loss\n1,1\n2,nan\n3,3\n", 3, "loss", "found 'nan'; leave the cell empty if"),
        ("frequency [Hz],loss\n1,1\n2,-inf\n3,3\n", 3, "loss", "found '-inf'; leave the cell empty if"),
        ("frequency [Hz],loss\n1,1\n2,N/A\n3,3\n", 3, "loss", "found 'N/A'; leave the cell empty if"),
        ("frequency [Hz],loss\n1,1\n2,1e999\n3,3\n", 3, "loss", "'1e999' is too large"),
        ("frequency [GHz],loss\n1,1\n1e305,2\n3,3\n", 3, "frequency [GHz]", "too large"),
        ("frequency [Hz],loss\n1,1\n2,2 # bad\n3,3\n", 3, "loss", "a comment needs a line of its own"),
        ('frequency [Hz],loss\n1,1\n"2,5",2\n3,3\n', 3, "frequency [Hz]", "write decimal points"),
        ('frequency [Hz],loss\n1,1\n"2,2\n3,3\n', 3, None, "a quotation mark has no partner"),
        ("frequency [Hz],loss\n1,1\n2,1_000\n3,3\n", 3, "loss", "found '1_000'; write a number"),
        ("frequency [Hz];loss\n1;1\n1.234,5;2\n3;3\n", 3, "frequency [Hz]", "thousands separator"),
        ("frequency [Hz];loss\n1,5;1\n2;2.5\n3;3\n", 3, "loss",
         "'2.5' with a decimal point, and a decimal comma in line 2"),
        ("frequency [Hz],temperature [K],loss\n1,1,1\n2,,2\n3,1,3\n", 3, "temperature [K]",
         "the cell is empty"),
        ("frequency [Hz],averages,loss\n1,1,1\n2,,2\n3,1,3\n", 3, "averages", "the cell is empty"),
        # ranges
        ("frequency [Hz],loss\n1,1\n0,2\n3,3\n", 3, "frequency [Hz]", "found 0 Hz; it must be above zero"),
        ("frequency [GHz],loss\n1,1\n-2,2\n3,3\n", 3, "frequency [GHz]",
         "found -2 GHz; it must be above zero"),
        ("frequency [Hz],temperature [mK],loss\n1,0,1\n2,1,2\n3,1,3\n", 2, "temperature [mK]", "found 0 mK"),
        ("frequency [Hz],power [W],loss\n1,-90,1\n2,1,2\n3,1,3\n", 2, "power [W]", "write dBm as '[dBm]'"),
        ("frequency [Hz],photon_number,loss\n1,-1,1\n2,1,2\n3,1,3\n", 2, "photon_number",
         "not be below zero"),
        ("frequency [Hz],loss\n1,1\n2,0\n3,3\n", 3, "loss",
         "found 0; it must be above zero; leave the cell empty"),
        ("frequency [Hz],quality_factor\n1,1\n2,-5\n3,3\n", 3, "quality_factor",
         "found -5; it must be above zero"),
        ("frequency [Hz],conductivity [uS]\n1,1\n2,-5\n3,3\n", 3, "conductivity [uS]", "found -5 uS"),
        ("frequency [Hz],current_noise [A^2/Hz]\n1,1\n2,0\n3,3\n", 3, "current_noise [A^2/Hz]",
         "found 0 A^2/Hz"),
        ("frequency [Hz],averages,loss\n1,1,1\n2,0,2\n3,1,3\n", 3, "averages",
         "found 0; it must be above zero"),
        ("frequency [Hz],loss,loss_err\n1,1,1\n2,2,0\n3,3,1\n", 3, "loss_err",
         "an uncertainty must be above zero"),
        ("frequency [Hz],loss,loss_err [%]\n1,1,1\n2,2,-1\n3,3,1\n", 3, "loss_err [%]",
         "found -1 %; an uncertainty"),
        ("frequency [Hz],loss,loss_err\n1,1,1\n2,2,\n3,3,1\n", 3, "loss_err",
         "the uncertainty is empty beside a value"),
        ("frequency [Hz],loss\n1,1\n2,2\n\n1,1\n", 5, None, "this row repeats line 2 in every cell"),
        ("frequency [Hz],loss\n1,\n2,2\n1,\n", 4, None, "this row repeats line 2 in every cell"),
        # not text
        (b"PK\x03\x04" + bytes(60), None, None,
         "Excel, OpenDocument or zip file; open it in the spreadsheet"),
        (b"\xd0\xcf\x11\xe0" + bytes(60), None, None, "old Excel file"),
        (b"\x1f\x8b" + bytes(60), None, None, "compressed with gzip; unpack it first"),
        (b"\x89HDF\r\n\x1a\n" + bytes(60), None, None, "give its name the ending .nc or .h5"),
        (TABLE.encode() + b"4,\x004\n", 5, None, "byte 0x00 is not text; is this a binary file?"),
        (bytes(range(1, 256)), None, None, "binary file"),
        (b"\xff\xfe" + b"a\xd8" * 3 + b"x", None, None, "save it as UTF-8"),
    ],
)  # fmt: skip
def test_refusals_name_line_column_and_remedy(
    tmp_path: Path, content: str | bytes, line: int | None, column: str | None, message: str
) -> None:
    error = refusal(tmp_path, content)
    assert message in error.message
    assert error.line == line
    assert error.column == column


def test_paths_that_are_no_table(tmp_path: Path) -> None:
    table(tmp_path, TABLE, "sweep.csv")
    for path, message in (
        (tmp_path, "this is a folder; name a file in it"),
        (tmp_path / "sweeep.csv", "no such file; did you mean 'sweep.csv'?"),
        (tmp_path / "q" / "a.csv", "does not exist"),
        (Path("/dev/null"), "a device or a pipe"),
        ("a\0b.csv", "cannot be read"),
    ):
        with pytest.raises(InputError) as caught:
            read(path)
        assert message in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_one_may_not_read(tmp_path: Path) -> None:
    path = table(tmp_path, TABLE)
    path.chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        read(path)


def test_a_file_that_refuses_to_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path, TABLE)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match=r"cannot be read \(Permission denied\)"):
        read(path)


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(150_000_000)
    with pytest.raises(InputError, match=r"150 MB, more than the 100 MB.*split the file"):
        read(path)


def test_too_many_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsjax.data.csv_table.MAX_LINES", 3)
    assert "more than 3 lines" in refusal(tmp_path, TABLE).message
