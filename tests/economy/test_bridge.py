import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lichen.economy.bridge import from_pymrio, read_pymrio, to_pymrio_frames, write_pymrio
from lichen.economy.table import Origin, Satellites, Table
from lichen.errors import FileError, InputError, LabelError

Z = np.array([[2.0, 1 / 3], [1, 4]])
F = np.array([[5.0, 2, -1], [6, 1, -2]])
X = Z.sum(axis=1) + F.sum(axis=1)
V = np.vstack([[1.0, 2], X - Z.sum(axis=0) - [1, 2]])


@pytest.fixture
def table():
    return Table(
        ("01", "煤炭 \"x\""), Z, F, ("households", "export", "import"), ("consumption", "export", "import"),
        V, ("wages", "NA"), X, "10000 CNY", origin=Origin("贵州", 2007, "CN42-2007", "estimated", "s", "n"),
    )  # fmt: skip


@pytest.fixture
def accounts(table):
    return Satellites(
        ("CO2", "CO2", "jobs"), ("coal", "process", ""), ("Mt", "Mt", "1"), table.sectors, np.arange(6.0).reshape(3, 2) / 7,
        ("households_urban", "households"), np.arange(6.0).reshape(3, 2) / 3, ("measured", "reported", "assumed"), "src",
    )  # fmt: skip


