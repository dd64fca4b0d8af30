"""Whatever bytes a file holds, reading it gives a spectrum or one line that says what is wrong."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tlsjax.data import Spectrum, read
from tlsjax.data import cells as cells_module
from tlsjax.data.cells import Body, read_numbers
from tlsjax.data.headings import known_columns, known_constants
from tlsjax.errors import InputError

FUZZ = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NUMBERS = st.one_of(
    st.floats(1e-12, 1e12).map(repr),
    st.floats().map(str),
    st.sampled_from(
        [
            "",
            "1,5",
            "1.5",
            "1.234,5",
            "nan",
            "-inf",
            "0",
            "-1",
            " ",
            "1e999",
            '"2"',
            '"',
            "#",
            "1;2",
            "x",
            "−3",
        ]
    ),
)
NAMES = st.one_of(
    st.sampled_from([*known_columns(), *known_constants()]),
    st.sampled_from(["", "freq", "T_K", "Q i", "LOSS"]),
)
UNITS = st.sampled_from(
    ["", " [GHz]", " [K]", " (mK)", " [dBm]", " [%]", " [1]", " [A^2/Hz]", " [uA]", " [", " []", " [9**9]"]
)
HEADINGS = st.tuples(NAMES, UNITS).map("".join)
COMMENTS = st.one_of(
    st.tuples(
        NAMES, st.sampled_from([":", "=", " "]), NUMBERS, st.sampled_from(["", " um", " mK", " GHz", " !"])
    ).map(lambda parts: "# " + "".join(parts)),
    st.just("# ignore: loss"),
    st.text(max_size=20).map(lambda text: "#" + text),
)


@st.composite
def almost_tables(draw: st.DrawFn) -> bytes:
    """Text that is nearly a table: the cases between a good file and noise."""
    delimiter = draw(st.sampled_from([",", ";", "\t", " ", "  "]))
    headings = draw(st.lists(HEADINGS, min_size=1, max_size=4))
    if draw(st.booleans()):
        headings = ["frequency [GHz]", "loss [1]", *headings][: draw(st.integers(1, 5))]
    width = len(headings)
    plain = st.floats(1e-3, 1e3).map(repr)
    cell = plain if draw(st.booleans()) else st.one_of(plain, plain, plain, NUMBERS)
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6))
    if rows and draw(st.integers(0, 4)) == 0:
        rows[draw(st.integers(0, len(rows) - 1))].append(draw(NUMBERS))
    lines = [
        *draw(st.lists(COMMENTS, max_size=2)),
        delimiter.join(headings),
        *(delimiter.join(row) for row in rows),
    ]
    if draw(st.booleans()):
        lines.insert(
            draw(st.integers(0, len(lines))), draw(st.one_of(COMMENTS, st.just(""), st.text(max_size=9)))
        )
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines)
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"])), errors="replace")


def outcome(path: Path) -> Spectrum | InputError:
    try:
        return read(path)
    except InputError as error:
        return error


def spectrum_or_line(path: Path) -> None:
    spectrum = outcome(path)
    if isinstance(spectrum, InputError):
        assert str(spectrum).isprintable()
        assert str(spectrum).startswith(str(path))
        assert len(spectrum.message) < 1200
        assert spectrum.line is None or spectrum.line >= 1
        return
    assert len(spectrum) >= 3
    assert spectrum.measured
    for name, values in spectrum.columns.items():
        assert values.shape == (len(spectrum),)
        assert not np.isinf(values).any()
        assert name in known_columns()
    for name in spectrum.conditions:
        condition = spectrum.condition(name)
        assert condition is not None
        assert np.isfinite(condition).all()
    assert np.isfinite(list(spectrum.constants.values())).all()


@FUZZ
@given(content=st.binary(max_size=400))
@example(content=b"")
@example(content=b"\xff\xfe")
@example(content=b"\xef\xbb\xbf")
@example(content=b"\x00" * 20)
@example(content=b'"\n"\n"')
@example(content=b"sep=;\n")
@pytest.mark.parametrize("name", ["a.csv", "a.nc"])
def test_bytes(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    spectrum_or_line(path)


@FUZZ
@given(content=st.text(max_size=300))
def test_text(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode(errors="surrogatepass"))
    spectrum_or_line(path)


@settings(FUZZ, max_examples=400)
@given(content=almost_tables())
def test_almost_tables(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    spectrum_or_line(path)


@FUZZ
@given(start=st.integers(0, 10_000), patch=st.binary(max_size=20))
def test_damaged_netcdf(tmp_path: Path, netcdf: bytes, start: int, patch: bytes) -> None:
    start %= len(netcdf)
    path = tmp_path / "a.nc"
    path.write_bytes(netcdf[:start] + patch + netcdf[start + len(patch) :])
    spectrum_or_line(path)
    path.write_bytes(netcdf[:start])
    spectrum_or_line(path)


@pytest.fixture(scope="module")
def netcdf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from tlsjax.data import write

    path = tmp_path_factory.mktemp("whole") / "a.nc"
    rows = np.arange(1.0, 5.0)
    write(Spectrum({"frequency": rows, "loss": rows, "loss_err": rows}, {"temperature": 0.02}), path)
    return path.read_bytes()


@FUZZ
@given(
    cells=st.lists(
        st.lists(st.text(alphabet="0123456789.,+-eE ", max_size=8), min_size=2, max_size=2),
        min_size=1,
        max_size=6,
    )
)
def test_the_fast_road_reads_what_the_careful_one_reads(cells: list[list[str]]) -> None:
    body = Body([";".join(row) for row in cells], np.arange(len(cells)), ";", ["a", "b"], [0, 1], "a.csv")
    decimal_comma = any("," in row for row in body.rows)
    fast = cells_module._fast(body, 0, decimal_comma)
    if fast is not None:
        np.testing.assert_array_equal(fast, cells_module._careful(body, 0, decimal_comma))
        np.testing.assert_array_equal(fast, np.transpose(read_numbers(body)[0]))
