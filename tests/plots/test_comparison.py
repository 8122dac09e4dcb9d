"""A comparison's forest plots: paired differences, their intervals, verdicts in words; however many there are."""

import numpy as np
import pytest

import lambdasim
from lambdasim.analysis.comparands import comparands
from lambdasim.analysis.compare import weighed
from lambdasim.errors import FigureError
from lambdasim.plots.comparison import MOST_PANELS, MOST_ROWS, MOST_VARIANTS, comparison_drawing
from tests.plots.sweeps import COST, MEMORY, P50, P99
from tests.worlds import load, world

SHOP = lambdasim.parse_scenario(
    "name: shop\nduration: 1h\nfunctions:\n  api: {runtime: python3.13, handler: {duration: 80 ms}}\n"
    "triggers:\n  web: {type: direct, target: api, arrivals: {poisson: {rate: 2/s}}}\n"
)
LUCK = np.array([0.0, 3.0, -2.0, 5.0, 1.0, -4.0])  # shared by all variants
OWN = np.array([0.1, -0.1, 0.2, -0.2, 0.0, 0.1])


def compared(columns, vary=None):
    """A comparison in which each measure's mean, variant by variant, is as in ``columns``, the first the baseline's."""
    count = len(next(iter(columns.values())))
    vary = vary or {MEMORY: [256 + 16 * number for number in range(count)]}
    columns = {COST: [10.0] * count, **columns}
    found = comparands(SHOP, vary, [name for name in columns if name != COST], 0)
    values = np.array(
        [[mean + LUCK + OWN * number for number, mean in enumerate(columns[each.text])] for each in found.measures]
    ).transpose(1, 2, 0)
    design = lambdasim.Design(len(LUCK), seed=3)
    shares = [np.zeros((count, len(LUCK)))] * len(found.measures)
    return weighed(found, values, design, first_counts=True, unserved=shares)


THREE = compared({P99: [400.2, 300.2, 400.3], P50: [200.0, 210.0, 300.0], COST: [10.0, 8.0, 20.0]})


def panel(drawing, title):
    return next(axes for axes in drawing.figure().axes if axes.get_title(loc="left") == title)


def columns_beside(axes):
    return [text.get_text() for text in axes.texts]


def test_each_row_has_the_difference_and_its_interval():
    axes = panel(comparison_drawing(THREE), P99)
    difference = THREE.compared[0].rows[1].difference.absolute
    drawn = [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines]
    assert ([difference.value], [1]) in drawn
    assert ([difference.low, difference.high], [1, 1]) in drawn


def test_shares_are_in_percentage_points():
    rates = compared({"api.cold_start_rate": [400.0, 300.0]})
    axes = panel(comparison_drawing(rates), "api.cold_start_rate")
    assert [100 * rates.compared[0].rows[1].difference.absolute.value] in [
        list(line.get_xdata()) for line in axes.lines
    ]
    assert axes.get_xlabel() == "difference to the baseline, percentage points"


def test_verdicts_stand_there_in_words_with_the_estimates():
    beside = columns_beside(panel(comparison_drawing(THREE), P99))
    assert beside[2::2][:3] == ["401 ms", "301 ms", "401 ms"]
    assert beside[3::2][:3] == ["baseline", "better", "no difference shown"]


def test_the_recommended_variant_is_shaded_in_every_panel():
    assert THREE.recommendation.cheapest == 1
    for axes in comparison_drawing(THREE).figure().axes:
        [band] = axes.patches
        assert (band.get_y(), band.get_height()) == (0.5, 1.0)
    assert comparison_drawing(THREE).words.startswith("Take memory_size=272. ")


def test_the_measure_that_counts_first_is_on_top_and_the_cost_at_the_bottom():
    titles = [axes.get_title(loc="left") for axes in comparison_drawing(THREE).figure().axes]
    assert titles == [P99, P50, COST]


def test_measures_that_differ_nowhere_have_no_panel_but_rows_in_the_table():
    equal = compared({P99: [400.0, 300.0]})
    titles = [axes.get_title(loc="left") for axes in comparison_drawing(equal).figure().axes]
    assert P99 in titles
    assert {row[0] for row in comparison_drawing(equal).table.rows} == {f"{P99} (ms)", COST}


@pytest.mark.parametrize("count", [2, 12, 60])
def test_a_picture_has_no_more_rows_than_a_reader_looks_through_and_the_table_has_all(count):
    names = (P99, P50, "api.cold_starts", "api.errors", "api.timeouts", "api.retries")
    many = compared({name: [400.0 - number for number in range(count)] for name in names})
    drawing = comparison_drawing(many)
    axes = drawing.figure().axes
    assert len(axes) <= MOST_PANELS
    assert all(len(each.get_yticks()) <= MOST_VARIANTS for each in axes)
    assert sum(len(each.get_yticks()) for each in axes) <= MOST_ROWS
    assert len(drawing.table.rows) == count * (len(names) + 1)
    assert drawing.title.startswith("Differences" if count <= MOST_VARIANTS else "12 of 60 variants, differences")


def test_of_many_variants_the_baseline_and_the_best_are_drawn():
    many = compared({P99: [400.0 - number for number in range(60)]})
    labels = [label.get_text() for label in panel(comparison_drawing(many), P99).get_yticklabels()]
    best = [str(256 + 16 * number) for number in range(60 - (MOST_VARIANTS - 1), 60)]
    assert labels[0] == "256"
    assert labels[-(MOST_VARIANTS - 2) :] == best[1:]


def test_long_names_that_would_look_alike_are_numbered():
    texts = [f"a description that is as long as the others are, and ends in {number}" for number in range(3)]
    shown = comparison_drawing(compared({P99: [400.0, 300.0, 200.0]}, vary={"description": texts}))
    labels = [label.get_text() for label in panel(shown, P99).get_yticklabels()]
    assert len(set(labels)) == 3


def test_labels_that_look_like_markup_stay_text():
    named = compared({P99: [400.0, 300.0]}, vary={"description": ["a $x_1$ <script>", "b $y^2$ & co"]})
    axes = panel(comparison_drawing(named), P99)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a $x_1$ <script>", "b $y^2$ & co"]
    assert not any(label.get_parse_math() for label in axes.get_yticklabels())


def test_the_columns_beside_a_panel_lie_within_the_figure():
    figure = comparison_drawing(compared({P99: [40000.0 + number for number in range(12)]})).figure()
    figure.draw_without_rendering()
    width = figure.bbox.width
    assert all(text.get_window_extent().x1 <= width for axes in figure.axes for text in axes.texts)


def test_a_comparison_in_which_nothing_differs_has_no_such_figure():
    same = lambdasim.compare(
        load(world(duration="2s")), {"description": ["a", "b"]}, design=lambdasim.Design(replications=2)
    )
    with pytest.raises(FigureError, match="no measure differs"):
        comparison_drawing(same)
