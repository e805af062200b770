"""The stage that fetches the base model, without DVC."""

from stages import fetch_target
from stages.core.files import read_json
from stages.model.checkpoints import CARD
from stages.model.sources import LocalModel, ModelSource


def test_fetching_writes_the_model_and_starts_history_and_known_types_empty(tiny_base, tmp_path):
    paths = fetch_target.Paths(tmp_path / "models" / "base", tmp_path / "history.jsonl", tmp_path / "known.jsonl")
    section = ModelSource("local", local=LocalModel(str(tiny_base)))
    assert fetch_target.main(paths, fetch_target.Params(section)) == {"source": "local", "files": 1, "megabytes": 0}
    assert read_json(paths.out / CARD)["kind"] == "local"
    assert (paths.history.read_bytes(), paths.known_types.read_bytes()) == (b"", b"")
