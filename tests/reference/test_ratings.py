"""Individual ratings: reduction to an agreed table, bounds on what many raters can say, and simulation."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from indicast import names
from indicast.generative import marks, ratings
from indicast.generative.model import build_model
from indicast.workspace import Rating, Table, collect_ratings

SPACING, CUT = 1.5, 0.75
SHARED_SD = 0.4
PRESENT = np.array([[0.85, 0.12, 0.03], [0.25, 0.45, 0.30], [0.03, 0.12, 0.85]])
SUPPORT = np.array([0.70, 0.25, 0.05])
STATES = (-1, 0, 1)


class Numbers:
    """The constants of a design with raters."""

    def __init__(self, **changed):
        self.numbers = {
            "rating_spacing": SPACING,
            "rating_cut": CUT,
            "rater_scale_sd": 0.4,
            "rater_lean_sd": 0.4,
            "country_error_sd": 0.3,
        } | changed

    def number(self, name):
        return self.numbers[name]

    def array(self, name):
        return PRESENT if name == "mark_if_present" else SUPPORT


def table_of(given, expected, country_of):
    """Return a table with these ratings; cells without any are agreed on ``=``."""
    return Table(np.asarray(expected), np.zeros_like(expected), (), collect_ratings(given, country_of))


def unanimous(size, mark=1, cells=1):
    """Return one indicator that every rater gave one mark, in one cell or more."""
    who = [f"r{number:05d}" for number in range(size)]
    given = [Rating(name, 0, k, mark) for name in who for k in range(cells)]
    return table_of(given, np.ones((1, cells), dtype=int), dict.fromkeys(who, "QM"))


def parameters(table, size, rng=None, **changed):
    """Return the raters' parameters, all zero or drawn from their priors; leading axis draw."""
    raters, countries, indicators = len(table.ratings.raters), len(table.ratings.countries), table.marks.shape[0]
    shapes = {
        names.RATER_SCALE_Z: (raters,),
        names.RATER_LEAN_Z: (raters,),
        names.COUNTRY_ERROR_Z: (countries, indicators),
        names.SHARED_ERROR_Z: (indicators,),
        names.SHARED_ERROR_SCALE: (),
        names.MARKS_OF_PRESENT: (),
    }
    if rng is None:
        return {name: np.zeros((size, *shape)) for name, shape in shapes.items()} | changed
    drawn = {name: rng.standard_normal((size, *shape)) for name, shape in shapes.items()}
    drawn[names.SHARED_ERROR_SCALE] = SHARED_SD * np.abs(drawn[names.SHARED_ERROR_SCALE])
    drawn[names.MARKS_OF_PRESENT] = rng.beta(8, 2, size)
    return drawn | changed


def likelihood_of_state(draws, table, numbers):
    """Return P(an indicator's ratings | state); dims (draw, indicator, direction). One indicator only."""
    said, log_scale = ratings.message(draws, table, numbers)
    given = marks.state_likelihood(*marks.mark_tables(table, numbers, said), draws[names.MARKS_OF_PRESENT])
    return given * np.exp(log_scale)[:, None, None]


def explicit(table, numbers, draws, place):
    """Return log P(all ratings | states), one indicator at a time, by loops over judgements and scipy."""
    given, total = table.ratings, np.zeros((table.marks.shape[0], 3))
    constant = numbers.number
    for i in range(table.marks.shape[0]):
        shared = draws[names.SHARED_ERROR_SCALE][place] * draws[names.SHARED_ERROR_Z][place, i]
        for d, y in enumerate(STATES):
            for k in range(table.marks.shape[1]):
                chance = 0.0
                for column, m in enumerate((1, 0, -1)):
                    omega = draws[names.MARKS_OF_PRESENT][place]
                    steps = abs(y - int(table.expected[i, k]))
                    product = omega * numbers.array("mark_if_present")[steps, column]
                    product += (1 - omega) * numbers.array("mark_if_support")[column]
                    here = (given.indicator == i) & (given.scenario == k)
                    if not here.any():
                        product *= float(table.marks[i, k] == m)
                    for e, g in zip(given.rater[here], given.mark[here], strict=True):
                        nu = constant("country_error_sd") * draws[names.COUNTRY_ERROR_Z][place, given.country_of[e], i]
                        c = np.exp(constant("rater_scale_sd") * draws[names.RATER_SCALE_Z][place, e])
                        z = c * (constant("rating_spacing") * m + shared + nu)
                        z += constant("rater_lean_sd") * draws[names.RATER_LEAN_Z][place, e]
                        below = {-1: -np.inf, 0: -constant("rating_cut"), 1: constant("rating_cut")}[int(g)]
                        above = {-1: -constant("rating_cut"), 0: constant("rating_cut"), 1: np.inf}[int(g)]
                        product *= stats.norm.cdf(above - z) - stats.norm.cdf(below - z)
                    chance += product
                total[i, d] += np.log(chance)
    return total


