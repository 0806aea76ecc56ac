"""A second shop, in formats nobody designed for, goes through the column mapper in a real browser without touching code."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from regulars.connectors import actions
from regulars.connectors.models import ImportRun
from regulars.orders.models import Order

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOPIFY = {
    "Name": "#1001", "Email": "teo@example.com", "Financial Status": "paid", "Fulfillment Status": "fulfilled", "Currency": "USD",
    "Subtotal": "6.00", "Shipping": "5.00", "Total": "11.00", "Created at": "2024-05-06 10:11:12 -0400", "Billing Name": "Teo",
    "Lineitem quantity": "2", "Lineitem name": "Green tea", "Lineitem price": "3.00", "Lineitem sku": "T-1",
}  # fmt: skip
TAOBAO = {
    "订单编号": '="328140501234567890"', "买家会员名": "小鱼", "收货人姓名": "林样本", "联系手机": "'13800018888",
    "买家应付货款": "1,299.00", "买家实际支付金额": "1,299.00", "订单状态": "卖家已发货，等待买家确认",
    "订单创建时间": "2024-05-06 10:11:12", "宝贝标题": "龙井新茶", "宝贝总数量": "1",
}  # fmt: skip


def filled(header: Path, *rows: dict[str, str]) -> str:
    """A shop's own header with rows of ours below it."""
    names = next(csv.reader(io.StringIO(header.read_text(encoding="utf-8"))))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", extrasaction="raise")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def page(chromium: str, live_server: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The imports page, opened by the owner in Chinese; a complaint of the browser fails the test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        session = sign_in("owner").cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        opened = context.new_page()
        opened.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(live_server.url + "/imports/")
        yield opened
        context.close()
        browser.close()
    assert [c for c in complaints if "422" not in c] == []


def upload(page: Page, name: str, content: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="上传").click()
    expect(page.locator("#mapper")).to_be_visible()


def finish(page: Page) -> ImportRun:
    """Check, start, let a worker run it, and see the report come by itself."""
    page.get_by_role("button", name="检查文件").click()
    page.get_by_role("button", name="开始导入").click()
    expect(page.get_by_text("等待后台处理")).to_be_visible()
    run = ImportRun.objects.latest("created_at")
    actions.run_import(run.pk)
    expect(page.get_by_text("再导入一个文件")).to_be_visible(timeout=10_000)
    return ImportRun.objects.get(pk=run.pk)


def choose(page: Page, column: str, field: str) -> None:
    page.get_by_label(column, exact=True).select_option(label=field)


def test_exports_of_shopify_and_taobao_go_through_as_suggested(page: Page, shared_data: Path, live_server: Any) -> None:
    payloads = shared_data / "payloads"
    upload(page, "orders_export.csv", filled(payloads / "shopify_orders_export.csv", SHOPIFY).encode())
    expect(page.locator("#source")).to_have_value("shopify")
    assert finish(page).created == 1
    page.get_by_role("link", name="再导入一个文件").click()
    upload(page, "ExportOrderList.csv", filled(payloads / "taobao_orders_export_header.csv", TAOBAO).encode("gbk"))
    expect(page.get_by_text("GBK")).to_be_visible()
    assert finish(page).created == 1
    shopify, taobao = Order.objects.get(source="shopify"), Order.objects.get(source="taobao")
    assert (shopify.currency, shopify.net_amount, shopify.paid_amount, shopify.state) == ("USD", 600, 1100, "shipped")
    assert (taobao.source_id, taobao.currency, taobao.paid_amount, taobao.state) == (
        "328140501234567890",
        "CNY",
        129900,
        "shipped",
    )


def test_a_file_that_is_something_else_is_mapped_by_hand_and_remembered(
    page: Page, shared_data: Path, live_server: Any
) -> None:
    content = (shared_data / "payloads" / "youzan_logistics_export_sample.csv").read_bytes()
    upload(page, "logistics.csv", content)
    page.locator("#dataset").select_option(label="订单")
    expect(page.get_by_label("订单号", exact=True)).to_have_value("source_id")
    for column in ("获取时间", "收件人联系方式", "订单号"):
        choose(page, column, "不导入")
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_role("alert")).to_contain_text("文件缺少")
    for column, field in (
        ("订单号", "订单编号"),
        ("获取时间", "下单时间"),
        ("收件人联系方式", "手机号"),
        ("费用(元)", "实付金额"),
        ("运输状态", "状态"),
    ):
        choose(page, column, field)
    run = finish(page)
    assert (run.state, run.created) == ("done", 1)
    order = Order.objects.get()
    assert (order.source_id, order.state, order.paid_amount) == ("YZROOT202605270188", "delivered", 1200)
    page.get_by_role("link", name="再导入一个文件").click()
    upload(page, "logistics.csv", content)
    expect(page.get_by_text("已自动填好当时的设置")).to_be_visible()
    expect(page.get_by_label("费用(元)", exact=True)).to_have_value("paid_amount")
    again = finish(page)
    assert (again.created, again.unchanged) == (0, 1)
    expect(page.get_by_text("没有任何变化")).to_be_visible()


def test_a_field_belongs_to_one_column_and_a_bad_file_is_refused_in_words(page: Page, live_server: Any) -> None:
    upload(page, "o.csv", b"Order ID,Date,Paid on,Customer ID,Total\n1,2024-05-01,2024-05-02,C1,3\n")
    choose(page, "Paid on", "下单时间")
    expect(page.get_by_label("Date", exact=True)).to_have_value("")
    page.goto(live_server.url + "/imports/")
    page.set_input_files(
        "input[type=file]", {"name": "page.csv", "mimeType": "text/csv", "buffer": b"<!doctype html><html>"}
    )
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("alert")).to_contain_text("这是网页（HTML），不是表格。")
