"""Check what the main job left behind: files whole, verdict passed, truth inside the intervals."""

import json
import sys
import tomllib
from pathlib import Path

folder = Path(sys.argv[1])
summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
assert summary["verdict"]["ok"], summary["verdict"]["reasons"]
for name in ("posterior.nc", "summary.csv", "report.html", "model.toml", "log.txt"):
    assert (folder / name).stat().st_size > 0, f"{name} is empty"
report = (folder / "report.html").read_text(encoding="utf-8")
assert report.count("<svg") >= 6, "figures are missing from the report"
assert "http://" not in report.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
    "http://creativecommons.org", ""
), "the report is not self-contained"
truth = tomllib.loads((folder.parent / "data_examples" / "loss.truth.toml").read_text())["truth"]
found = summary["parameters"]
for name in ("amplitude", "omega_c", "tau_min", "tau_max"):
    low, high = (found[name]["median"] + k * found[name]["sd"] for k in (-4.0, 4.0))
    assert low < truth[name] < high, f"{name}: {truth[name]:g} is outside {low:g} to {high:g}"
    assert found[name]["identified"], f"{name} is not marked as identified"
for name in ("nu", "lambda_f", "eta", "omega_star"):
    assert not found[name]["identified"], f"{name} is marked as identified"
print("results checked: verdict passed, truth recovered, report whole")
