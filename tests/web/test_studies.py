"""Browser, command line and library work on the same study: in and out again it is the same, history and all."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from lichen.errors import FileError, StudyError
from lichen.inventory.dictionary import ENTITIES
from lichen.inventory.store import FILES, HISTORY, history, load
from lichen.web.models import Audit, Change, FlowRow, Membership, Park, Role, StudyFile, User
from lichen.web.rows import whole
from lichen.web.store import Conflict, Origin
from lichen.web.studies import export_study, export_to, import_study, new_park
from workbench import client_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "guiyang"


@pytest.fixture
def guiyang(db):
    return new_park("guiyang", "Guiyang", EXAMPLE)


def test_guiyang_in_and_out_is_the_same_file_for_file(guiyang, tmp_path):
    assert whole(guiyang) == load(EXAMPLE)
    export_study(guiyang, tmp_path / "out")
    wanted = {p.relative_to(EXAMPLE) for p in EXAMPLE.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    given = {p.relative_to(tmp_path / "out") for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert {p for p in given if p.name != ".lichen.lock"} == {p for p in wanted if p.name != ".lichen.lock"}
    for path in given & wanted:
        assert (tmp_path / "out" / path).read_bytes() == (EXAMPLE / path).read_bytes(), path


def test_the_exported_study_runs_like_the_one_it_came_from(guiyang, tmp_path):
    from lichen.study.flows import run_flows

    export_study(guiyang, tmp_path / "out")
    one, two = run_flows(EXAMPLE), run_flows(tmp_path / "out")
    assert one.emissions.park == two.emissions.park
    assert one.shares == two.shares


def test_a_change_in_the_browser_is_in_the_study_and_its_history(guiyang, tmp_path, fields_of):
    user = User.objects.create_user("f@example.org", name="Wang")
    Membership.objects.create(park=guiyang, user=user, role=Role.FACILITATOR)
    row = FlowRow.objects.filter(park=guiyang).first()
    client = client_of(user)
    answer = client.post(f"/p/guiyang/firms/{row.firm_id}/flows/{row.pk}/", fields_of(row, note="数量已核对"))
    assert answer.status_code == 302
    folder = tmp_path / "zip"
    with zipfile.ZipFile(io.BytesIO(client.get("/p/guiyang/study.zip").getvalue())) as archive:
        archive.extractall(folder)
    study = folder / "guiyang"
    assert load(study) == whole(guiyang)
    assert [f.note for f in load(study).flows].count("数量已核对") == 1
    told = history(study)
    assert [(e["field"], e["after"], e["file"]) for e in told] == [("note", "数量已核对", "browser")]
    back = new_park("back", "", study)
    assert whole(back) == whole(guiyang)
    assert list(Change.objects.filter(park=back).values_list("field", "after")) == [("note", "数量已核对")]
    assert Audit.objects.filter(action="study exported").count() == 1


def test_a_park_with_firms_is_not_overwritten(guiyang):
    with pytest.raises(Conflict):
        import_study(guiyang, EXAMPLE, Origin(None, "again"))
    with pytest.raises(StudyError):
        new_park("guiyang", "", EXAMPLE)


@pytest.mark.parametrize("slug", ["", "A", "a/b", "-a", "a" * 61, "贵阳", "a b", "a\n"])
def test_short_names_that_cannot_be(db, slug):
    with pytest.raises(StudyError):
        new_park(slug, "", EXAMPLE)
    assert not Park.objects.exists()


def test_a_study_that_cannot_be_read_makes_no_park(db, tmp_path):
    shutil.copytree(EXAMPLE / "inventory", tmp_path / "inventory")
    flows = tmp_path / "inventory" / FILES["flow"]
    flows.write_text(flows.read_text(encoding="utf-8").replace("t/a", "furlong"), encoding="utf-8")
    with pytest.raises(FileError):
        new_park("bad", "", tmp_path)
    assert not Park.objects.exists()


def test_links_and_hidden_files_stay_outside(db, tmp_path):
    (tmp_path / "inventory").mkdir()
    for entity in ENTITIES:
        shutil.copy(EXAMPLE / "inventory" / FILES[entity], tmp_path / "inventory")
    (tmp_path / "secret").symlink_to("/etc/passwd")
    (tmp_path / ".env").write_text("x")
    (tmp_path / "notes.txt").write_text("kept")
    park = new_park("linked", "", tmp_path)
    assert list(StudyFile.objects.filter(park=park).values_list("path", flat=True)) == ["notes.txt"]


def test_export_to_a_folder_that_is_not_empty_is_refused(guiyang, tmp_path):
    (tmp_path / "x").write_text("x")
    with pytest.raises(StudyError):
        export_to("guiyang", tmp_path)
    with pytest.raises(StudyError):
        export_to("guiyan", tmp_path / "new")
    export_to("guiyang", tmp_path / "new")
    assert not (tmp_path / "new" / "inventory" / HISTORY).exists()