def test_ratings_enter_as_a_loop_over_raters_and_judgements_says(rated):
    table, draws = rated.framework.table, rated.draws(11, 3)
    climate = np.random.default_rng(12).normal(0.1, 0.6, (3, table.marks.shape[0]))
    found = marks.log_emission(draws, table, rated.hyperparameters, climate)
    for place in range(3):
        state = explicit(table, rated.hyperparameters, draws, place)
        eta = draws[names.STRENGTH][place][:, None] * table.expected + climate[place][:, None]
        tau = draws[names.THRESHOLD][place]
        low, high = stats.norm.cdf(-tau - eta), stats.norm.sf(tau - eta)
        chance = np.stack([low, 1 - low - high, high], axis=-1)
        wanted = np.log((chance * np.exp(state)[:, None, :]).sum(axis=-1)).sum(axis=0)
        # Sums of forty logarithms by two roads; a country exchanged for another misses by .01 and more.
        np.testing.assert_allclose(found[place], wanted, atol=1e-10, rtol=0.0)


# Reduction to an agreed table.


def as_before(table, hyperparameters, omega):
    """Return P(marks | state) with each cell's mark as an index: the model without raters."""
    column = 1 - table.marks
    steps = np.abs(np.array(STATES)[None, :, None] - table.expected[:, None, :])
    present = hyperparameters.array("mark_if_present")[steps, column[:, None, :]]
    support = hyperparameters.array("mark_if_support")[column]
    return (omega * present + (1.0 - omega) * support[:, None, :]).prod(axis=-1)


def test_an_agreed_table_reads_as_its_marks_to_the_last_bit(world):
    table, numbers = world.framework.table, world.hyperparameters
    said, log_scale = ratings.message({}, table, numbers)
    found = marks.state_likelihood(*marks.mark_tables(table, numbers, said), np.array([0.83]))
    np.testing.assert_array_equal(found[0], as_before(table, numbers, 0.83))
    assert log_scale.tolist() == [0.0]


def test_an_agreed_table_adds_no_variable_to_the_model(world):
    assert ratings.rater_variables(world.framework.table) == {}


def test_raters_have_no_part_where_marks_are_not_fed(rated):
    section = {
        "shares": dict.fromkeys(rated.framework.scenarios, 0.25),
        "weight": 2.0,
        "horizon": 3,
        "reason": "x",
    }
    start = rated.framework.declaration.start
    by_labels = type(start).model_validate(start.model_dump(exclude_none=True) | {"route": "B", "labels": section})
    declaration = rated.framework.declaration.model_copy(update={"start": by_labels})
    model = build_model(replace(rated.framework, declaration=declaration), rated.hyperparameters, rated.panel)
    about_raters = {names.SHARED_ERROR_SCALE, *ratings.STANDARD_NORMAL}
    assert not about_raters & {rv.name for rv in model.free_RVs}
    fed = build_model(rated.framework, rated.hyperparameters, rated.panel)
    assert about_raters <= {rv.name for rv in fed.free_RVs}


