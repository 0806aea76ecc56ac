"""Regulars: who stays, who leaves and why, what each customer is offered, and what worked."""

__version__ = "0.1.0"
