"""What stands in the journal for what a person wrote or attached."""

import base64
import hashlib

from app.core.contents import lacks_contents, sum_of_file, without_contents

FILE = {"name": "a.txt", "media_type": "text/plain", "base64": base64.b64encode(b"hello").decode()}


def test_files_go_at_any_depth_and_texts_where_they_are_named():
    step = {
        "args": {"values": {"text": "Hi", "subject": "Hi", "file1": FILE}, "now": {"logo": FILE}},
        "before": {"Logo": FILE, "rows": [{"image": FILE}]},
    }
    kept = without_contents(step, {"text"})
    assert "base64" not in str(kept) and kept["args"]["values"]["subject"] == "Hi"
    assert kept["args"]["values"]["text"] == {
        "characters": 2,
        "sha256": hashlib.sha256(b"Hi").hexdigest(),
    }
    assert kept["before"]["rows"][0]["image"]["bytes"] == 5
    assert without_contents(kept, {"text"}) == kept, "a second time changes nothing"


def test_a_file_is_told_by_its_bytes_even_when_it_is_no_base64():
    assert sum_of_file(FILE)["sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert sum_of_file({"base64": "%%%"})["bytes"] >= 0 and "file" not in sum_of_file({"base64": ""})


def test_what_lacks_its_contents_is_known():
    wish = {"command": "resource.act", "values": {"text": "Hi", "file1": FILE}}
    assert not lacks_contents(wish)
    assert lacks_contents(without_contents({"values": {"file1": FILE}}))
    assert lacks_contents(without_contents({"values": {"text": "Hi"}}, {"text"}))
    assert not lacks_contents({"values": {"bytes": 5, "sum": [1, None]}})