def test_one_rater_who_cannot_err_is_an_agreed_mark(harbour):
    table = harbour.framework.table
    cells = [(i, k) for i in range(table.marks.shape[0]) for k in range(table.marks.shape[1])]
    given = [Rating("sage", i, k, int(table.marks[i, k])) for i, k in cells]
    one = replace(table, ratings=collect_ratings(given, {"sage": "QM"}))
    # Twenty standard deviations from one judgement to the next, cut in the middle: mistakes have chance 1e-23.
    sharp = Numbers(rating_spacing=20.0, rating_cut=10.0)
    said, log_scale = ratings.message(parameters(one, 1), one, sharp)
    np.testing.assert_allclose(said[0], ratings.given_agreed(table), atol=1e-20, rtol=0.0)
    assert log_scale[0] == pytest.approx(0.0, abs=1e-12)


# Bounds.


def odds(likelihood):
    """Return every likelihood ratio between two states; dims (..., state, state)."""
    return likelihood[..., :, None] / likelihood[..., None, :]


def odds_of_ratings(draws, table):
    """Return the states' likelihood ratios of an indicator's ratings; what they are all divided by cancels."""
    said, _ = ratings.message(draws, table, Numbers())
    return odds(marks.state_likelihood(*marks.mark_tables(table, Numbers(), said), draws[names.MARKS_OF_PRESENT])[:, 0])


def odds_of_judgements(draws, expected, judgements):
    """Return the same of a table that was agreed on."""
    tables = marks.mark_tables(Table(expected, judgements, ()), Numbers())
    return odds(marks.state_likelihood(*tables, draws[names.MARKS_OF_PRESENT])[:, 0])


@pytest.mark.parametrize("mark", [1, -1])
@pytest.mark.parametrize("size", [1, 2, 8, 50, 400])
def test_raters_who_agree_never_say_more_than_the_agreed_mark(size, mark):
    # Where marks speak of the present only: then + and - are the two ends of what a judgement can say of any two
    # states (monotone likelihood ratio). With the other meaning mixed in, = can tell two steps from one better than +,
    # and the bound is the next test's.
    rng = np.random.default_rng(size)
    for expected in (-1, 0, 1):
        table = replace(unanimous(size, mark), expected=np.array([[expected]]))
        draws = parameters(table, 200, rng, **{names.MARKS_OF_PRESENT: np.ones(200)})
        most = odds_of_judgements(draws, table.expected, np.array([[mark]]))
        assert (np.abs(np.log(odds_of_ratings(draws, table))) <= np.abs(np.log(most)) + 1e-12).all()


@pytest.mark.parametrize("seed", range(20))
def test_any_ratings_say_no_more_than_some_judgement_would(seed):
    rng = np.random.default_rng(seed)
    size, cells = int(rng.integers(1, 40)), 2
    who = {f"r{number:02d}": ("QM", "QN", "QX")[number % 3] for number in range(size)}
    given = [Rating(name, 0, k, int(rng.integers(-1, 2))) for name in who for k in range(cells)]
    table = table_of(given, np.array([[1, -1]]), who)
    draws = parameters(table, 100, rng)
    found = odds_of_ratings(draws, table)
    pairs = [np.array([[a, b]]) for a in STATES for b in STATES]
    ends = np.stack([odds_of_judgements(draws, table.expected, pair) for pair in pairs])
    assert (found <= ends.max(axis=0) * (1 + 1e-12)).all()
    assert (found >= ends.min(axis=0) * (1 - 1e-12)).all()


def test_raters_who_were_each_read_as_the_panel_would_break_the_bound():
    # What the bound forbids: eight ratings as eight agreed marks.
    one, draws = np.ones((1, 1), dtype=int), {names.MARKS_OF_PRESENT: np.array([0.8])}
    most = odds_of_judgements(draws, one, one)[0]
    assert most[2, 0] ** 8 > 1000 * most[2, 0]


