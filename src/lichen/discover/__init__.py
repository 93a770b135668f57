"""From flows to opportunities: who could use what another firm gives away.

The search for candidates (:mod:`lichen.discover.search`) joins supplies with demands by rules: material, industry,
distance, quantity. It decides nothing: it returns the best pairs with their scores. Modules with a leading underscore
are kernels.
"""
