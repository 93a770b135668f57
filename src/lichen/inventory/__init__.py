"""Firms, processes and their flows: values, survey workbook, checks that collect every problem with its cell."""
