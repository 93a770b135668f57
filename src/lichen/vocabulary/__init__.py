"""Sector lists, concordances, emission and heat factors; each row of the data has its source."""
