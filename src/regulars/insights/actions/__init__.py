"""Writes of insights: bring the marts and profiles up to date, keep segments."""

from regulars.insights.actions.refresh import FiguresRefused, RefreshReport, refresh
from regulars.insights.actions.segments import Refused, delete_segment, rename_segment, save_segment

__all__ = ["FiguresRefused", "RefreshReport", "Refused", "delete_segment", "refresh", "rename_segment", "save_segment"]
