"""The command line: every command as its user calls it, its exit codes, its JSON."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"
TABLE = str(GUIYANG / "tables" / "guizhou_2007.csv")


def lichen(*arguments, lang="en", **options):
    command = [sys.executable, "-c", "from lichen.cli import main; main()", *map(str, arguments)]
    import os

    env = {**os.environ, "LICHEN_LANG": lang, "COLUMNS": "140"}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, timeout=120, **options)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "town"
    done = lichen("new", folder)
    assert done.returncode == 0, done.stderr
    assert "lichen run" in done.stdout
    return folder


def test_help_names_every_command():
    done = lichen("--help")
    assert done.returncode == 0
    for name in ("new", "run", "check", "table", "footprint"):
        assert f"\n  {name}" in done.stdout


def test_wrong_call_is_two():
    assert lichen("nonsense").returncode == 2
    assert lichen("run").returncode == 2


def test_version():
    assert lichen("--version").stdout.strip()[0].isdigit()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_run_prints_the_answer_and_writes_the_files(town, tmp_path, lang):
    done = lichen("--lang", lang, "run", town, "--out", tmp_path / lang)
    assert done.returncode == 0, done.stderr
    assert ("falls by" if lang == "en" else "每年减少") in done.stdout
    page = (tmp_path / lang / "report.html").read_text(encoding="utf-8")
    assert ("The answer" if lang == "en" else "结论") in page
    assert (tmp_path / lang / "results.xlsx").exists()


def test_run_json_is_json_alone(town, tmp_path):
    done = lichen("run", town, "--out", tmp_path, "--json")
    assert json.loads(done.stdout)["lichen_results"] == 1


def test_run_default_folder_is_in_the_study(town):
    assert lichen("run", town / "study.toml").returncode == 0
    assert (town / "results" / "report.html").exists()


def test_new_refuses_a_full_folder(town):
    done = lichen("new", town)
    assert done.returncode == 1
    assert "not empty" in done.stderr


@pytest.mark.parametrize(("lang", "word"), [("en", "There is no file"), ("zh", "没有文件")])
def test_check_tells_problems_in_both_languages(tmp_path, lang, word):
    done = lichen("--lang", lang, "check", tmp_path / "none")
    assert done.returncode == 1
    assert word in done.stdout
    assert "Traceback" not in done.stderr


def test_check_json(town):
    done = lichen("check", town, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["ok"] is True


def test_run_of_a_faulty_study_writes_nothing(town, tmp_path):
    import shutil

    folder = tmp_path / "bad"
    shutil.copytree(town, folder)
    text = (folder / "table.csv").read_text(encoding="utf-8").replace("600,900,2600", "600,,2600")
    (folder / "table.csv").write_text(text, encoding="utf-8")
    done = lichen("run", folder, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "table.csv" in done.stderr
    assert "D13" in done.stderr
    assert not (tmp_path / "out").exists()


def test_unwritable_folder_is_told(town, tmp_path):
    (tmp_path / "file").write_text("x")
    done = lichen("run", town, "--out", tmp_path / "file" / "deeper")
    assert done.returncode == 1
    assert "--out" in done.stderr


def test_table_show_and_check():
    done = lichen("table", "show", TABLE)
    assert "Coal mining" in done.stdout
    assert json.loads(lichen("table", "show", TABLE, "--json").stdout)["sectors"][0] == "01"
    assert lichen("table", "check", TABLE).returncode == 0


def test_table_check_of_a_faulty_table(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text(Path(TABLE).read_text(encoding="utf-8").replace("22671.87", "12,5", 1), encoding="utf-8")
    done = lichen("table", "check", bad, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert all(p["mend"] for p in told["problems"] if p["severity"] == "error")


def test_chain_of_table_commands(tmp_path):
    small, city, later = tmp_path / "13.xlsx", tmp_path / "city.csv", tmp_path / "2012.csv"
    assert lichen("table", "aggregate", TABLE, "--to", "UIS13", "--out", small).returncode == 0
    assert json.loads(lichen("table", "show", small, "--json").stdout)["classification"] == "UIS13"
    done = lichen(
        "table",
        "update",
        TABLE,
        "--margins",
        GUIYANG / "margins" / "guizhou_output.csv",
        "--year",
        2012,
        "--out",
        later,
    )
    assert done.returncode == 0, done.stderr
    done = lichen("table", "regionalise", later, "--shares", GUIYANG / "shares" / "guiyang.csv", "--year", 2012,
                  "--region", "Guiyang", "--method", "AFLQ", "--delta", 0.2, "--out", city)  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = json.loads(lichen("table", "show", city, "--json").stdout)
    assert (shown["treatment"], shown["year"], shown["kind"]) == ("domestic", 2012, "assumed")
    assert lichen("table", "check", city).returncode == 0
    assert lichen("table", "balance", later, "--out", tmp_path / "b.csv").returncode == 0


def test_export_to_pymrios_folder(tmp_path):
    assert lichen("table", "export", TABLE, "--out", tmp_path / "folder").returncode == 0
    assert json.loads(lichen("table", "show", tmp_path / "folder", "--json").stdout)["sectors"][0] == "01"
    assert lichen("table", "export", TABLE, "--out", tmp_path / "t.xlsx").returncode == 0


def test_footprint(town, tmp_path):
    arguments = ("footprint", town / "table.csv", "--emissions", town / "emissions.csv")
    told = json.loads(lichen(*arguments, "--json").stdout)
    assert told["treatment"] == "as published"
    assert sum(told["consumption"]["CO2"].values()) + told["direct"]["CO2"] == pytest.approx(told["total"]["CO2"])
    done = lichen(*arguments, "--domestic", "--by", "production", "--out", tmp_path / "f.csv")
    assert done.returncode == 0, done.stderr
    assert "domestic" in done.stdout
    assert (tmp_path / "f.csv").read_text(encoding="utf-8").startswith("sector,CO2,jobs\n")


def test_faults_of_lichen_itself_are_three(monkeypatch, capsys):
    from lichen import cli

    def broken():
        raise RuntimeError("boom")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as error:
        cli.main()
    assert error.value.code == 3
    assert "fault of Lichen" in capsys.readouterr().err


def test_footprint_of_accounts_in_another_classification():
    done = lichen("footprint", TABLE, "--emissions", GUIYANG / "emissions" / "guizhou_co2.csv", "--year", 2007,
                  "--classification", "CEADS47", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"]["CO2"] == pytest.approx(171.977, abs=1e-3)


def test_aggregate_by_a_file_of_ones_own(tmp_path):
    by = tmp_path / "mine.csv"
    by.write_text(
        "from,to,share\n" + "".join(f"{i:02d},{'farms' if i == 1 else 'rest'},1\n" for i in range(1, 43)),
        encoding="utf-8",
    )
    assert lichen("table", "aggregate", TABLE, "--by", by, "--out", tmp_path / "t.csv").returncode == 0
    assert json.loads(lichen("table", "show", tmp_path / "t.csv", "--json").stdout)["sectors"] == ["farms", "rest"]
    by.write_text("from,to,share\n01,farms,0.5\n", encoding="utf-8")
    done = lichen("table", "aggregate", TABLE, "--by", by, "--out", tmp_path / "t.csv")
    assert done.returncode == 1
    assert "mine.csv" in done.stderr
    assert lichen("table", "aggregate", TABLE, "--out", tmp_path / "t.csv").returncode == 2


def test_aggregate_without_classification_says_how_to_give_it(town, tmp_path):
    done = lichen("table", "aggregate", town / "table.csv", "--to", "UIS13", "--out", tmp_path / "t.csv")
    assert done.returncode == 1
    assert "classification" in done.stderr
