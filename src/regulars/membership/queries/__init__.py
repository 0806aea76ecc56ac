"""Reads of the programme and its members. Other rooms get frozen values, never rows of the ORM."""

from regulars.membership.queries.versions import (
    DraftFacts,
    VersionFacts,
    draft,
    published,
    rewarded_events,
    version,
    versions,
)

__all__ = ["DraftFacts", "VersionFacts", "draft", "published", "rewarded_events", "version", "versions"]
