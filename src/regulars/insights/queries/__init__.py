"""Reads of insights: figures from the marts, customers from the profiles. Frozen values, amounts in minor units."""

from regulars.insights.queries.dashboard import Dashboard, dashboard
from regulars.insights.queries.figures import ShopFigures, figures, shop_figures
from regulars.insights.queries.marts import manifest, marts_folder

__all__ = ["Dashboard", "ShopFigures", "dashboard", "figures", "manifest", "marts_folder", "shop_figures"]
