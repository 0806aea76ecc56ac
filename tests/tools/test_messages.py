import gettext

import pytest

from tools import messages


@pytest.fixture
def room(tmp_path):
    """A room that says one sentence in its code and three in a template."""
    room = tmp_path / "orders"
    (room / "templates").mkdir(parents=True)
    (room / "pages.py").write_text(
        "from django.utils.translation import gettext as _, ngettext\n"
        "def title(n):\n    return _('Orders of ' '%(day)s') + ngettext('%(n)s line', '%(n)s lines', n)\n"
    )
    (room / "templates" / "list.html").write_text(
        "<ul>\n  {% if x %}\n      <li title=\"{% translate 'New' %}\">{{ _('Paid') }}\n  {% endif %}\n"
        "{% blocktranslate trimmed with who=a.b %}\n   Sold to\n   {{ who }}\n{% endblocktranslate %} it's \"</ul>"
    )
    return room


def test_code_and_templates_are_read(room):
    said = {message.id for message in messages.spoken(room) if message.id}
    assert said == {"Orders of %(day)s", ("%(n)s line", "%(n)s lines"), "New", "Paid", "Sold to %(who)s"}


def test_update_keeps_translations_and_drops_what_is_no_longer_said(room, capsys):
    path = messages.catalogue_path(room)
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Paid"\nmsgstr "已付款"\n\nmsgid "Gone"\nmsgstr "没了"\n',
        encoding="utf-8",
    )
    messages.update(room.parent)
    text = path.read_text(encoding="utf-8")
    assert "已付款" in text
    assert "没了" not in text
    assert "orders: 5 sentences, 4 without translation" in capsys.readouterr().out


def test_a_compiled_catalogue_speaks_chinese(room):
    path = messages.catalogue_path(room)
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "%(n)s line"\nmsgid_plural "%(n)s lines"\nmsgstr[0] "%(n)s 个商品行"\n',
        encoding="utf-8",
    )
    messages.compile_all(room.parent)
    with path.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).ngettext("%(n)s line", "%(n)s lines", 2) == "%(n)s 个商品行"
