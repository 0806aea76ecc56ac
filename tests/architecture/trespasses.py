"""What must not be: one planted breach per line of the house rules, and some lawful code beside it."""

from dataclasses import dataclass, field

SRC = "src/regulars"


@dataclass(frozen=True)
class Trespass:
    """Files to plant (the first is the trespasser; existing files are appended to) and the rule that must see it."""

    rule: str
    about: str
    files: dict[str, str] = field(hash=False)

    @property
    def path(self) -> str:
        return next(iter(self.files))

    @property
    def module(self) -> str:
        return self.path.removeprefix("src/").removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")

    def __str__(self) -> str:
        return f"{self.rule}: {self.about}"


def plant(rule: str, about: str, path: str, text: str, **others: str) -> Trespass:
    """A trespass in one file of the package; ``others`` are files it needs, path with ``__`` for ``/`` -> text."""
    needed = {f"{SRC}/{name.replace('__', '/')}.py": body for name, body in others.items()}
    files = {f"{SRC}/{path}": text, **needed}
    for name in [name for name in files if name.endswith(".py")]:
        folders = name.split("/")[2:-1]
        for depth in range(1, len(folders) + 1):
            files.setdefault("/".join([SRC, *folders[:depth], "__init__.py"]), "")
    return Trespass(rule, about, files)


ROOMS = "Rooms stand above one another"
INSIDE = "Inside a room, doors call verbs, verbs call reads, reads call models"
MODELS = "Models never leave their domain"
VERBS = "A domain's verbs are called in it, by flows and by the site"
SCIENCE = "Science knows no database of the shop"
SIMULATION = "Simulation writes nothing"

CONTRACTS = [
    plant(ROOMS, "a stray room", "warehouse/__init__.py", ""),
    plant(ROOMS, "storage imports web", "storage/trespass.py", "from regulars.web import access"),
    plant(ROOMS, "customers imports catalog", "customers/trespass.py", "import regulars.catalog.apps"),
    plant(ROOMS, "catalog imports orders", "catalog/trespass.py", "from regulars.orders import models"),
    plant(
        ROOMS,
        "an upper domain imports another",
        "campaigns/queries.py",
        "from regulars.surveys import queries",
        surveys__queries="",
    ),
    plant(
        ROOMS,
        "upward, hidden in a function",
        "catalog/trespass.py",
        "def price():\n    from regulars.flows import record_orders\n",
    ),
    plant(
        ROOMS,
        "upward, for types only",
        "shop/trespass.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from regulars.orders import apps\n",
    ),
    plant(
        ROOMS,
        "a domain imports the simulation",
        "insights/trespass.py",
        "import regulars.simulation.replay",
        simulation__replay="",
    ),
    plant(
        INSIDE,
        "models import queries",
        "promotions/models.py",
        "from regulars.promotions import queries",
        promotions__queries="",
    ),
    plant(
        INSIDE,
        "queries import actions",
        "promotions/queries.py",
        "from regulars.promotions import actions",
        promotions__actions="",
    ),
    plant(
        INSIDE,
        "actions import pages",
        "promotions/actions.py",
        "from regulars.promotions.pages import x",
        promotions__pages="x = 1",
    ),
    plant(INSIDE, "pages import api", "promotions/pages.py", "from . import api", promotions__api=""),
    plant(
        "Nothing goes round in circles",
        "two files need each other",
        "core/trespass.py",
        "from regulars.core import back",
        core__back="from regulars.core import trespass",
    ),
    plant("Core is pure", "Django in core", "core/trespass.py", "from django.utils import timezone"),
    plant("Core is pure", "dice in core", "core/trespass.py", "import random"),
    plant(
        "Core is pure",
        "the file system in core, in a function",
        "core/trespass.py",
        "def read():\n    from os import environ\n    return environ",
    ),
    plant("Core is pure", "the clock in core", "core/trespass.py", "from time import monotonic as x"),
    plant(SCIENCE, "Django in science", "science/trespass.py", "from django.db import connection"),
    plant(SCIENCE, "storage in science", "science/trespass.py", "from regulars.storage import ids"),
    plant(
        "Science speaks of facts, conditions and money, not of rules",
        "an estimate reads offers",
        "science/trespass.py",
        "from regulars.core import offers",
        core__offers="",
    ),
    plant("Storage answers no request", "routes in storage", "storage/trespass.py", "from ninja import Router"),
    plant(
        MODELS, "insights imports a customer", "insights/trespass.py", "from regulars.customers.models import Customer"
    ),
    plant(MODELS, "orders' queries import products", "orders/trespass.py", "from regulars.catalog import models as m"),
    plant(
        MODELS,
        "hidden in a function",
        "flows/trespass.py",
        "def f():\n    from regulars.orders.models import Order\n    return Order",
    ),
    plant(MODELS, "the site imports the shop's", "site/trespass.py", "import regulars.shop.models"),
    plant(
        MODELS,
        "a domain that is not built yet",
        "assurance/queries.py",
        "from regulars.membership.models import Tier",
        membership__models="Tier = 1",
    ),
    plant(
        VERBS,
        "a domain calls another's verb",
        "surveys/actions.py",
        "from regulars.promotions import actions",
        promotions__actions="",
    ),
    plant(
        VERBS,
        "connectors write past the flows",
        "connectors/trespass.py",
        "from regulars.promotions.actions import redeem",
        promotions__actions="redeem = 1",
    ),
    plant(
        VERBS,
        "verbs in a package",
        "surveys/queries.py",
        "from regulars.promotions.actions.redeem import redeem",
        promotions__actions__redeem="redeem = 1",
    ),
    plant(
        "Models know the database and core's words only",
        "models import an estimate",
        "promotions/models.py",
        "from regulars.science import churn",
        science__churn="",
    ),
    plant(
        "Reads post nothing",
        "queries import the ledger",
        "promotions/queries.py",
        "from regulars.ledger import actions",
    ),
    plant(
        "Nobody reaches through another's doors",
        "pages import another domain's pages",
        "surveys/pages.py",
        "from regulars.promotions import pages",
        promotions__pages="",
    ),
    plant(
        "Connectors end in facts and flows",
        "an adapter reads orders",
        "connectors/trespass.py",
        "from regulars.promotions import queries",
        promotions__queries="",
    ),
    plant(
        SIMULATION,
        "a replay calls a verb",
        "simulation/replay.py",
        "from regulars.promotions import actions",
        promotions__actions="",
    ),
    plant(SIMULATION, "a replay starts a flow", "simulation/replay.py", "from regulars.flows import record_orders"),
    plant(
        SIMULATION,
        "a replay posts",
        "simulation/replay.py",
        "from regulars.ledger import actions",
    ),
    plant(
        "The site is imported by nobody",
        "a flow reads the settings",
        "flows/trespass.py",
        "from regulars.site import settings",
    ),
]

