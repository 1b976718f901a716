"""The chart of accounts to start from (fees/data/accounts.csv), and who decides an expense (domain.md, Vouchers)."""

import csv
from decimal import Decimal
from pathlib import Path

from django.db import migrations

DIRECTIONS = {"收入": "income", "支出": "expense", "划转": "transfer", "代管": "held"}
SOURCES = {"居民": "residents", "产权单位": "property_units", "公共收益": "public_revenue", "政府": "government"}
LINES = {
    "治安防范": "security",
    "绿化保洁": "greening",
    "维修维护": "repair",
    "停车管理": "parking",
    "委员会办公": "administration",
}


def make(apps, schema_editor):
    Account = apps.get_model("fees", "Account")
    path = Path(__file__).resolve().parent.parent / "data" / "accounts.csv"
    with open(path, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            Account.objects.get_or_create(
                code=row["code"],
                defaults={
                    "name": row["name"],
                    "pinyin": row["pinyin"],
                    "direction": DIRECTIONS[row["direction"]],
                    "source": SOURCES.get(row["source"], ""),
                    "service_line": LINES.get(row["service_line"], ""),
                    "notice_row": row["notice_row"],
                    "top_up": row["top_up"] == "yes",
                    "needs": row["needs"],
                    "note": row["note"],
                },
            )


LIMITS = (("head", "1000.00"), ("meeting", "5000.00"), ("residents", None))


def make_limits(apps, schema_editor):
    ExpenseLimit = apps.get_model("fees", "ExpenseLimit")
    for decided_by, up_to in LIMITS:
        ExpenseLimit.objects.get_or_create(
            compound=None, decided_by=decided_by, defaults={"up_to": Decimal(up_to) if up_to else None}
        )


class Migration(migrations.Migration):
    dependencies = [("fees", "0001_initial")]
    operations = [
        migrations.RunPython(make, migrations.RunPython.noop),
        migrations.RunPython(make_limits, migrations.RunPython.noop),
    ]
