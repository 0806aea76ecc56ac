"""What a web request may cost: an upload unpacks to a limit, and a dry run reads the beginning of a file, not all of it."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from regulars.connectors import actions, queries
from regulars.connectors.models import ImportRun
from regulars.connectors.rejects import write_rejections
from regulars.connectors.tabular import sniff
from regulars.connectors.tabular.problems import FileRefused, Problem, Rejection
from tests.connectors.test_runs import orders_text

pytestmark = pytest.mark.django_db


def test_a_bomb_is_refused_at_the_door(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sniff, "SCAN_BYTES", 1 << 20)
    bomb = gzip.compress(orders_text(3).encode() + b"x" * (16 << 20))
    console.post("/imports/upload/", {"files": SimpleUploadedFile("orders.csv.gz", bomb)})
    run = ImportRun.objects.latest("created_at")
    assert run.state == "failed"
    assert "解压后超过" in queries.run_view(run.pk).error or "unpacks" in queries.run_view(run.pk).error
    assert not Path(run.path).exists()


def test_the_limit_of_an_upload_holds_for_its_run(console: Client) -> None:
    console.post("/imports/upload/", {"files": SimpleUploadedFile("a.csv.gz", gzip.compress(orders_text(3).encode()))})
    run = ImportRun.objects.latest("created_at")
    assert run.format["unpacked_max"] == sniff.SCAN_BYTES


def test_a_dry_run_of_the_beginning_does_not_read_to_the_end(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    packed = gzip.compress(orders_text(40_000).encode())
    path.write_bytes(packed)
    seen = queries.inspect_file(path)
    path.write_bytes(packed[:-5000])
    asked = (path, seen.form, seen.dataset, dict(seen.columns), queries.conversion_options({}, at=timezone.now()))
    assert not actions.dry_run(*asked, rows_max=100).is_whole
    with pytest.raises(FileRefused, match="cut off"):
        actions.dry_run(*asked)


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("-5.00", "-5.00"), (" =1+1", "' =1+1"), ("＝1+1", "'＝1+1"), ("-1+cmd", "'-1+cmd"), ("\n=1", "'\n=1")],
)
def test_rejected_cells_are_guarded_and_numbers_stay(tmp_path: Path, cell: str, kept: str) -> None:
    path = tmp_path / "rejects.csv"
    write_rejections(path, 0, ["a"], [Rejection(2, "a", cell, Problem("bad"), (cell,))])
    _head, row = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    assert (row[2], row[5]) == (kept, kept)
