"""Words of the report: never without their number, in any lexicon; causes never claimed; what to watch as computed."""

import dataclasses
import html
import math
import re
import shutil
from itertools import pairwise

import numpy as np
import pytest

from indicast.cli import main
from indicast.errors import WorkspaceError
from indicast.explain import Bar, Read, Waterfall, watch_list
from indicast.publish import render_html, render_markdown, report_content
from indicast.publish._content import Since
from indicast.publish._moved import WIDTH, Cause, Moved, moved_by, steps, why
from indicast.publish._watching import MOST_ROWS, entropy
from indicast.workspace import shipped_lexicons

LEXICONS = {one.id: one for one in shipped_lexicons()}
NUMBER = r"[\d.]+ %"
ALLOWED = (
    r"{number} \((?:nearest to )?(?:{word}), [\d.]+-[\d.]+ %\)",  # 51 % (likely, 50-75 %)
    r"(?<=neighbouring one )\((?:{word}), [\d.]+-[\d.]+ %\): {number}",  # its number follows at once
    r"(?:{word}) [\d.]+-[\d.]+ %",  # the legend
    r"[+-]{number} \((?:{word})\)",  # a net share of the table
)
PLAIN = r"\b(?:most|as|how) likely\b|\blikel(?:ier|iest)\b"
"""Where 'likely' compares, it is no band of a lexicon."""


@pytest.fixture(scope="module")
def content(made_up):
    return report_content(made_up.framework, made_up.hyperparameters, made_up.ledger, made_up.run, None)


def told(content):
    """Return the text of both pages, blanks made plain."""
    page = re.sub(r"<style>.*?</style>|</?(?:span|strong|p|br)[^>]*>", " ", render_html(content), flags=re.DOTALL)
    page = html.unescape(re.sub(r"<[^>]+>", "\n", page)).replace("\u2011", "-").replace("\u00a0", " ")
    texts = (page, render_markdown(content).replace("\\", ""))
    return tuple(re.sub(r" +", " ", text) for text in texts)


def bare(text, lexicon, others=()):
    """Return the words of a lexicon that stand in a text without their number, with what is around them."""
    words = sorted({band.word for one in (lexicon, *others) for band in one.bands}, key=len, reverse=True)
    word = "|".join(map(re.escape, words))
    for pattern in ALLOWED:
        text = re.sub(pattern.replace("{word}", word).replace("{number}", NUMBER), " ", text)
    text = re.sub(PLAIN, " ", text)
    return [text[max(one.start() - 40, 0) : one.end() + 20] for one in re.finditer(rf"\b(?:{word})\b", text)]


@pytest.mark.parametrize("lexicon", LEXICONS.values(), ids=LEXICONS)
def test_no_word_of_a_lexicon_stands_without_its_number(content, made_up, lexicon):
    unsure = tuple(dataclasses.replace(one, band_share=0.5, neighbour_share=0.3) for one in content.now)
    now = dataclasses.replace(content.horizons[0], estimates=unsure)
    spoken = dataclasses.replace(content, lexicon=lexicon, horizons=(now, *content.horizons[1:]))
    neighbours = tuple(dataclasses.replace(one, neighbour=lexicon.bands[1]) for one in unsure)
    now = dataclasses.replace(now, estimates=neighbours)
    spoken = dataclasses.replace(spoken, horizons=(now, *content.horizons[1:]))
    for text in told(spoken):
        assert bare(text, lexicon, (made_up.framework.declaration.table_lexicon,)) == []
        assert f"({lexicon.bands[1].word}, " in text


@pytest.mark.parametrize(
    "planted",
    [
        "This is unlikely.",
        "Unrest (likely).",
        "likely, 50-75 %",
        "It is very likely that",
        "51 % likely",
        "likely (51 %)",
    ],
)
def test_a_word_without_its_number_is_found(planted):
    assert len(bare(planted, LEXICONS["icd203"], (LEXICONS["ssd"],))) == 1


@pytest.mark.parametrize("name", LEXICONS)
def test_a_framework_may_speak_any_lexicon_and_its_table_keeps_its_own(made_up, name):
    spoken = made_up.framework.speaking(name)
    assert spoken.declaration.published_lexicon == LEXICONS[name]
    assert spoken.declaration.table_lexicon == made_up.framework.declaration.table_lexicon
    with pytest.raises(WorkspaceError, match=r"'nobodys' is no lexicon of harbour; there are: .*icd203, .*phia"):
        made_up.framework.speaking("nobodys")


# ---------------------------------------------------------------- the command


