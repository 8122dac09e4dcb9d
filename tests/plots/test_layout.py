"""Where axes stand is rounded, for the layout's solver does not find the same last digits each time."""

from lambdasim.plots.drawing import new_figure


def test_places_of_axes_have_few_digits_and_stay_in_the_layout():
    figure = new_figure(7.2, 4.0)
    panels = figure.subplots(3, 1, sharex=True, height_ratios=[1.7, 1.1, 0.9])
    for axes in panels:
        axes.set_ylabel("some\nlines")
        axes.plot([1, 2, 30_000], label="a line")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0))
    for _ in range(2):
        figure.draw_without_rendering()
        for axes in panels:
            points = axes.get_position().get_points()
            assert (points == points.round(7)).all()
            assert axes.get_in_layout()
    before = panels[0].get_position().y1
    figure.suptitle("a title that takes room\nof two lines")
    figure.draw_without_rendering()
    assert panels[0].get_position().y1 < before - 0.05
