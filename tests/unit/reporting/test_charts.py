"""Charts: what is drawn where, and what is said in words."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from stages.reporting import charts, tables
from stages.reporting.history import TypeHistory

SVG = "{http://www.w3.org/2000/svg}"


def drawing(chart):
    return ElementTree.fromstring(chart)


def texts(drawn):
    return [text.text.replace("\N{NO-BREAK SPACE}", " ") for text in drawn.iter() if text.tag.endswith("text")]


def rows_of(results, name):
    return [row for row in tables.accuracy(results) if row.problem_set == name]


def history(name, *sizes):
    return TypeHistory("t1", name, {f"iter{number}": size for number, size in enumerate(sizes, 1)}, {})


PARENTS = {"base": None, "iter1": "base"}


def test_accuracy_chart_draws_point_interval_and_way_from_the_parent(results):
    drawn = drawing(charts.accuracy_chart(rows_of(results, "test/sums"), PARENTS, 0.5))
    # Two columns between 44 and 348: centres at 120 and 272. The share 0.5 stands at 22, zero at 194: 344 a share.
    points = [(float(c.get("cx")), float(c.get("cy"))) for c in drawn.findall("circle")]
    assert points == [(120, pytest.approx(159.6)), (272, pytest.approx(65.0))]
    whiskers = [line for line in drawn.findall("line") if line.get("class") == "whisker"]
    assert [(float(w.get("y1")), float(w.get("y2"))) for w in whiskers][1] == (pytest.approx(28.9), pytest.approx(97.7))
    assert drawn.find("polyline").get("points") == "120.0,159.6 272.0,65.0"
    assert {"10.0 %", "37.5 %", "base", "iter1", "50 %"} <= set(texts(drawn))


def test_accuracy_chart_does_not_show_an_unmeasured_accuracy_as_zero(results):
    drawn = drawing(charts.accuracy_chart(rows_of(results, "ood/unseen"), PARENTS))
    assert drawn.findall("circle") == []
    assert texts(drawn).count("not graded") == 2
    assert "0.0 %" not in texts(drawn)


def test_accuracy_chart_of_many_models_labels_the_first_and_the_last_without_crowding(results):
    row = rows_of(results, "test/sums")[0]
    rows = [row._replace(iteration=f"iter{number}") for number in range(12)]
    names = [text for text in texts(drawing(charts.accuracy_chart(rows, {}))) if text.startswith("iter")]
    assert names == ["iter0", "iter3", "iter6", "iter9", "iter11"]


def test_accuracy_chart_puts_names_in_turn_on_two_lines_where_one_has_no_room(results):
    row = rows_of(results, "test/sums")[0]

    def names(*given):
        drawn = drawing(charts.accuracy_chart([row._replace(iteration=name) for name in given], {}, names=10))
        return [(t.text, t.get("y")) for t in drawn.iter() if t.tag.endswith("text") and float(t.get("y")) > 200]

    # Five columns are 304 / 5 = 60.8 wide, which eight letters fill.
    assert [y for _, y in names(*"abcde")] == ["212.0"] * 5
    long = [f"untargeted-{number}" for number in range(5)]
    assert names(*long) == list(zip(long, ["212.0", "226.0", "212.0", "226.0", "212.0"], strict=True))
    # Ten are half as wide.
    assert names(*long, *long)[0] == ("unta…d-0", "212.0")
    assert len(names(*long, *long)) == 10


def test_axis_ends_above_the_highest_interval_and_never_above_all(results):
    rows = rows_of(results, "test/sums")
    assert charts.top_share(rows) == pytest.approx(0.5)
    assert charts.top_share([rows[0]._replace(high=0.97)]) == 1.0
    assert charts.top_share([]) == 1.0


@pytest.mark.parametrize(
    ("value", "top"), [(0.0, 1.0), (0.28, 0.4), (0.4, 0.4), (1.46, 2.0), (3.1, 4.0), (9.0, 10.0), (12.0, 20.0)]
)
def test_axis_ends_at_a_round_number(value, top):
    assert charts.nice_top(value) == pytest.approx(top)


def test_loss_chart_draws_and_names_a_line_for_each_iteration():
    drawn = drawing(charts.loss_chart({"iter1": [(1, 2.0), (4, 1.0)], "iter2": [(2, 0.5)]}))
    # Zero at 194, the top value 2 at 22. Steps: 44 + 304 * step / 4. The lines of the legend end at 348.
    lines = [line.get("points") for line in drawn.findall("polyline")]
    assert lines[0::2] == ["196.0,151.0", "120.0,22.0 348.0,108.0"]
    assert {"iter1", "iter2", "2", "step 4"} <= set(texts(drawn))


def test_losses_on_problems_held_out_are_dots_on_the_axes_of_the_chart():
    drawn = drawing(charts.loss_chart({"iter1": [(1, 2.0), (4, 1.0)]}, {"iter1": [(0, 4.0), (4, 2.0)]}))
    # Zero at 194, the top value 4 at 22.
    assert [(dot.get("cx"), dot.get("cy")) for dot in drawn.findall("circle")] == [("44.0", "22.0"), ("348.0", "108.0")]
    assert "4" in texts(drawn)


def test_loss_chart_of_a_loss_of_zero_is_drawn():
    drawn = drawing(charts.loss_chart({"iter1": [(1, 0.0), (2, 0.0)]}))
    assert drawn.find("polyline").get("points") == "196.0,194.0 348.0,194.0"


def test_type_chart_draws_a_bar_for_each_iteration_in_proportion():
    drawn = drawing(charts.type_chart([history("slips", 40, 10), history("word " * 30, 0, 20)], ["iter1", "iter2"]))
    # A column is 350 / 2 = 175 wide, of which 131 for the bar of the largest count.
    assert [float(bar.get("width")) for bar in drawn.findall("rect")] == [131.0, pytest.approx(32.8), 0.0, 65.5]
    assert {"slips", "40", "20", "iter2"} <= set(texts(drawn))


def test_type_chart_breaks_a_long_name_once_and_makes_room_for_it():
    # Eleven words of four letters have 54 with their spaces; ten and the mark of what is left out have 51.
    drawn = drawing(charts.type_chart([history("word " * 30, 4), history("slips", 2)], ["iter1"]))
    names = [text for text in texts(drawn) if text.startswith("word")]
    assert names == [" ".join(["word"] * 11), " ".join(["word"] * 10) + " …"]
    # A row is 24 high with one line and 39 with two.
    assert [bar.get("y") for bar in drawn.findall("rect")] == ["30", "69"]
    assert drawn.get("viewBox") == "0 0 720 103"


def test_bar_is_as_wide_as_its_share():
    assert drawing(charts.bar(0.255)).findall("rect")[1].get("width") == "25.5"


def test_interval_is_drawn_over_its_bar():
    track, bar, line = drawing(charts.bar(0.2, (0.155, 0.25))).findall("rect")
    assert (bar.get("width"), line.get("class"), line.get("x"), line.get("width")) == (
        "20.0",
        "interval",
        "15.5",
        "9.5",
    )
    assert track.get("width") == "100"


def test_standalone_chart_is_a_file_with_its_own_style_and_title(results):
    text = charts.standalone(charts.accuracy_chart(rows_of(results, "test/sums"), PARENTS), "A & <b>")
    drawn = ElementTree.fromstring(text.encode())
    assert drawn.tag == f"{SVG}svg"
    assert drawn.find(f"{SVG}title").text == "A & <b>"
    assert drawn.find(f"{SVG}rect").attrib == {"class": "ground", "width": "100%", "height": "100%"}
    assert "--accent" in drawn.find(f"{SVG}style").text


def test_control_characters_leave_a_chart_xml():
    named = charts.standalone(charts.type_chart([history("a\x00b\x1bc\ufffe", 3)], ["iter1"]), "\x08")
    assert "a\ufffdb\ufffdc\ufffd" in texts(drawing(named.partition("\n")[2]))


def test_names_of_users_are_escaped_in_charts(hostile):
    parents = {model.name: model.parent for model in hostile.models}
    rows = rows_of(hostile, "test/sums")
    drawn = drawing(charts.accuracy_chart(rows, parents))
    assert "<script>… co" in texts(drawn)
    assert hostile.models[1].name in drawn.get("aria-label")
    curves = {iteration.name: iteration.loss for iteration in [replace(hostile.iterations[0])]}
    assert "<script" not in charts.loss_chart(curves)