def shared_error_nodes(size):
    """Return an even number of nodes for xi and their prior weights.

    A half-normal sd times a standard normal has the density K0(|xi| / sd) / (pi sd), with a logarithmic
    peak at 0, where nodes at u^3 crowd.
    """
    edge = np.linspace(-1.0, 1.0, size + 1)
    node, width = 8.0 * ((edge[1:] + edge[:-1]) / 2) ** 3, 8.0 * np.diff(edge**3)
    weight = special.k0(np.abs(node) / SHARED_SD) / (np.pi * SHARED_SD) * width
    assert weight.sum() == pytest.approx(1.0, abs=1e-4)
    return node, weight / weight.sum()


def judgements_after(table, cells=1):
    """Return P(m of each cell | ratings) from a uniform prior, xi integrated out, c = 1 and beta = nu = 0 known."""
    node, weight = shared_error_nodes(2000)
    xi = {names.SHARED_ERROR_SCALE: np.ones(node.size), names.SHARED_ERROR_Z: node[:, None]}
    said, log_scale = ratings.message(parameters(table, node.size, **xi), table, Numbers())
    seen = weight * np.exp(log_scale - log_scale.max())
    joint = seen @ said[:, 0, 0] if cells == 1 else np.einsum("n,na,nb->ab", seen, said[:, 0, 0], said[:, 0, 1])
    return joint / joint.sum()


def test_unanimous_raters_leave_the_judgement_in_doubt_however_many_they_are():
    found = np.array([judgements_after(unanimous(size))[0] for size in (1, 4, 16, 64, 256, 1024)])
    assert found[0] < found[1] < found[2]
    # Infinitely many raters see the location, not the judgement. Far out the density of xi falls like
    # exp(-|xi| / sd), so that a location reached by + is exp(spacing / sd) times likelier than by =.
    step = np.exp(-SPACING / SHARED_SD)
    limit = 1 / (1 + step + step**2)
    assert limit == pytest.approx(0.977, abs=0.001)
    assert (np.diff(np.abs(found[2:] - limit)) < 0).all()
    assert found[-1] == pytest.approx(limit, abs=0.006)
    assert found.max() < 0.99


def test_judgements_that_span_both_ends_show_the_error_their_scenarios_share():
    # The design gives xi to an indicator, not to a cell: + and - side by side leave no room for a shift.
    who = [f"r{number:03d}" for number in range(256)]
    given = [Rating(name, 0, k, mark) for name in who for k, mark in enumerate((1, -1))]
    spread = table_of(given, np.ones((1, 2), dtype=int), dict.fromkeys(who, "QM"))
    assert judgements_after(spread, cells=2)[0, 2] > 1 - 1e-6
    assert judgements_after(unanimous(256, cells=2), cells=2)[0, 0] < 0.99


def test_without_an_error_in_common_many_raters_would_be_certain():
    table = unanimous(256)
    said, _ = ratings.message(parameters(table, 1), table, Numbers())
    assert said[0, 0, 0, 0] / said[0, 0, 0].sum() > 1 - 1e-12


def test_the_true_judgement_stays_in_doubt_on_average_as_raters_grow():
    rng = np.random.default_rng(21)
    node, weight = shared_error_nodes(2000)
    worlds, found = 400, []
    truth = rng.integers(0, 3, worlds)
    shared = SHARED_SD * np.abs(rng.standard_normal(worlds)) * rng.standard_normal(worlds)
    known = {names.SHARED_ERROR_SCALE: np.ones(node.size), names.SHARED_ERROR_Z: node[:, None]}
    one = unanimous(1)
    chance = ratings.rating_log_probability(parameters(one, node.size, **known), one, Numbers())[:, 0, 0]
    sizes = (1, 8, 64, 4096, 10**6)
    for size in sizes:
        location = SPACING * (1 - truth) + shared
        cuts = stats.norm.cdf(np.array([[-CUT], [CUT]]) - location)
        told = np.stack([1 - cuts[1], cuts[1] - cuts[0], cuts[0]], axis=-1)
        counts = np.array([rng.multinomial(size, row / row.sum()) for row in told])
        terms = np.einsum("nmg,wg->wnm", chance, counts)  # raters with one c and beta: their counts say all
        joint = np.einsum("n,wnm->wm", weight, np.exp(terms - terms.max(axis=(1, 2), keepdims=True)))
        found.append((joint / joint.sum(axis=1, keepdims=True))[np.arange(worlds), truth])
    mean, error = np.array(found).mean(axis=1), np.array(found).std(axis=1) / np.sqrt(worlds)
    # The limit, on its own road: the location is seen exactly, and only the density of xi tells judgements apart.
    location = SPACING * (1 - truth) + shared
    density = special.k0(np.abs(location[:, None] - SPACING * ratings.JUDGEMENTS) / SHARED_SD)
    limit = (density[np.arange(worlds), truth] / density.sum(axis=1)).mean()
    assert mean[0] + 4 * error[0] < mean[1]
    # The same worlds on both roads, so that only the million raters' own noise (.002 in location) is left.
    assert mean[-1] == pytest.approx(limit, abs=0.005)
    assert limit + 4 * error[-1] < 0.99