def assert_same(a, b):
    for name in (
        "sectors",
        "final_labels",
        "final_roles",
        "value_added_labels",
        "unit",
        "sector_units",
        "treatment",
        "origin",
    ):
        assert getattr(a, name) == getattr(b, name), name
    for name in ("intermediate", "final_demand", "value_added", "output", "imported_intermediate", "imported_final"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def assert_same_accounts(a, b):
    for name in ("accounts", "components", "units", "sectors", "direct_labels", "kinds", "source"):
        assert getattr(a, name) == getattr(b, name), name
    np.testing.assert_array_equal(a.values, b.values)
    np.testing.assert_array_equal(a.direct, b.direct)


def test_folder_round_trip_is_exact(tmp_path, table, accounts):
    write_pymrio(table, accounts, tmp_path / "a")
    back, back_accounts = read_pymrio(tmp_path / "a")
    assert_same(table, back)
    assert_same_accounts(accounts, back_accounts)


def test_domestic_hybrid_table_without_value_added_or_accounts(tmp_path, table):
    changed = replace(
        table, treatment="domestic", imported_intermediate=Z / 9, imported_final=F / 9, sector_units=("10000 CNY", "t"),
        value_added=np.zeros((0, 2)), value_added_labels=(),
    )  # fmt: skip
    write_pymrio(changed, None, tmp_path)
    back, accounts = read_pymrio(tmp_path)
    assert_same(replace(changed, unit=""), back)
    assert accounts.accounts == ()
    write_pymrio(replace(changed, imported_final=None), None, tmp_path)
    assert not read_pymrio(tmp_path)[0].imported_final.any()


def multi(table):
    return replace(
        table, sectors=("r1/a", "r2/a"), final_labels=("r1/households", "r2/export", "import"),
        origin=Origin("", 2007, "", "reported", "", ""),
    )  # fmt: skip


def test_regions_are_split_and_joined(tmp_path, table, accounts):
    frames = to_pymrio_frames(multi(table))
    assert frames.Z.index.to_list() == [("r1", "a"), ("r2", "a")]
    assert frames.Y.columns.to_list() == [("r1", "households"), ("r2", "export"), ("r1", "import")]
    write_pymrio(multi(table), replace(accounts, sectors=("r1/a", "r2/a")), tmp_path)
    back, _ = read_pymrio(tmp_path)
    assert_same(multi(table), back)


def test_a_region_without_final_users_gets_a_column(table):
    frames = to_pymrio_frames(replace(multi(table), final_labels=("a", "b", "c")))
    assert frames.Y.columns.to_list()[-1] == ("r2", "none")


def system(**changes):
    index = pd.MultiIndex.from_product([["reg1", "reg2"], ["food"]], names=["region", "sector"])
    columns = pd.MultiIndex.from_tuples([("reg1", "Gross capital formation"), ("reg2", "Mystery")])
    frames = {
        "Z": pd.DataFrame(Z, index=index, columns=index), "Y": pd.DataFrame(F[:, :2], index=index, columns=columns),
        "x": None, "unit": None,
    }  # fmt: skip
    return SimpleNamespace(**{**frames, **changes}), index, columns


def test_an_object_with_the_right_attributes_will_do():
    owner, index, columns = system()
    stressors = pd.MultiIndex.from_tuples([("CO2", "air"), ("CO2", "water")])
    owner.emissions = SimpleNamespace(
        F=pd.DataFrame(np.ones((2, 2)), index=stressors, columns=index),
        F_Y=pd.DataFrame([[1.0, 0], [2, 0]], index=stressors, columns=columns),
        unit=pd.DataFrame({"unit": ["kg", "t"]}, index=stressors),
    )
    owner.only_s = SimpleNamespace(F=None, S=pd.DataFrame([[0.5, 0.5]], index=["CO2/air"], columns=index))
    owner.empty = SimpleNamespace(F=None)
    table, accounts = from_pymrio(owner)
    x = Z.sum(axis=1) + F[:, :2].sum(axis=1)
    assert table.sectors == ("reg1/food", "reg2/food")
    assert table.final_labels == ("reg1/Gross capital formation", "reg2/Mystery")
    assert table.final_roles == ("investment", "consumption")
    np.testing.assert_allclose(table.output, x)
    np.testing.assert_allclose(table.value_added, [x - Z.sum(axis=0)])
    assert {p.code for p in table.findings} == {"bridge.residual", "bridge.roles"}
    assert [p.values["doubtful"] for p in table.findings if p.code == "bridge.roles"] == [["Mystery"]]
    assert accounts.accounts == ("emissions: CO2/air", "CO2/water", "only_s: CO2/air")
    assert accounts.units == ("kg", "t", "")
    assert accounts.direct_labels == ("reg1/Gross capital formation",)
    assert accounts.direct[:, 0].tolist() == [1, 2, 0]
    np.testing.assert_allclose(accounts.values[2], 0.5 * x)
    for problem in table.findings:
        assert problem.text("zh")


def test_factor_inputs_that_fit_become_value_added():
    owner, index, _ = system()
    x = Z.sum(axis=1) + F[:, :2].sum(axis=1)
    added = pd.DataFrame([x - Z.sum(axis=0) - 1, [1.0, 1.0]], index=["wages", "rest"], columns=index)
    owner.factor_inputs = SimpleNamespace(F=added)
    owner.x = pd.Series(x, index=index)
    table, accounts = from_pymrio(owner)
    assert table.value_added_labels == ("wages", "rest")
    assert accounts.accounts == ()
    assert "bridge.factors" in {p.code for p in table.findings}
    owner.factor_inputs = SimpleNamespace(F=added * 2)
    table, accounts = from_pymrio(owner)
    assert table.value_added_labels == ("value_added",)
    assert accounts.accounts == ("wages", "rest")


def test_one_region_leaves_its_name_to_the_origin():
    owner, _, _ = system()
    index = pd.MultiIndex.from_product([["GZ"], ["a", "b"]])
    owner.Z = pd.DataFrame(Z, index=index, columns=index)
    owner.Y = pd.DataFrame(F[:, :1], index=index, columns=["inventory changes"])
    table, _ = from_pymrio(owner)
    assert (table.sectors, table.origin.region, table.final_roles) == (("a", "b"), "GZ", ("inventory",))


def test_what_cannot_be_used():
    owner, _, _ = system(Z=None)
    with pytest.raises(InputError) as caught:
        from_pymrio(owner)
    assert caught.value.problems[0].code == "bridge.missing"
    owner, _, _ = system()
    owner.Z = owner.Z.iloc[:, ::-1]
    with pytest.raises(InputError):
        from_pymrio(owner)
    owner, _, _ = system()
    owner.Z.iloc[0, 0] = np.nan
    with pytest.raises(LabelError):
        from_pymrio(owner)


def test_folders_that_cannot_be_read(tmp_path, table, accounts):
    def code():
        with pytest.raises(InputError) as caught:
            read_pymrio(tmp_path)
        return caught.value.problems[0].code

    assert code() == "bridge.no_folder"
    write_pymrio(table, accounts, tmp_path)
    parameters = tmp_path / "file_parameters.json"
    good = parameters.read_text()
    for text, wanted in (
        ("{", "bridge.bad_json"), (good.replace("Z.txt", "../Z.txt"), "bridge.outside"),
        (good.replace("Z.txt", "Z.pickle"), "bridge.format"), (good.replace("Z.txt", "gone.txt"), "sheets.missing"),
        (json.dumps({"files": {}}), "bridge.missing"), ("[]", "bridge.missing"), (json.dumps({"files": {"Z": 1}}), "bridge.missing"),
    ):  # fmt: skip
        parameters.write_text(text)
        assert code() == wanted
    parameters.write_text(good)
    z = tmp_path / "Z.txt"
    z.write_text(z.read_text().replace("2.0", "two").replace("4.0", "nan"))
    with pytest.raises(InputError) as caught:
        read_pymrio(tmp_path)
    assert {(p.code, p.where.cell) for p in caught.value.problems} == {
        ("numerals.not_a_number", "C4"),
        ("numerals.not_finite", "D5"),
    }


def test_parquet_without_its_package(tmp_path, table, monkeypatch):
    write_pymrio(table, None, tmp_path)
    parameters = tmp_path / "file_parameters.json"
    parameters.write_text(parameters.read_text().replace("Z.txt", "Z.parquet"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FileError) as caught:
        read_pymrio(tmp_path)
    assert caught.value.problems[0].code == "bridge.parquet"


def test_our_notes_are_dropped_when_the_matrices_changed(tmp_path, table, accounts):
    write_pymrio(table, accounts, tmp_path)
    ours = tmp_path / "lichen.json"
    ours.write_text(ours.read_text(encoding="utf-8").replace("s01", "s02"), encoding="utf-8")
    back, back_accounts = read_pymrio(tmp_path)
    assert back.sectors == ("s01", '煤炭 "x"')
    assert back.value_added_labels == ("wages", "sNA")
    assert back_accounts.accounts == ("CO2/coal", "CO2/process", "jobs")
    ours.unlink()
    assert read_pymrio(tmp_path)[0].origin.region == "贵州"


def test_a_folder_that_cannot_be_written(tmp_path, table):
    (tmp_path / "f").write_text("")
    with pytest.raises(FileError):
        write_pymrio(table, None, tmp_path / "f")


# --- with pymrio itself


@pytest.fixture
def pymrio():
    return pytest.importorskip("pymrio")


def test_pymrio_reads_and_calculates_what_we_write(tmp_path, pymrio, table, accounts):
    write_pymrio(table, accounts, tmp_path / "one")
    theirs = pymrio.load_all(tmp_path / "one")
    theirs.calc_all()
    np.testing.assert_allclose(theirs.A.to_numpy(), table.coefficients(), rtol=1e-12)
    L = np.linalg.inv(np.eye(2) - table.coefficients())
    total = accounts.values / X @ L @ table.final_demand.sum(axis=1) + accounts.direct.sum(axis=1)
    np.testing.assert_allclose(
        theirs.satellites.D_cba.sum(axis=1) + theirs.satellites.F_Y.sum(axis=1), total, rtol=1e-9
    )
    write_pymrio(replace(multi(table), treatment="domestic", imported_intermediate=Z), None, tmp_path / "two")
    theirs = pymrio.load_all(tmp_path / "two")
    theirs.calc_all()
    assert theirs.get_regions().to_list() == ["r1", "r2"]


def test_pymrio_objects_and_folders_are_read_alike(tmp_path, pymrio):
    theirs = pymrio.load_test()
    table, accounts = from_pymrio(theirs)
    assert (table.n, table.sectors[0], table.unit) == (48, "reg1/food", "Mill USD")
    np.testing.assert_array_equal(table.intermediate, theirs.Z.to_numpy())
    theirs.calc_all()
    theirs.save_all(tmp_path / "t")
    again, accounts_again = read_pymrio(tmp_path / "t")
    np.testing.assert_array_equal(again.intermediate, table.intermediate)
    np.testing.assert_allclose(again.output, table.output, rtol=1e-11)  # pymrio writes 12 digits
    order = [accounts_again.accounts.index(name) for name in accounts.accounts]
    np.testing.assert_array_equal(accounts_again.values[order], accounts.values)


def test_pymrio_round_trip_from_their_object(tmp_path, pymrio):
    table, accounts = from_pymrio(pymrio.load_test())
    write_pymrio(table, accounts, tmp_path)
    back, back_accounts = read_pymrio(tmp_path)
    assert_same(table, back)
    assert_same_accounts(accounts, back_accounts)


def test_pymrio_parquet(tmp_path, pymrio):
    pytest.importorskip("pyarrow")
    theirs = pymrio.load_test()
    theirs.calc_all()
    theirs.save_all(tmp_path, table_format="parquet")
    table, _ = read_pymrio(tmp_path)
    np.testing.assert_array_equal(table.intermediate, theirs.Z.to_numpy())
