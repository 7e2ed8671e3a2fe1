"""The README's generated tables say what the code says."""

from __future__ import annotations

from deploy.readme_tables import README, filled


def test_the_generated_tables_are_current():
    text = README.read_text(encoding="utf-8")
    assert filled(text) == text, "run “make docs”"


def test_a_table_that_is_out_of_date_is_written_anew():
    text = README.read_text(encoding="utf-8")
    begin = text.index("<!-- calls:begin -->")
    assert filled(text[:begin] + text[begin:].replace("| Cleanmail |", "| Cleanmai |", 1)) == text