# Raters are exchangeable.


def test_raters_in_another_order_change_nothing(rated):
    table, draws = rated.framework.table, rated.draws(31, 4)
    given, numbers = table.ratings, rated.hyperparameters
    order = np.array([3, 0, 4, 1, 2])
    country_of = {given.raters[e]: given.countries[given.country_of[e]] for e in order}
    rows = zip(given.rater, given.indicator, given.scenario, given.mark, strict=True)
    again = collect_ratings([Rating(given.raters[e], int(i), int(k), int(g)) for e, i, k, g in rows], country_of)
    assert again.raters != given.raters
    assert again.countries != given.countries
    moved = dict(draws)
    for name in (names.RATER_SCALE_Z, names.RATER_LEAN_Z):
        moved[name] = draws[name][:, order]
    moved[names.COUNTRY_ERROR_Z] = draws[names.COUNTRY_ERROR_Z][:, [given.countries.index(c) for c in again.countries]]
    climate = np.random.default_rng(32).normal(0.0, 0.5, (4, table.marks.shape[0]))
    before = marks.log_emission(draws, table, numbers, climate)
    after = marks.log_emission(moved, replace(table, ratings=again), numbers, climate)
    np.testing.assert_allclose(after, before, atol=1e-12, rtol=0.0)
    unmoved = marks.log_emission(draws, replace(table, ratings=again), numbers, climate)
    assert np.abs(unmoved - before).max() > 0.1  # the raters do differ


# Simulation.

PANEL = {"ann": "QM", "ben": "QM", "cid": "QX"}
SEATS = [(name, k) for name in PANEL for k in (0, 1) if (name, k) != ("ben", 1)]  # one seat left empty
EXPECTED = np.array([[1, 0]])
PATTERNS = np.array(np.meshgrid(*[(-1, 0, 1)] * len(SEATS), indexing="ij")).reshape(len(SEATS), -1).T


def seated(pattern):
    """Return the small panel's table with these marks, in the order of a table's ratings."""
    order = sorted(SEATS, key=lambda seat: (seat[1], seat[0]))
    given = [Rating(name, 0, k, int(mark)) for (name, k), mark in zip(order, pattern, strict=True)]
    return table_of(given, EXPECTED, PANEL)


def chance_of_patterns(draws):
    """Return P(every pattern of ratings | state); dims (draw, direction, pattern)."""
    return np.stack([likelihood_of_state(draws, seated(one), Numbers())[:, 0] for one in PATTERNS], axis=-1)


def test_chances_of_all_ratings_add_up_to_one():
    draws = parameters(seated(PATTERNS[0]), 5, np.random.default_rng(41))
    np.testing.assert_allclose(chance_of_patterns(draws).sum(axis=-1), 1.0, atol=1e-12)


def repeated(draws, size):
    return {name: np.repeat(value, size, axis=0) for name, value in draws.items()}


def pattern_index(rating):
    """Return the place of each row of ratings among all patterns."""
    return ((rating + 1) * 3 ** np.arange(rating.shape[1])[::-1]).sum(axis=1)


