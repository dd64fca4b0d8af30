"""The report in a browser: what its script does, with pointer, keyboard and a narrow screen."""

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from test_report import HOSTILE, synthetic, table

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here to open the report")
NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(NAMES)} here to open the report")
HOSTILE_NAMES = ("<!--<script>&'.csv", "</script><img src=x onerror=alert(1)>.csv")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    reports = {
        "joint": synthetic(
            [
                table("loss", "l.csv", current=(0.0, 1e-5, 4e-5)),
                table("current_noise", "n.csv", f=np.geomspace(1, 1e6, 20), error=False),
            ],
            "log_uniform",
        ),
        "hostile": synthetic([table(source=name) for name in (*HOSTILE_NAMES, *HOSTILE)], ok=False),
    }
    for name, result in reports.items():
        result.report(folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in reports}


@pytest.fixture
def opened(browser, paths):
    """Opens a report; at the end, no error, no dialog and no request but for the file itself."""
    trouble, contexts = [], []

    def open_(name, width=1100, height=900, **more):
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("console", lambda said: trouble.append(f"console: {said.text}"))
        page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: trouble.append(asked.url) if foreign(asked.url) else None)
        page.goto(paths[name].as_uri())
        return page

    def foreign(url):
        return not url.startswith((paths["joint"].parent.as_uri(), "data:", "blob:"))

    yield open_
    for context in contexts:
        context.close()
    assert not trouble


