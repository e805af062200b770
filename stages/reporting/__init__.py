"""Reporting: from the metrics of the stages to tables, a summary and a page."""
