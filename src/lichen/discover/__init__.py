"""Discovery of exchanges: who could give what to whom, how much of it, and why.

- :mod:`lichen.discover.find`: ranked opportunities of a park, each with its reasons and what to ask;
- :mod:`lichen.discover.search`: candidates of a region, a million streams at a time, by the same rules;
- :mod:`lichen.discover.heat`: heat by temperature: targets of firms and of the site, matches of donors and receivers;
- :mod:`lichen.discover.water`: water by quality: targets for one contaminant, allocation for several;
- :mod:`lichen.discover.water_quality`: which water stands in for which, where no concentrations are known;
- :mod:`lichen.discover.kinship`: how near codes of a hierarchy are, for exchanges that are only similar;
- :mod:`lichen.discover.limits`: figures that these rest on, each with its source.

Modules with a leading underscore are kernels.
"""
