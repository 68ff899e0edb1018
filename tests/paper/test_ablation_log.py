"""The scores of the ablation so far, which a later command continues."""

import math

from advnet._files import append_json
from advnet.paper import _ablation


def test_a_cut_last_line_is_deleted_and_nan_is_kept(tmp_path):
    log = tmp_path / "ablation.jsonl"
    append_json(log, {"variant": "a", "seed": 0, "nats": math.nan})
    with log.open("a") as file:
        file.write('{"variant": "b"')
    assert math.isnan(_ablation._read(log)["a", 0])
    append_json(log, {"variant": "b", "seed": 0, "nats": 1.5})
    assert _ablation._read(log)["b", 0] == 1.5
    assert "NaN" not in log.read_text()
