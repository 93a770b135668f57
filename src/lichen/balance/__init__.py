"""Mass balances and data reconciliation: flows that fit together, each with its uncertainty.

Read in this order:

- :mod:`lichen.balance.system`: what is known (variables) and what must hold (constraints);
- :mod:`lichen.balance.language`: constraints written as text, ``F1 + F2 - F3 = 0``;
- :mod:`lichen.balance.network`: the same made from processes, flows, concentrations and transfer coefficients;
- :mod:`lichen.balance.reconcile`: weighted least squares, classification, standard deviations;
- :mod:`lichen.balance.gross_errors`: global, measurement and nodal tests, serial elimination.

Modules with a leading underscore are kernels: elimination, projection, statistics, bounds.
"""
