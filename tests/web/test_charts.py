"""Charts: what the canvas draws also stands there as numbers."""

from decimal import Decimal

from django.template import Context, Template
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler

from regulars.web import charts
from regulars.web.charts import HeatRow, Point, Series, chart, heatmap, scatter


def render(data: charts.Data) -> str:
    with translation.override("en"):
        source = CottonCompiler().process('<c-chart id="one" :data="data" title="Sales" />')
        return Template(source).render(Context({"data": data}))


def test_the_numbers_of_a_chart_stand_below_it_in_their_units():
    page = render(
        chart(
            "bar",
            ["Jan"],
            [Series("Revenue", [123450]), Series("Rate", [0.5], unit="percent")],
            unit="money",
            currency="CNY",
        )
    )
    assert "¥1,234.50" in page
    assert "50.0%" in page
    assert '<script id="one-data" type="application/json">' in page


def test_chart_data_cannot_break_out_of_its_script():
    page = render(chart("bar", ["</script><script>alert(1)"], [Series("x", [1])]))
    assert "<script>alert" not in page


def test_decimals_and_gaps_are_drawable():
    data = chart("line", ["a", "b"], [Series("x", [Decimal("1.5"), None])])
    assert data["series"][0]["values"] == [1.5, None]
    assert charts.table(data)["rows"] == [["a", "1.5"], ["b", "–"]]


def test_a_heatmap_is_a_table_with_steps():
    data = heatmap(["0", "1", "2"], [HeatRow("Jan", 10, [1.0, 0.4, 0.2]), HeatRow("Feb", 8, [1.0, 0.1, None])])
    page = render(data)
    assert "heat-10" in page
    assert 'class="heat heat-5">20.0%' in page
    assert "<canvas" not in page
    assert page.count("heat-none") == 1


def test_points_carry_their_address():
    data = scatter([Point(1, 2, "Ann", "/c/1")], x_label="Days", y_label="Orders")
    assert data["points"] == [{"x": 1, "y": 2, "label": "Ann", "href": "/c/1"}]
