from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "regulars.insights"

    def ready(self) -> None:
        from regulars.insights.pages import finding  # noqa: F401  registers the search of customers
