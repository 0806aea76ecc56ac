"""The import pages: upload, mapping, check, progress, report, for those who may."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from regulars.connectors import actions, queries
from regulars.connectors.models import ImportRun
from regulars.connectors.pages import showing
from regulars.orders.models import Order
from regulars.shop.models import Shop
from tests.connectors.test_runs import orders_text

pytestmark = pytest.mark.django_db


def uploaded(client: Client, text: str | bytes, name: str = "orders.csv") -> ImportRun:
    answer = client.post(
        "/imports/upload/", {"files": SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)}
    )
    assert answer.status_code == 302
    return ImportRun.objects.latest("created_at")


def posted(run: ImportRun, **changes: str) -> dict[str, str]:
    names = queries.inspect_file(Path(run.path)).names
    columns = {f"column-{i}": run.mapping[name] for i, name in enumerate(names)}
    return {"dataset": run.dataset, "source": "import", "currency": "CNY", **columns, **changes}


def test_a_file_goes_from_upload_to_report(console: Client) -> None:
    run = uploaded(console, orders_text(3) + "X,2024-02-30,C1,P1,1,3\n")
    address = f"/imports/{run.pk}/"
    assert "订单编号" in console.get(address).content.decode()
    assert console.post(address + "?edit=1", posted(run)).status_code == 302
    assert "import_check" not in console.get(address).content.decode()
    check = console.get(address + "check/").content.decode()
    assert "没有这个日期" in check and "2024-02-30" in check
    assert Order.objects.count() == 0, "a check writes nothing"
    console.post(address + "start/")
    assert ImportRun.objects.get(pk=run.pk).state == "queued"
    assert "HX-Refresh" not in console.get(address + "progress/").headers
    actions.run_import(run.pk)
    assert console.get(address + "progress/").headers["HX-Refresh"] == "true"
    report = console.get(address).content.decode()
    assert "没有导入的行" in report and Order.objects.count() == 3
    rejects = console.get(address + "rejects/")
    assert rejects.headers["Content-Disposition"].startswith("attachment")
    assert "没有这个日期" in b"".join(rejects.streaming_content).decode(), "in the language of whoever uploaded"


def test_a_file_that_is_no_table_says_so_in_the_readers_language(sign_in: Callable[..., Client]) -> None:
    run = uploaded(sign_in("owner"), b"<!doctype html><html>", "export.csv")
    assert run.state == "failed" and not Path(run.path).exists()
    assert "这是网页" in sign_in("owner").get(f"/imports/{run.pk}/").content.decode()
    assert "This is a web page" in sign_in("owner", language="en").get(f"/imports/{run.pk}/").content.decode()


def test_a_mapping_that_lacks_a_field_is_refused_and_says_which(console: Client) -> None:
    run = uploaded(console, orders_text(2))
    answer = console.post(f"/imports/{run.pk}/?edit=1", posted(run, **{"column-1": ""}))
    assert answer.status_code == 422
    assert "文件缺少：下单时间" in answer.content.decode()


def test_the_same_file_again_is_recognised(console: Client) -> None:
    for _time in range(2):
        run = uploaded(console, orders_text(2))
        console.post(f"/imports/{run.pk}/?edit=1", posted(run))
        console.post(f"/imports/{run.pk}/start/")
        page = console.get(f"/imports/{run.pk}/").content.decode()
        actions.run_import(run.pk)
    again = uploaded(console, orders_text(2))
    page = console.get(f"/imports/{again.pk}/").content.decode()
    assert "导入过" in page and "已自动填好" in page
    assert "没有任何变化" in console.get(f"/imports/{run.pk}/").content.decode()


@pytest.mark.parametrize("role", ["agent", "analyst", "reader"])
def test_others_may_neither_see_nor_start_imports(sign_in: Callable[..., Client], role: str) -> None:
    run = uploaded(sign_in("marketer"), orders_text(2))
    other = sign_in(role)
    for address in ("/imports/", f"/imports/{run.pk}/", f"/imports/{run.pk}/rejects/"):
        assert other.get(address).status_code == 403
    for address in ("/imports/upload/", f"/imports/{run.pk}/start/", f"/imports/{run.pk}/cancel/", "/imports/sample/"):
        assert other.post(address).status_code == 403


def test_the_list_asks_as_often_however_many_imports_there_are(
    console: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        uploaded(console, orders_text(2), f"orders{number}.csv")
    with django_assert_max_num_queries(12):
        assert "orders29.csv" in console.get("/imports/").content.decode()


def test_the_sample_starts_only_where_no_orders_are(console: Client) -> None:
    answer = console.post("/imports/sample/", {"small": "1"})
    run = ImportRun.objects.get()
    assert answer.headers["Location"] == f"/imports/{run.pk}/"
    assert (run.dataset, run.state, Shop.objects.get().currency) == ("sample", "queued", "USD")
    assert console.get(f"/imports/{run.pk}/").status_code == 200
    console.post("/imports/sample/", {"small": "1"})
    assert ImportRun.objects.count() == 1


def test_the_sample_is_refused_beside_a_shops_own_orders(console: Client) -> None:
    run = uploaded(console, orders_text(2))
    console.post(f"/imports/{run.pk}/?edit=1", posted(run))
    console.post(f"/imports/{run.pk}/start/")
    actions.run_import(run.pk)
    console.post("/imports/sample/")
    assert not ImportRun.objects.filter(dataset="sample").exists()


def test_every_state_and_dataset_has_a_name_to_show() -> None:
    from regulars.connectors.tabular.states import KNOWN_STATES

    assert set(showing.STATE_LABELS) == set(KNOWN_STATES)


def test_a_file_of_a_header_alone_says_so(sign_in: Callable[..., Client]) -> None:
    run = uploaded(sign_in("owner"), "订单编号,金额\n")
    assert run.state == "failed"
    assert "only a header" in sign_in("owner", language="en").get(f"/imports/{run.pk}/").content.decode()


def test_of_several_files_each_is_to_be_opened(console: Client) -> None:
    files = [SimpleUploadedFile(f"{n}.csv", orders_text(n).encode()) for n in (1, 2)]
    page = console.post("/imports/upload/", {"files": files}, follow=True).content.decode()
    for run in ImportRun.objects.all():
        assert f'alert-link" href="/imports/{run.pk}/"' in page