@pytest.fixture
def report(made_up, tmp_path, monkeypatch, capsys):
    root = shutil.copytree(made_up.framework.root, tmp_path / "workspace")

    def call(*words):
        monkeypatch.setattr("sys.argv", ["indicast", "report", "harbour", "--workspace", str(root), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err, root / "reports" / "harbour" / "2024-06" / "report.md"

    return call


def test_other_words_are_a_reading_copy_beside_the_run_and_what_is_published_stays(report):
    code, err, page = report("--as-of", "2024-06", "--lexicon", "phia", "--quiet")
    assert (code, err) == (0, "")
    assert not page.exists()
    (copy,) = page.parents[3].glob("runs/harbour/*/report_phia.md")
    text = copy.read_text(encoding="utf-8")
    assert "Words after Professional Head of Intelligence Assessment" in text
    assert "DRAFT" in text


def test_a_month_published_beside_the_one_before_is_not_written_again_without_it(report):
    assert report("--as-of", "2024-06", "--quiet")[0] == 0
    page = report("--as-of", "2024-06", "--quiet")[2]
    told = page.read_text(encoding="utf-8") + "\n## Change since May 2024\n"
    page.write_text(told, encoding="utf-8")
    assert report("--as-of", "2024-06", "--quiet")[0] == 0
    assert page.read_text(encoding="utf-8") == told


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--as-of", "2024-05"), "no run 2024-05 in .*; make one with 'indicast fit harbour --as-of 2024-05'"),
        (("--as-of", "2024-13"), "--as-of: '2024-13' is no month"),
        (("--as-of", "2024-06", "--run", "x"), "--run and --as-of both name a run; leave one of them out"),
        (("--lexicon", "fancy"), "--lexicon: 'fancy' is no lexicon of harbour; there are: "),
    ],
)
def test_a_run_that_cannot_be_meant_is_refused_with_the_remedy(report, words, fault):
    code, err, page = report(*words)
    assert code != 0
    assert re.fullmatch(rf"(?:no earlier knowledge of 2024-05, .*\n)?indicast: {fault}.*\n", err)
    assert not page.exists()


# ---------------------------------------------------------------- drivers, and how far ahead it is prior


def test_drivers_are_labelled_wherever_they_are_named(content):
    drivers = content.caveats.drivers
    assert drivers
    for text in told(content):
        for name in drivers:
            places = [text[one.end() : one.end() + 400] for one in re.finditer(re.escape(name), text)]
            assert len(places) > 1
            assert all("association, not cause" in place.replace("\n", " ") for place in places), name


def test_beyond_a_year_the_forecast_is_called_prior_beside_its_table(content):
    held = [one for one in content.judgement.parameters if one.of_chain]
    wide, narrow = (
        dataclasses.replace(
            content,
            judgement=dataclasses.replace(
                content.judgement,
                memory=((6, 0.9), (36, 0.456)),
                parameters=tuple(dataclasses.replace(one, ratio=ratio) for one in held),
            ),
        )
        for ratio in (1.0, 0.5)
    )
    for text in told(wide):
        ahead = text.split("Looking ahead", 1)[1][:3000]
        said = "Beyond 12 months this is mostly the prior of the scenario chain"
        assert f"{said}: {len(held)} of its {len(held)} parameters are prior-only" in ahead
        assert "After 3 years even certainty about today's scenario would move it by at most 46 points." in ahead
    assert not any("Beyond 12 months" in text for text in told(narrow))
    near = dataclasses.replace(wide.judgement, memory=((6, 0.5), (12, 0.4)))
    assert not any("Beyond 12 months" in text for text in told(dataclasses.replace(wide, judgement=near)))


# ---------------------------------------------------------------- what to watch, and what moved


def test_the_watch_list_of_the_report_is_the_head_of_the_list(content, made_up):
    found = watch_list(made_up.framework, made_up.hyperparameters, made_up.run.tree)
    names = [one.name for one in made_up.framework.declaration.scenarios]
    assert 0 < len(content.watch.looks) <= MOST_ROWS
    assert content.watch.more == len(found) - len(content.watch.looks)
    for look, one in zip(content.watch.looks, found, strict=False):
        assert (look.name, look.looked_for, look.driver, look.chance) == (
            one.name,
            one.looked_for,
            one.driver,
            one.chance,
        )
        place, outcomes = names.index(look.scenario), {o.name: o for o in one.outcomes}
        assert look.before == one.before[place]
        assert all(would.probability == outcomes[would.name].scenario[place] for would in look.would)
        assert all(would.chance == outcomes[would.name].probability for would in look.would)
        assert look.worth == pytest.approx(one.nats / entropy_of(one.before), rel=1e-12)
        assert 0.0 < look.worth < 1.0


def entropy_of(shares):
    """Return the entropy by its definition as an expectation, in nats."""
    return sum(share * -math.log(share) for share in shares)


def test_entropy_is_largest_when_everything_is_open_and_nothing_when_all_is_known():
    assert entropy(np.array([1.0, 0.0, 0.0])) == 0.0
    assert entropy(np.full(3, 1 / 3)) == pytest.approx(np.log(3))
    assert entropy(np.array([0.5, 0.3, 0.2])) == pytest.approx(entropy_of([0.5, 0.3, 0.2]))


def test_a_report_without_reasons_or_a_watch_list_has_no_such_sections(content):
    for text in told(dataclasses.replace(content, watch=None, moved=None)):
        assert "What to watch next" not in text
        assert "Watch first" not in text
        assert "What moved" not in text


