"""How a fit is repeated: a command, the same in Python, and an archive with all they need but the data."""

import shlex
from collections.abc import Mapping
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tlsjax.data.options import ReadOptions
from tlsjax.fitting.result import Result
from tlsjax.model.modelfile import to_toml

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Of files in an archive, so that it is the same from run to run; none can be older."""


def command(result: Result) -> str:
    """The command that repeats the fit; empty where only Python can say how its tables were read."""
    files = _files(result)
    reading = _reading(files) if len(files) == len({source for source, _ in files}) else None
    if reading is None:
        return ""
    record = result.record
    settings = [("method", record["method"])] if record.get("method", "auto") != "auto" else []
    settings += [*record.get("sampler", {}).items()]
    options = [*reading, *(("quantity", name) for name in record.get("quantities") or ())]
    words = ["tlsjax", "fit", *(source for source, _ in files)]
    words += [word for name, value in options for word in (f"--{name}", value)]
    words += ["--model", "model.toml", "--seed", str(result.seed)]
    words += [word for name, value in settings for word in (f"--{name}", str(value))]
    return shlex.join([*words, "--out", "FOLDER"])


def python_call(result: Result) -> str:
    """The lines of Python that repeat the fit."""
    record = result.record
    settings = dict(record.get("sampler", {}))
    if record.get("method", "auto") != "auto":
        settings = {"method": record["method"], **settings}
    if record.get("quantities"):
        settings["quantities"] = tuple(record["quantities"])
    files = ", ".join(_read(source, options) for source, options in _files(result))
    more = "".join(f", {name}={value!r}" for name, value in settings.items())
    return (
        "import jax\n\n"
        'jax.config.update("jax_enable_x64", True)\n\n'
        "import tlsjax as tls\n\n"
        f'result = tls.fit([{files}], model="model.toml", seed={result.seed}{more})'
    )


def digests(result: Result) -> dict[str, str]:
    """SHA-256 of every file that was read, by its name."""
    return {spectrum.source: spectrum.digest for spectrum in result.spectra if spectrum.digest}


def archive(result: Result) -> bytes:
    """A zip file with the model, the command, versions of packages and digests of the data."""
    versions = dict(result.record.get("versions", {}))
    ours = [f"# {name} {versions.pop(name)}\n" for name in ("python", "tlsjax") if name in versions]
    sums = "".join(f"{digest}  {source}\n" for source, digest in digests(result).items())
    script = ["#!/bin/sh", "# In the folder from which the data were named; model.toml beside it.", "set -e"]
    script += ["sha256sum --check data.sha256"] if sums else []
    called = command(result)
    contents = {
        "model.toml": to_toml(result.model),
        "reproduce.sh": "\n".join([*script, called.removesuffix("FOLDER") + "reproduced", ""])
        if called
        else "",
        "reproduce.py": python_call(result) + "\n",
        "requirements.txt": "".join([*ours, *(f"{name}=={version}\n" for name, version in versions.items())]),
        "data.sha256": sums,
    }
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as file:
        for name, text in contents.items():
            if text:
                file.writestr(_about(name), text.encode("utf-8", "replace"))
    return buffer.getvalue()


def _about(name: str) -> ZipInfo:
    about = ZipInfo(name, _LONG_AGO)
    about.compress_type = ZIP_DEFLATED
    about.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
    return about


def _files(result: Result) -> list[tuple[str, ReadOptions]]:
    """Every file once, with how it was read; twice where it was read in two ways."""
    found: list[tuple[str, ReadOptions]] = []
    for spectrum in result.spectra:
        one = (spectrum.source, spectrum.options)
        if one not in found:
            found.append(one)
    return found


def _read(source: str, options: ReadOptions) -> str:
    """An argument of ``tls.fit``."""
    said = [
        f"{field.name}={getattr(options, field.name)!r}"
        for field in fields(options)
        if getattr(options, field.name) != getattr(ReadOptions(), field.name)
    ]
    return f"*tls.read_tables({source!r}, tls.ReadOptions({', '.join(said)}))" if said else repr(source)


def _reading(files: list[tuple[str, ReadOptions]]) -> list[tuple[str, str]] | None:
    """Names and values of the command's options that read all files so; None where there are none such."""
    by_file = {Path(source).name: options for source, options in files}
    whole = {(options.header, options.only) for _, options in files}
    if len(whole) > 1 or len({(Path(source).name, repr(options)) for source, options in files}) > len(
        by_file
    ):
        return None
    (header, only) = whole.pop()
    said = _shared("set", {name: [f"{n}={v}" for n, v in o.constants.items()] for name, o in by_file.items()})
    said += _shared(
        "column", {name: [f"{w}={n}" for w, n in o.columns.items()] for name, o in by_file.items()}
    )
    said += _shared("where", {name: list(options.where) for name, options in by_file.items()})
    for number in range(max(len(options.run) for options in by_file.values())):
        said += _shared(
            "run", {name: [one for one in o.run[number:][:1] if one] for name, o in by_file.items()}
        )
    said += [(name, text) for name, text in (("header", header), ("only", only)) if text is not None]
    return said


def _shared(option: str, texts: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """What holds for every file once, the rest with the name of its file ahead."""
    every = [text for text in next(iter(texts.values())) if all(text in own for own in texts.values())]
    own = [(option, f"{file}:{text}") for file, said in texts.items() for text in said if text not in every]
    return [*((option, text) for text in every), *own]
