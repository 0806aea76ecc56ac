"""What a browser would post of a page's form, were its button pressed at once."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    """Collects the answers of the main form that writes; templates of rows that are not there yet are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, str | list[str]] = {}
        self.inside = self.asleep = 0
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name, value = told.get("name") or "", told.get("value") or ""
        self.asleep += tag == "template"
        if tag == "main":
            self.inside = 1
        if not self.inside or self.asleep:
            return
        if tag == "input" and name and (told.get("type") not in {"checkbox", "radio"} or "checked" in told):
            self.add(name, value)
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in told or self.select not in self.answers):
            self.answers[self.select] = value
        elif tag == "textarea":
            self.area = name
            self.answers[name] = ""

    def handle_endtag(self, tag: str) -> None:
        self.asleep -= tag == "template"
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.area = ""
        if tag == "main":
            self.inside = 0

    def handle_data(self, data: str) -> None:
        if self.area:
            self.answers[self.area] = f"{self.answers[self.area]}{data}"

    def add(self, name: str, value: str) -> None:
        before = self.answers.get(name)
        self.answers[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]


def filled(page: str) -> dict[str, str | list[str]]:
    """The answers of a page's form by their names."""
    form = _Form()
    form.feed(page)
    return form.answers
