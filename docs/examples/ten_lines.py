"""From a published table to footprints, to a scenario, to eco-efficiency. Run it in the root of the repository."""

from functools import partial

import lichen

table = lichen.domestic(lichen.open_table("examples/guiyang/tables/guizhou_2007.csv"))  # imports taken out
bridge = lichen.concordance("CEADS47", "CN42-2007", sizes=dict(zip(table.sectors, table.output, strict=True)))
co2 = lichen.read_satellites("examples/guiyang/emissions/guizhou_co2.csv", bridge.source_labels, year=2007)
economy = lichen.Economy(table, lichen.aggregate_satellites(co2, bridge).totals())
footprints = economy.accounts().frame("consumption")  # [Mt CO2/a] by the sector whose product is finally used

figure = partial(lichen.Figure, kind="assumed", source="own estimate")
calcination = lichen.OnSite("CO2", figure(0.538, "tCO2/t"))
clinker = lichen.Product("clinker", "t", made_by="receiver", onsite=(calcination,))
slag = lichen.Exchange(
    "slag-cement", name=lichen.Text("Slag to cement"), stream=lichen.Text("steel slag"), donor="14", receiver="13",
    designed=figure(120, "kt/a"), replaces=(lichen.Replacement("clinker", figure(0.5, "t/t")),),
)  # fmt: skip
base = lichen.Base(economy, lichen.ExchangeBook((slag,), (clinker,)), observed={})
result = lichen.assess(base, lichen.Scenario("UIS", {"slag-cement": 120_000}), lichen.Scenario("BAU", {}))
gain = lichen.compare_outcomes(result.before, result.after, "CO2").relative_change  # eco-efficiency by sector
print(f"{result.change('CO2'):+.4f} Mt CO2/a; eco-efficiency of cement and glass {gain[12]:+.2%}")