def centre(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def settle(page):
    """Events of a scroll come with the next frame, and hide what was read before."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def brought(mark):
    """Where the middle of a mark is, once it has been scrolled to."""
    mark.scroll_into_view_if_needed()
    settle(mark.page)
    return centre(mark.bounding_box())


def focused(page):
    return page.evaluate("document.activeElement.className || document.activeElement.tagName")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["joint", "hostile"])
def test_every_figure_is_drawn(opened, which, scheme):
    page = opened(which, color_scheme=scheme)
    sizes = page.eval_on_selector_all(
        "figure .card > svg",
        "all => all.map(one => [one.getBoundingClientRect().width, one.getBoundingClientRect().height])",
    )
    assert len(sizes) == page.locator("figure").count() >= 6
    assert (np.array(sizes) > 100).all()
    inside = page.eval_on_selector_all("figure .card > svg", "all => all.map(one => one.getBBox().width)")
    assert (np.array(inside) > 100).all()


@pytest.mark.parametrize("which", ["joint", "hostile"])
def test_a_narrow_screen_does_not_scroll_sideways(opened, which):
    page = opened(which, width=360, has_touch=True)
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) == 360
    page.locator("details summary").first.click()
    point = page.locator('[id^="data_"][id*="-points"] use').first
    page.touchscreen.tap(*brought(point))
    box = page.locator(".tip").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert page.evaluate(width) == 360


def test_the_pointer_reads_a_point(opened):
    page = opened("joint")
    tip = page.locator(".tip")
    assert tip.is_hidden()
    for part in ("points", "residuals"):
        mark = page.locator(f'[id^="data_loss-level2-{part}"] use').nth(3)
        page.mouse.move(*brought(mark))
        words = tip.inner_text()
        assert words.startswith("l.csv, line 12: f = ")
        assert "I = 40\N{NO-BREAK SPACE}µA" in words
        for word in ("measured", "±", "predicted", "residual", "σ"):
            assert word in words
        ring = page.locator(".ring").bounding_box()
        np.testing.assert_allclose(centre(ring), centre(mark.bounding_box()), atol=1.5)
    page.mouse.move(5, 5)
    assert tip.is_hidden()
    assert page.locator(".ring").count() == 0


def test_a_hostile_name_is_read_as_it_is(opened):
    page = opened("hostile")
    for figure, name in zip(("data_conductivity", "data_conductivity_2"), HOSTILE_NAMES, strict=True):
        mark = page.locator(f'[id^="{figure}-"][id*="-points"] use').first
        page.mouse.move(*brought(mark))
        assert page.locator(".tip").inner_text().startswith(Path(name).name + ", line 1: ")
    assert page.locator("img").count() == 0


def test_switches_hide_and_show(opened):
    page = opened("joint")
    figure = page.locator("figure[data-name=data_loss]")
    boxes = figure.locator("input[type=checkbox]")
    assert figure.locator("label").first.inner_text().strip() == "all"
    parts = figure.locator('[id^="data_loss-level1-"]')
    assert parts.count() >= 5
    visible = "all => all.filter(one => getComputedStyle(one).display !== 'none').length"
    boxes.nth(2).uncheck()
    assert parts.evaluate_all(visible) == 0
    assert figure.locator('[id^="data_loss-level0-"]').evaluate_all(visible) > 0
    assert boxes.nth(0).evaluate("one => one.indeterminate")
    boxes.nth(2).check()
    assert parts.evaluate_all(visible) == parts.count()
    boxes.nth(0).uncheck()
    assert figure.locator('[id^="data_loss-level"]').evaluate_all(visible) == 0
    boxes.nth(0).check()
    assert figure.locator('[id^="data_loss-level"]').evaluate_all(visible) > 10


def test_a_hidden_curve_is_gone_from_the_saved_figure(opened, tmp_path):
    page = opened("joint")
    figure = page.locator("figure[data-name=data_loss]")
    svg = figure.locator("svg")
    alt = svg.get_attribute("aria-label")
    box = figure.locator("input[type=checkbox]").nth(2)
    box.uncheck()
    with page.expect_download() as begun:
        figure.locator("button.save").click()
    begun.value.save_as(tmp_path / "saved.svg")
    root = ET.parse(tmp_path / "saved.svg").getroot()
    assert root.attrib["aria-label"] == f"{alt} I = 10\N{NO-BREAK SPACE}µA not shown."
    by_id = {element.get("id"): element for element in root.iter()}
    for level, style in ((0, ""), (1, "display: none;"), (2, "")):
        for part in ("mark", "words"):
            assert by_id[f"data_loss-level{level}-key-{part}"].get("style", "") == style
    (styled,) = root.iter("{http://www.w3.org/2000/svg}style")
    assert "stroke-linejoin" in styled.text
    box.check()
    assert svg.get_attribute("aria-label") == alt


def test_a_hidden_point_is_not_read(opened):
    page = opened("joint")
    figure = page.locator("figure[data-name=data_current_noise]")
    mark = figure.locator('[id^="data_current_noise-level1-points"] use').first
    page.mouse.move(*(place := brought(mark)))
    assert page.locator(".tip").is_visible()
    figure.locator("input[type=checkbox]").nth(1).uncheck()
    page.mouse.move(*place)
    assert page.locator(".tip").is_hidden()


def test_the_keyboard_reaches_and_works_everything(opened):
    page = opened("joint")
    figure = page.locator("figure[data-name=data_loss]")
    page.locator("details summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "copy"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert not figure.locator("input").first.is_checked()
    page.keyboard.press("Space")
    for _ in range(4):
        page.keyboard.press("Tab")
    assert focused(page) == "card"
    page.keyboard.press("ArrowRight")
    first = page.locator(".tip").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator(".tip").inner_text() != first
    page.keyboard.press("Home")
    assert page.locator(".tip").inner_text() == first
    page.keyboard.press("Escape")
    assert page.locator(".tip").is_hidden()
    page.keyboard.press("Tab")
    assert focused(page) == "save"
    with page.expect_download() as begun:
        page.keyboard.press("Enter")
    assert begun.value.suggested_filename == "data_loss.svg"


def test_what_is_read_goes_with_the_figure(opened):
    page = opened("joint", width=360, height=700, has_touch=True)
    card = page.locator("figure[data-name=data_loss] .card")
    tip = page.locator(".tip")
    mark = page.locator('[id^="data_loss-level2-points"] use').first
    page.touchscreen.tap(*brought(mark))
    assert tip.is_visible()
    card.evaluate("one => { one.scrollLeft += 60; }")
    tip.wait_for(state="hidden")
    assert page.locator(".ring").count() == 0


def test_stepping_keeps_point_and_words_in_the_window(opened):
    page = opened("joint", width=360, height=500)
    card = page.locator("figure[data-name=data_loss] .card")
    tip = page.locator(".tip")
    for edge in ("start", "end"):
        card.evaluate("one => one.focus({ preventScroll: true })")
        # half of the figure is left
        card.evaluate("(one, edge) => one.scrollIntoView({ block: edge })", edge)
        sign = 1 if edge == "start" else -1
        page.evaluate(f"scrollBy(0, {sign} * {card.bounding_box()['height'] / 2})")
        for key in ["Home", *["ArrowRight"] * 14, "End"]:
            page.keyboard.press(key)
            settle(page)
            assert tip.is_visible()
            for part in (tip, page.locator(".ring")):
                box = part.bounding_box()
                assert box["x"] >= 0
                assert box["y"] >= 0
                assert box["x"] + box["width"] <= 360
                assert box["y"] + box["height"] <= 500


def test_tab_stops_have_names_and_a_use(opened):
    wide, narrow = opened("joint"), opened("joint", width=360)
    told = "figure:has(script) > .card"
    others = "figure:not(:has(script)) > .card"
    for page in (wide, narrow):
        for card in page.locator(told).all():
            assert card.get_attribute("tabindex") == "0"
            assert card.get_attribute("role") == "group"
            assert {"←", "→", "Esc"} <= set(re.split(r"[\s,:]+", card.get_attribute("aria-label")))
    assert wide.locator(others).count() == narrow.locator(others).count() > 3
    assert wide.locator(f"{others}[tabindex]").count() == 0
    overflowing = narrow.locator(f"{others}[tabindex='0'][role=group][aria-label]")
    assert overflowing.count() == narrow.locator(others).count()


def test_what_goes_on_to_the_right_shows_it(opened):
    page = opened("joint", width=360)
    for box in (page.locator("figure .card").first, page.locator(".scroll:has(table.parameters)")):
        masked = "one => getComputedStyle(one).maskImage !== 'none'"
        assert box.evaluate(masked)
        box.evaluate("one => { one.scrollLeft = one.scrollWidth; }")
        page.wait_for_function("one => !one.classList.contains('more')", arg=box.element_handle())
        assert not box.evaluate(masked)
    assert opened("joint").locator("figure .card.more").count() == 0


def test_a_saved_figure_stands_alone(opened, browser, tmp_path):
    page = opened("joint", color_scheme="dark")
    for name in ("data_loss", "relaxation_times"):
        with page.expect_download() as begun:
            page.locator(f"figure[data-name={name}] button.save").click()
        path = tmp_path / f"{name}.svg"
        begun.value.save_as(path)
        text = path.read_text(encoding="utf-8")
        root = ET.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.attrib["width"].endswith("pt")
        assert "var(" not in text
        alone = browser.new_page()
        alone.goto(path.as_uri())
        assert alone.evaluate("document.documentElement.getBBox().width") > 300
        alone.close()


def test_numbers_are_copied_plain(opened):
    page = opened("joint")
    copied = page.evaluate(
        """() => {
            const cell = document.querySelector("table.parameters tbody:nth-of-type(2) tr");
            cell.children[2].textContent = "−1.5 × 10⁻¹²\\u00a0s";
            getSelection().selectAllChildren(cell);
            const event = new ClipboardEvent("copy", { clipboardData: new DataTransfer(), cancelable: true });
            document.dispatchEvent(event);
            return event.clipboardData.getData("text/plain");
        }"""
    )
    assert "-1.5e-12 s" in copied
    assert not set(copied) & set("−×⁻\N{NO-BREAK SPACE}")


def test_the_latex_is_copied(opened):
    page = opened("joint")
    page.locator("details summary").first.click()
    page.locator("button.copy").click()
    assert page.locator("button.copy").inner_text() == "Copied"


@pytest.mark.parametrize("name", ["parameters.csv", "parameters.tex", "reproduce.zip"])
def test_links_give_files(opened, name):
    page = opened("joint")
    with page.expect_download() as begun:
        page.locator(f"a[download='{name}']").click()
    assert begun.value.suggested_filename == name
    assert begun.value.path().stat().st_size > 100


def test_without_a_script_all_is_there(opened):
    page = opened("joint", java_script_enabled=False)
    assert page.locator("figure .card > svg").count() >= 6
    assert page.locator("figcaption").count() == page.locator("figure").count()
    assert page.locator("button:visible").count() == 0
    assert page.locator("a[download='parameters.tex']").is_visible()
    assert page.locator("a[download='reproduce.zip']").is_visible()
