"""Reads of the shop's offers. Other rooms get frozen values, never rows of the ORM."""

from regulars.promotions.queries.versions import draft, in_force, numbered, offers_of, published, version

__all__ = ["draft", "in_force", "numbered", "offers_of", "published", "version"]