TEMPLATE = "web/templates/web/trespass.html"
LONG = "def trespass():\n" + "    x = 1\n" * 71
ENTRY = "\ndef trespass(request):\n    '''A page.'''\n" + "    x = 1\n" * 16
PO = "campaigns/locale/zh_Hans/LC_MESSAGES/django.po"
SPEAKS = "from django.utils.translation import gettext as _\n"
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
MODEL = "from django.db import models\nclass Trespass(models.Model):\n    "
KEY = "id = models.UUIDField(primary_key=True)\n    "


def clock(about: str, text: str, room: str = "core") -> Trespass:
    return plant("clocks and dice", about, f"{room}/trespass.py", text)


def speaks(rule: str, about: str, translation: str, text: str = "x = _('%(n)s orders')\n") -> Trespass:
    files = {
        f"{SRC}/{PO}": HEADER + translation,
        f"{SRC}/campaigns/pages.py": SPEAKS + text,
        f"{SRC}/campaigns/__init__.py": "",
    }
    return Trespass(rule, about, files)


SHAPES = [
    plant("file length", "501 lines", "core/trespass.py", "x = 1\n" * 501),
    plant("function length", "72 lines", "core/trespass.py", LONG),
    plant("entry point length", "a page that does the work", "insights/trespass.py", "@page(EVERYONE)" + ENTRY),
    plant(
        "entry point length",
        "a route that does the work",
        "insights/trespass.py",
        "@router.get('/x', auth=None)" + ENTRY,
    ),
    plant("entry point length", "a task that does the work", "insights/trespass.py", "@task" + ENTRY),
    plant("entry point length", "a command that does the work", "site/trespass.py", "@app.command()" + ENTRY),
    plant(
        "entry point length",
        "a command registered by a call",
        "site/cli/trespass.py",
        ENTRY + "app.command('trespass')(trespass)",
    ),
    plant("vague names", "utils.py", "orders/utils.py", ""),
    plant("vague names", "date_helpers/", "core/date_helpers/__init__.py", ""),
    plant("domain shape", "a file of another kind", "orders/services.py", ""),
    plant("domain shape", "a folder of another kind", "orders/management/__init__.py", ""),
    plant("domain shape", "in a domain that is not built yet", "surveys/forms.py", ""),
    Trespass("stray folders", "code the contracts cannot see", {f"{SRC}/core/hidden/trespass.py": "import django"}),
    plant(
        "hidden imports", "an import in a function", "orders/trespass.py", "def f():\n    import json\n    return json"
    ),
    plant(
        "dynamic imports",
        "a model by its name",
        "insights/trespass.py",
        "from django.apps import apps\nC = apps.get_model('customers.Customer')",
    ),
    plant(
        "dynamic imports",
        "a module by its name",
        "insights/trespass.py",
        "from importlib import import_module as get\nx = get('regulars.orders.models')",
    ),
    plant("core imports", "a library", "core/trespass.py", "import attrs"),
    plant("core imports", "a room by a relative import", "core/trespass.py", "from ..storage import ids"),
    plant("doors", "pages estimate by themselves", "insights/pages/trespass.py", "from regulars.science import engine"),
    plant("doors", "routes post by themselves", "promotions/api.py", "from regulars.ledger import actions"),
    clock("the clock", "from datetime import datetime\nx = datetime.now()"),
    clock("the clock, renamed and not called", "import datetime as dt\nnow = dt.datetime.utcnow"),
    clock("today, in a function", "def f():\n    from datetime import date as day\n    return day.today()"),
    clock("the clock, by getattr", "from datetime import datetime\nx = getattr(datetime, 'now')()"),
    clock("Django's clock", "from django.utils import timezone\nx = timezone.now()", "science"),
    clock("time.time", "from time import time as tick\nx = tick()", "science"),
    clock("dice", "import random as r\nx = r.random()"),
    clock("NumPy's global dice", "import numpy as np\nx = np.random.normal()", "science"),
    clock("dice without a seed", "from numpy.random import default_rng\nx = default_rng()", "science"),
    plant("clocks in SQL", "the day of today", "science/marts/trespass.sql", "SELECT current_date -- today\n"),
    plant(
        "clocks in SQL", "a sample by chance", "science/marts/trespass.sql", "SELECT * FROM orders USING SAMPLE 10%\n"
    ),
    plant("swallowed errors", "a bare except", "orders/trespass.py", "try:\n    x = 1\nexcept:\n    raise\n"),
    plant(
        "swallowed errors",
        "except Exception: pass",
        "orders/trespass.py",
        "try:\n    x = 1\nexcept (ValueError, Exception):\n    pass\n",
    ),
    plant(
        "swallowed errors",
        "suppress(Exception)",
        "orders/trespass.py",
        "from contextlib import suppress\nwith suppress(Exception):\n    x = 1\n",
    ),
    plant("sequence keys", "a counter", "promotions/models.py", MODEL + "id = models.BigAutoField(primary_key=True)"),
    plant("sequence keys", "no key", "promotions/models/offer.py", MODEL + "name = models.CharField()"),
    plant(
        "sequence keys",
        "a table nobody wrote",
        "promotions/models.py",
        MODEL + KEY + "x = models.ManyToManyField('self')",
    ),
    plant(
        "foreign keys",
        "upwards",
        "catalog/models/trespass.py",
        MODEL + KEY + "x = models.ForeignKey('orders.Order', related_name='+')",
    ),
    plant(
        "foreign keys",
        "to a peer",
        "customers/models/trespass.py",
        MODEL + KEY + "x = models.ForeignKey(to='catalog.Product', related_name='+')",
    ),
    plant(
        "foreign keys",
        "with a way back",
        "promotions/models.py",
        MODEL + KEY + "x = models.OneToOneField('orders.Order', related_name='offer')",
    ),
    plant("inline code", "a script", TEMPLATE, "<script>alert(1)</script>"),
    plant("inline code", "a style", TEMPLATE, '<p class="x"\n style="color: red">'),
    plant("inline code", "a stylesheet", TEMPLATE, "<style>p {}</style>"),
    plant("inline code", "a handler", TEMPLATE, "<b onclick='x()'>"),
    plant("inline code", "an htmx handler", TEMPLATE, '<b hx-on:click="x()">'),
    plant("inline code", "a script in an address", TEMPLATE, '<a href="javascript:x()">'),
    plant("things from elsewhere", "a script of a CDN", TEMPLATE, '<script defer src="//cdn.example/x.js"></script>'),
    plant(
        "things from elsewhere",
        "a font of a CDN",
        "web/static/web/trespass.css",
        "@font-face { src: url(https://cdn.example/x.woff2) }",
    ),
    plant("evaluated code", "eval", "web/static/web/trespass.js", "eval ('1')"),
    plant("bare words", "a text", TEMPLATE, "<p>{{ n }} orders</p>"),
    plant("bare words", "an attribute", TEMPLATE, '<input placeholder="Search {% if x %}all{% endif %}">'),
    plant("bare words", "after another language", TEMPLATE, '<p lang="en">Terms <p>x</p></p> Other words'),
    speaks("catalogues", "a sentence without translation", ""),
    speaks("catalogues", "an empty one", 'msgid "%(n)s orders"\nmsgstr ""\n'),
    speaks("catalogues", "a fuzzy one", '#, fuzzy\nmsgid "%(n)s orders"\nmsgstr "%(n)s 个订单"\n'),
    speaks("catalogues", "a lost placeholder", 'msgid "%(n)s orders"\nmsgstr "%(m)s 个订单"\n'),
    speaks("catalogues", "a catalogue that Django does not read", 'msgid "%(n)s orders"\nmsgstr "%(n)s 个订单"\n'),
    Trespass(
        "catalogues",
        "a template's sentence",
        {f"{SRC}/{PO}": HEADER, f"{SRC}/campaigns/templates/x.html": "  {% translate 'New offer' %}"},
    ),
    Trespass(
        "catalogues",
        "a block with a plural",
        {
            f"{SRC}/{PO}": HEADER,
            f"{SRC}/campaigns/templates/x.html": "{% blocktrans count n=n %}1{% plural %}{{ n }} x{% endblocktrans %}",
        },
    ),
    Trespass(
        "catalogues",
        "a component's attribute",
        {f"{SRC}/{PO}": HEADER, f"{SRC}/campaigns/templates/x.html": """<c-card :title="_('New offer')" />"""},
    ),
    Trespass(
        "one translation",
        "two rooms disagree",
        {
            f"{SRC}/surveys/locale/zh_Hans/LC_MESSAGES/django.po": HEADER + 'msgid "member"\nmsgstr "会员"\n',
            f"{SRC}/{PO}": HEADER + 'msgid "member"\nmsgstr "成员"\n',
        },
    ),
    plant("hosts and paths", "a package host", "core/trespass.py", "# https://" + "py" + "pi.org/simple\n"),
    plant("hosts and paths", "a path of one machine", "core/trespass.py", 'x = "/' + 'home/someone/shop"\n'),
    Trespass(
        "dead links", "a guide that is not there", {"docs/trespass.md": "Read [the guide](guides/nothing.md#how)."}
    ),
    Trespass("lock file", "an address", {"requirements.lock": "\n--index-url https://packages.example/simple\n"}),
    Trespass("lock file", "a version without hashes", {"requirements.lock": "\nattrs==25.1.0\n"}),
]

LAWFUL = [
    plant(
        "all",
        "a new domain built as the house asks for",
        "promotions/actions.py",
        "import regulars.ledger.actions\nimport regulars.orders.queries\nimport regulars.promotions.queries\n",
        promotions__queries="import regulars.core.money\nfrom regulars.promotions import models\n",
        promotions__models=MODEL
        + KEY
        + "order = models.ForeignKey('orders.Order', models.CASCADE, related_name='+')\n",
        promotions__pages="from regulars.promotions import actions\n@page(())\ndef offers(request):\n    return 1\n",
        orders__queries="",
    ),
    plant(
        "all",
        "a rule with its instant",
        "core/trespass.py",
        "from datetime import datetime\ndef due(at: datetime) -> bool:\n    return at.hour > 9\n",
    ),
]