def fall(scenarios, before, after, shares):
    """Return a waterfall of one scenario's shares, the last scenario taking what the first one loses."""
    bars = tuple(
        Bar(label, kind, "all", (), np.array([value, -value]), np.array([0.003, 0.003]), np.array([alone, -alone]))
        for label, kind, value, alone in shares
    )
    ends = (np.array([value, 1.0 - value]) for value in (before, after))
    return Waterfall("harbour", ("2024-05", "2024-06"), scenarios, (), *ends, bars, (), 0.41, 900.0, 2000)


def test_parts_of_a_change_add_up_small_ones_together_and_noise_is_no_reason(made_up):
    framework = made_up.framework
    shares = [
        ("Monte Carlo error", "monte carlo", 0.09, 0.09),
        ("passing of time", "time", -0.02, -0.02),
        ("Ferries: more", "observation", 0.05, 0.001),
        ("Ships: none", "silence", 0.0003, 0.0003),
        ("Docks: none", "silence", -0.0001, -0.0001),
        ("Fares: lower", "observation", 0.03, 0.03),
    ]
    found = fall(framework.scenarios[:2], 0.30, 0.30 + sum(value for _, _, value, _ in shares), shares)
    moved = moved_by(framework, found)
    assert moved.scenario == framework.declaration.scenarios[0].name
    assert sum(one.points for one in moved.steps) == pytest.approx(moved.after - moved.before, abs=1e-12)
    assert [one.name for one in moved.main] == ["Ferries: more", "Fares: lower", "passing of time"]
    assert [one.redundant for one in moved.main] == [True, False, False]
    assert moved.steps[0].name == "sampling noise of the two fits"
    assert moved.steps[-1] == Cause(
        "2 others together", pytest.approx(0.0002), pytest.approx(0.003 * 2**0.5), redundant=False
    )
    assert (moved.shape, moved.limit) == (0.41, found.limit)


def test_a_flood_of_news_has_its_largest_parts_in_rows_and_the_rest_in_one(made_up):
    shares = [(f"Row {place}", "observation", 0.001 * (place + 1), 0.0) for place in range(40)]
    found = fall(made_up.framework.scenarios[:2], 0.05, 0.05 + sum(value for _, _, value, _ in shares), shares)
    moved = moved_by(made_up.framework, found)
    assert [one.name for one in moved.steps] == [
        *(f"Row {place}" for place in reversed(range(26, 40))),
        "26 others together",
    ]
    assert sum(one.points for one in moved.steps) == pytest.approx(moved.after - moved.before, abs=1e-12)


def test_months_that_cannot_be_compared_say_why(made_up):
    by = Read(made_up.framework, made_up.hyperparameters, made_up.ledger)
    refused = why(by, made_up.run, made_up.run)
    assert refused.steps == ()
    assert "2024-06" in refused.refused
    assert why(by, made_up.run, None) is None


def test_bars_of_what_moved_follow_each_other_and_reasons_stand_with_their_points(content):
    causes = (
        Cause("passing of time", -0.02, 0.001, redundant=False),
        Cause("Ferry traffic", 0.08, 0.002, redundant=True),
        Cause("sampling noise of the two fits", 0.01, 0.003, redundant=False),
    )
    moved = Moved("2024-05", "One", 0.4, 0.47, (causes[1], causes[0]), causes)
    whole = dataclasses.replace(content, moved=moved, since=Since("2024-05", (), sound=True))
    bars = steps(whole)
    ends = [(bar.left, bar.right) if bar.rises else (bar.right, bar.left) for bar in bars]
    assert all(before[1] == after[0] for before, after in pairwise(ends))
    assert [bar.rises for bar in bars] == [False, True, True]
    assert min(bar.left for bar in bars) == 0.0
    assert max(bar.right for bar in bars) == WIDTH
    for text in told(whole):
        assert "What moved One most: Ferry traffic (+8.0 points) and passing of time (-2.0 points)." in text
        assert "From 40.0 % in May 2024 to 47.0 % now." in text
        assert re.search(r"Ferry traffic[\s;]+other news say the same[\s|]+\+8\.0 ± 0\.2", text)
    refused = dataclasses.replace(moved, steps=(), main=(), refused="the months are too far apart")
    for text in told(dataclasses.replace(whole, moved=refused)):
        assert "Why it moved cannot be told: the months are too far apart." in text
    for text in told(dataclasses.replace(whole, moved=dataclasses.replace(moved, main=()))):
        assert "Nothing that became known since May 2024 moved One by more than sampling noise." in text
    for shape, said in (
        (0.71, "not below 0.70: only a fit without the news could tell"),
        (0.3, "its limit of 0.70"),
    ):
        for text in told(dataclasses.replace(whole, moved=dataclasses.replace(moved, shape=shape, limit=0.7))):
            assert said in text
            assert ("What moved One most, as a hint only: " in text) == (shape > 0.7)