@pytest.mark.parametrize("state", STATES)
def test_simulated_ratings_come_as_often_as_their_likelihood_says(state):
    rng, size = np.random.default_rng(50 + state), 100_000
    draws = parameters(seated(PATTERNS[0]), 1, rng)
    chance = chance_of_patterns(draws)[0, state + 1]
    drawn = marks.simulate(repeated(draws, size), seated(PATTERNS[0]), Numbers(), np.full((size, 1), state), rng)
    counts = np.bincount(pattern_index(drawn.rating), minlength=len(PATTERNS))
    often = chance * size >= 10  # the rest is pooled, so that chi-square holds
    seen, wanted = np.append(counts[often], counts[~often].sum()), np.append(chance[often], chance[~often].sum()) * size
    assert stats.chisquare(seen, wanted).pvalue > 1e-4
    # That this can fail: the likelihood of another state, and of raters without a lean.
    other = chance_of_patterns(draws)[0, (state + 2) % 3]
    assert stats.chisquare(counts[often], other[often] / other[often].sum() * counts[often].sum()).pvalue < 1e-12


def test_simulated_judgements_follow_the_marks_likelihood():
    rng, size = np.random.default_rng(60), 50_000
    table = Table(EXPECTED, np.zeros_like(EXPECTED), ())
    truth = {names.MARKS_OF_PRESENT: np.full(size, 0.7)}
    drawn = marks.simulate(truth, table, Numbers(), np.zeros((size, 1), dtype=int), rng)
    assert drawn.rating.shape == (size, 0)
    for k, steps in enumerate((1, 0)):
        chance = 0.7 * PRESENT[steps] + 0.3 * SUPPORT
        counts = [(drawn.judgement[:, 0, k] == mark).sum() for mark in (1, 0, -1)]
        assert stats.chisquare(counts, chance * size).pvalue > 1e-4


PRIOR_OF_STATE = np.array([0.25, 0.40, 0.35])


def gaps(posterior, state):
    """Return how far outcomes miss P(state), overall and by confidence, in standard errors."""
    outcome = (np.array(STATES) == state[:, None]).astype(float)
    variance = posterior * (1 - posterior)
    plain = (outcome - posterior).sum(axis=0) / np.sqrt(variance.sum(axis=0))
    sure = (posterior * (outcome - posterior)).sum(axis=0) / np.sqrt((posterior**2 * variance).sum(axis=0))
    return np.concatenate([plain, sure])


def test_states_are_recovered_with_the_confidence_they_deserve():
    # Worlds drawn from the prior; the posterior of the state by weighting other draws of the raters' parameters.
    rng, worlds = np.random.default_rng(70), 4000
    empty = seated(PATTERNS[0])
    bank = chance_of_patterns(parameters(empty, 3000, rng)).mean(axis=0)  # dims (direction, pattern)
    state = rng.choice(STATES, size=worlds, p=PRIOR_OF_STATE)
    drawn = marks.simulate(parameters(empty, worlds, rng), empty, Numbers(), state[:, None], rng)
    joint = PRIOR_OF_STATE * bank[:, pattern_index(drawn.rating)].T
    posterior = joint / joint.sum(axis=1, keepdims=True)
    assert posterior.max() > 0.6  # ratings do say something
    # Six standard normals; the bank's own error (1 in 50 of a likelihood) adds less than half of one.
    assert np.abs(gaps(posterior, state)).max() < 4.0
    # Ratings read as so many agreed marks are too sure of themselves.
    cells = [k for _, k in sorted(SEATS, key=lambda seat: (seat[1], seat[0]))]
    steps = np.abs(np.array(STATES)[:, None] - EXPECTED[0][cells])
    read = 0.8 * PRESENT[steps[None], 1 - drawn.rating[:, None, :]] + 0.2 * SUPPORT[1 - drawn.rating[:, None, :]]
    naive = PRIOR_OF_STATE * read.prod(axis=-1)
    assert np.abs(gaps(naive / naive.sum(axis=1, keepdims=True), state)).max() > 8.0
