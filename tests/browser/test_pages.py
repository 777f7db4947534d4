"""What is published, in a real browser: quiet, alone, named, legible by day and night, on a phone and on paper."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from indicast.infer import Gate
from indicast.publish import publish_report
from indicast.publish.dossier import PARTS, Case, write_dossier

FAULTS = (Path(__file__).parent / "faults.js").read_text(encoding="utf-8")
ROOT = Path(__file__).parents[2]
PHONE, DESK, SHEET = 360, 1200, 680
"""Widths in pixels: a small phone, a desk, and what an A4 sheet leaves between its margins."""
CUT = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"
"""What is broader than the place it has."""
PAGES = ("report", "failed dossier", "published report", "published dossier")
QUICK = tuple(part for part in PARTS if part.id in {"gates", "sampling", "calibration"})
"""Parts of the dossier that is made here; all of them stand in the published one."""
HOSTILE = '<img src="https://evil.example/x" onerror=alert(1)> </title><script>document.title = "taken"</script> Pact'
"""A title that the report of a run is given: it must be shown as it is written."""
REACHED = """[...document.querySelectorAll("a[href], summary, [tabindex='0']")].filter(one => one.checkVisibility())"""
"""What a key can reach: not what is folded away."""
FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
  return { place: PLACES.indexOf(one),
           outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
           inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth };
}""".replace("PLACES", REACHED)
"""Which of the places that a key can reach has the focus, whether that is marked, and whether it is in view."""
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="session")
def pages(made_up: Case, tmp_path_factory) -> dict[str, Path]:
    """Return the report of a run, the dossier of one that failed, and both pages of a month of the repository."""
    root = tmp_path_factory.mktemp("pages") / "workspace"
    shutil.copytree(made_up.framework.root, root)
    case = dataclasses.replace(made_up, framework=dataclasses.replace(made_up.framework, root=root))
    named = case.framework.declaration.model.model_copy(update={"title": HOSTILE})
    declaration = case.framework.declaration.model_copy(update={"model": named})
    titled = dataclasses.replace(case.framework, declaration=declaration)
    report = publish_report(titled, case.hyperparameters, case.ledger, case.run, None)
    failed = dataclasses.replace(case.run, gates=(Gate("largest R-hat", 1.2, 1.01, at_most=True, where="dwell"),))
    aside = dataclasses.replace(case.framework, root=root.with_name("failed"))
    failing = write_dossier(dataclasses.replace(case, framework=aside, run=failed), QUICK, lambda _: None)
    month = ROOT / "reports" / "belarus_russia" / "2024-12"
    found = (report / "report.html", failing.page, month / "report.html", month / "dossier.html")
    return dict(zip(PAGES, found, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_fault_where_it_is_read(show, pages, name, width, scheme):
    shown = show(pages[name], width, scheme)
    assert shown.page.evaluate(FAULTS) == []
    assert shown.complaints == []
    assert shown.asked == [pages[name].as_uri()]


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_nothing_is_cut_off(show, pages, name):
    shown = show(pages[name], SHEET)
    shown.page.emulate_media(media="print")
    assert shown.page.evaluate(FAULTS) == []
    assert shown.page.eval_on_selector_all(".wide", CUT) == []
    assert shown.page.evaluate("getComputedStyle(document.querySelector('.skip')).display") == "none"
    assert shown.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.parametrize("name", PAGES)
def test_the_first_key_leads_past_the_head(show, pages, name):
    page = show(pages[name]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector(':target') !== null")


def test_a_report_is_read_with_keys_by_night_and_on_paper_and_a_hostile_title_is_text(show, pages):
    shown = show(pages["report"], PHONE, "dark")
    page = shown.page
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    assert page.inner_text("h1") == " ".join(HOSTILE.split())
    assert page.title().startswith(HOSTILE)
    assert page.evaluate("document.querySelectorAll('script, img, iframe, object').length") == 0

    # Every key press goes on to the next place, in the order of the page, marked and in view.
    reached = []
    for _ in range(page.evaluate(f"{REACHED}.length")):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert [one["place"] for one in reached] == list(range(len(reached)))
    assert len(reached) > 5
    assert all(one["outline"] and one["inside"] for one in reached[1:])

    # A key opens what is folded away; on paper it lies open, and nobody is asked to click.
    table = page.locator("details:has(summary:text-is('Each gate')) table")
    assert not table.is_visible()
    page.locator("summary:text-is('Each gate')").press("Enter")
    assert table.is_visible()
    page.locator("summary:text-is('Each gate')").press("Enter")
    night = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != night
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert table.is_visible()
    assert page.locator("summary >> visible=true").count() == 0
    assert (dialogs, shown.complaints, shown.asked) == ([], [], [pages["report"].as_uri()])


def test_the_captions_of_wide_tables_stay_in_sight_on_a_phone(show, pages):
    page = show(pages["failed dossier"], PHONE).page
    places = page.eval_on_selector_all(
        ".wide:has(table)",
        """all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => {
            one.scrollLeft = one.scrollWidth;
            const held = one.querySelector("caption .held").getBoundingClientRect();
            return [one.scrollLeft, held.left, held.right];
        })""",
    )
    assert places
    assert all(moved > 0 and left >= 0 and right <= PHONE for moved, left, right in places), places


def test_a_failed_run_says_so_beside_every_heading(show, pages):
    page = show(pages["failed dossier"]).page
    heads = page.eval_on_selector_all("h2", "all => all.map(one => one.innerText)")
    assert heads
    assert all("NOT FOR PUBLICATION" in head for head in heads)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.watermark')).position") == "fixed"


def test_pictures_of_the_pages_can_be_looked_at(show, pages, pictures):
    """Pictures are for a person's eye; what is asserted is that they were drawn."""
    views = (
        ("published dossier", DESK, "light"),
        ("published dossier", PHONE, "dark"),
        ("failed dossier", PHONE, "light"),
    )
    for name, width, scheme in views:
        path = pictures / f"{name.replace(' ', '-')}-{width}-{scheme}.png"
        show(pages[name], width, scheme).page.screenshot(path=path, full_page=True)
        assert path.stat().st_size > 10_000


PLANTED = {
    "contrast": '<p style="color:#999">pale</p>',
    "heading skips": "<h4>deep</h4>",
    "no alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "picture without a name": '<svg viewBox="0 0 1 1" role="img"></svg>',
    "table without a caption": '<table><thead><tr><th scope="col">a</th></tr></thead></table>',
    "head without scope": '<table><caption>c</caption><thead><tr><th scope="col">a</th><th>b</th></tr></thead></table>',
    "row without a head": (
        '<table><caption>c</caption><thead><tr><th scope="col">a</th></tr></thead><tr><td>1</td></tr></table>'
    ),
    "id stands twice": '<p id="a">a</p><p id="a">b</p>',
    "link leads nowhere": '<a href="#nowhere" style="color:#000">there</a>',
    "scrolls sideways": '<div style="width:500px">wide</div>',
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(show, tmp_path, fault):
    sound = '<!DOCTYPE html><html lang="en"><title>t</title><body><h1>Head</h1><p>Text</p>{}</body></html>'
    (tmp_path / "page.html").write_text(sound.format(""), encoding="utf-8")
    assert show(tmp_path / "page.html", PHONE).page.evaluate(FAULTS) == []
    (tmp_path / "page.html").write_text(sound.format(PLANTED[fault]), encoding="utf-8")
    found = show(tmp_path / "page.html", PHONE).page.evaluate(FAULTS)
    assert len(found) == 1, found
    assert fault in found[0]


def test_what_a_page_loads_or_complains_of_is_noticed(show, tmp_path):
    (tmp_path / "page.html").write_text(
        '<h1>a</h1><img alt="" src="absent.png"><script>throw 1</script>', encoding="utf-8"
    )
    shown = show(tmp_path / "page.html")
    assert any(address.endswith("absent.png") for address in shown.asked)
    assert shown.complaints
