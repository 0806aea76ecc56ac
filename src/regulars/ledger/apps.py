from django.apps import AppConfig
from django.db.backends.signals import connection_created

from regulars.ledger.durability import need_durable


class LedgerConfig(AppConfig):
    name = "regulars.ledger"

    def ready(self) -> None:
        connection_created.connect(need_durable, dispatch_uid="regulars.ledger.durability")
