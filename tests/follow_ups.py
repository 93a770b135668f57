"""Files of follow-up for tests."""

HEAD = "exchange,year,quantity,quantity unit,kind,source"
FULL = {
    "events.csv": "exchange,date,state,owner,next step,due,note\n<b>slag</b>,2016,idea,Li,call,2016-06,x\nash,2017,rejected,,,,no kiln\n",
    "planned.csv": f"{HEAD},co2,co2 unit,money,money unit\nash,2016,100,t/a,reported,s,5,tCO2/a,2,CNY/a\nash,2017,100,t/a,reported,s,,,,\nheat,2016,5,GJ/a,reported,s,,,,\n",
    "actual.csv": f"{HEAD},low,high\nash,2016,90,t/a,estimated,s,80,110\nheat,2016,5,t/a,reported,s,,\n",
    "measures.csv": "firm,measure,category,size,state,year,investment,investment unit,saving,saving unit,energy,energy unit,co2,co2 unit,kind,source\n"
                    "a,m,pumps,small,implemented,2016,10,万元,5,万元/年,7,tce/a,20,tCO2/a,reported,s\n"
                    "b,n,drives,,idea,2017,3,万元,,,,,,,reported,s\nc,o,drives,,implemented,2017,,,,,,,3,tCO2,reported,s\n",
    "milestones.csv": "milestone,exchange,due,done,owner\nkick-off,,2016-01,2016-02-01,Li\nkiln,ash,2016-12,,Wang\n",
    "targets.csv": "indicator,year,direction,target,value,unit,source\nour rate,2017,at least,60,50,%,plan\n",
}  # fmt: skip


def follow_up(folder):
    """Write all files into a study's folder."""
    for name, text in FULL.items():
        write(folder, name, text)


def write(folder, name, text):
    place = folder / "follow-up"
    place.mkdir(exist_ok=True)
    (place / name).write_text(text, encoding="utf-8")
