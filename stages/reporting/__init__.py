"""Reporting: tables, charts, a summary and a page from the metrics of the stages."""
