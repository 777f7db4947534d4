"""The page of all reports where it is read: by keys, by pointer, without a script, by day and night, on a phone."""

import json
from pathlib import Path

import pytest

from indicast.publish import write_site

FAULTS = (Path(__file__).parent / "faults.js").read_text(encoding="utf-8")
PHONE, DESK, SHEET = 360, 1200, 680
HOSTILE = "<script>alert(1)</script><img src=http://x.invalid/a onerror=alert(2)>"
MODEL = f"""
lexicon = "halves"
[model]
id = "tide"
title = 'Tide {HOSTILE}'
question = "Will it rise?"
[forecast]
horizons = [3]
[[scenarios]]
id = "up"
name = "Rising {HOSTILE}"
[[scenarios]]
id = "down"
name = "Falling of the water in the harbour and beyond"
[[milestones]]
id = "wall"
name = "Sea wall finished"
[[lexicons]]
id = "halves"
name = "Halves"
source = "this test"
bands = [{{ word = "rather not", low = 0.0, high = 0.5 }}, {{ word = "rather so", low = 0.5, high = 1.0 }}]
"""
MONTHS = ("2024-01", "2024-02", "2024-03", "2024-05")
AHEAD = 6
pytestmark = pytest.mark.xdist_group("browser")


def publish(folder: Path, month: str, place: int) -> None:
    """Write what a month publishes, made up."""
    folder.mkdir(parents=True)
    rows = ["model_id,reference_date,known_at,target,item,horizon,target_end_date,output_type,output_type_id,value"]
    bands: dict[str, list[list[float]]] = {"up": [], "down": []}
    for ahead in range(AHEAD + 1):
        value = round(0.2 + 0.15 * place + 0.01 * ahead, 6)
        for name, one in (("up", value), ("down", round(1 - value, 6))):
            rows.append(f"tide,,,scenario,,{ahead},,pmf,{name},{one}")
            bands[name].append([max(one - 0.1, 0.001), min(one + 0.1, 0.999)])
        rows += [f"tide,,,milestone,wall,{ahead},,cdf,{ahead},{0.1 * ahead:.6g}"] if ahead else []
    (folder / "forecast.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "report.md").write_text("report", encoding="utf-8")
    published = {
        "draft": False,
        "sha256": {},
        "intervals": {"mass": 0.8, "scenario": bands},
        "milestones": {"wall": {"state": "open", "day": ""}},
        "edition": 1 + (place == 1),
        "reason": HOSTILE if place == 1 else "",
    }
    manifest = {"known_at": f"{month}-28", "declarations": {"model.toml": {"content": MODEL}}, "published": published}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Return the page of two models that published four months each, April left out."""
    root = tmp_path_factory.mktemp("site")
    for model in ("tide", "undertow"):
        for place, month in enumerate(MONTHS):
            publish(root / "reports" / model / month, month, place)
    return write_site(root)


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "dark"), (DESK, "light"), (DESK, "dark")])
def test_the_page_has_no_fault_and_asks_for_nothing(show, site, width, scheme):
    shown = show(site, width, scheme)
    assert shown.page.evaluate(FAULTS) == []
    shown.page.locator("summary").first.click()
    shown.page.locator("input").first.press("ArrowLeft")
    assert shown.page.evaluate(FAULTS) == []
    assert shown.complaints == []
    assert shown.asked == [site.as_uri()]


def lines(page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator("output").first.locator("span").all_inner_texts()]


def test_keys_lead_through_the_months_and_a_live_line_tells_the_values(show, site):
    page = show(site).page
    assert page.get_attribute("output", "aria-live") == "polite"
    slider = page.get_by_label("Month: move with the arrow keys").first
    slider.focus()
    assert lines(page)[0] == "May 2024, as published"
    assert lines(page)[1] == f"Rising {HOSTILE}: 65 % (55 to 75 %)"
    page.keyboard.press("ArrowLeft")
    assert lines(page)[0] == "March 2024, as published"
    assert lines(page)[1].endswith(": 50 % (40 to 60 %)")
    page.keyboard.press("Home")
    assert lines(page)[0] == "January 2024, as published"
    page.keyboard.press("End")
    assert lines(page)[0] == "November 2024, forecast 6 months ahead"
    assert lines(page)[1].endswith(": 71 % (61 to 81 %)")
    assert slider.get_attribute("aria-valuetext") == lines(page)[0]
    marked = page.eval_on_selector_all("svg[data-place] circle.cursor:not(.off)", "all => all.length")
    assert marked == 4  # two charts of two models
    others = page.locator("output").nth(1).inner_text()
    assert others.startswith("May 2024")  # the other model stays where it was


def test_a_pointer_on_a_chart_tells_the_nearest_month(show, site):
    page = show(site).page
    box = page.locator("svg[data-place]").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 30 / 340, box["y"] + 40)
    assert lines(page)[0] == "January 2024, as published"
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 40)
    assert lines(page)[0] == "November 2024, forecast 6 months ahead"


def test_without_a_script_everything_is_there_but_the_slider(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.as_uri())
    assert page.locator("input").first.is_hidden()
    assert page.locator("tr[data-kind=published]").count() == 2 * len(MONTHS)
    assert page.locator("tr[data-kind=published]").first.is_visible()
    context.close()


def test_on_paper_the_slider_is_gone_and_nothing_is_cut_off(show, site):
    page = show(site, SHEET).page
    page.emulate_media(media="print")
    assert page.evaluate(FAULTS) == []
    assert page.locator("input").first.is_hidden()
    cut = "all => all.some(one => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)"
    assert page.eval_on_selector_all("section > .wide", cut) is False


def test_pictures_of_the_page_can_be_looked_at(show, site, pictures):
    for width, scheme in ((DESK, "light"), (PHONE, "dark")):
        path = pictures / f"site-{width}-{scheme}.png"
        show(site, width, scheme).page.screenshot(path=path, full_page=True)
        assert path.stat().st_size > 10_000
