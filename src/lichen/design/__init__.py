"""Design of a network: which exchanges, how much, through which plants and pipes, at what cost.

Read in this order:

- :mod:`lichen.design.network`: nodes, streams, links, plants in steps of capacity, limits, blends, periods;
- :mod:`lichen.design.check`: what is wrong with a network, all together;
- :mod:`lichen.design.graph`: the same as arrays, for a million links;
- :mod:`lichen.design.solve`: the best network, its gap, the way it was found;
- :mod:`lichen.design.binding`: what binds, and what a relaxed limit would bring;
- :mod:`lichen.design.conflict`: which limits together leave no network;
- :mod:`lichen.design.pareto`, :mod:`lichen.design.resilience`, :mod:`lichen.design.robust`: fronts, losses, ranges;
- :mod:`lichen.design.structure`: connectance, centrality, cascades;
- :mod:`lichen.design.pipes`, :mod:`lichen.design.pipe_sizes`, :mod:`lichen.design.steps`: pipes for heat and water,
  economies of scale, as sizes to choose from;
- :mod:`lichen.design.plain`: networks as two CSV files;
- :mod:`lichen.design.terms`, :mod:`lichen.design.carriage`, :mod:`lichen.design.layout`,
  :mod:`lichen.design.opportunities`: what an opportunity costs and saves, how it is carried, what bounds the network;
  networks from what discovery found.

Only this package imports the optimiser (HiGHS). Modules with a leading underscore are kernels.
"""
