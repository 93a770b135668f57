"""Input-output tables: read, check, aggregate, regionalise, balance; Leontief, footprints, decomposition, paths."""
