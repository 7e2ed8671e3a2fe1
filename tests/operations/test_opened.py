"""Bodies that were read a moment ago."""

from app.core.messages import MailContent, MailKey, MailSource
from app.operations import opened
from app.operations.opened import Opened

MAIL = MailKey(MailSource.LOG, "a.example", "ref")
KEY = ("anna", "prod", MAIL)


def test_what_was_read_is_there_for_a_minute_and_for_that_person_alone():
    now = [0.0]
    kept = Opened(lambda: now[0])
    kept.keep(KEY, MailContent(text="hello"))
    assert kept.get(KEY).text == "hello" and kept.get(("ben", "prod", MAIL)) is None
    now[0] = opened.SECONDS
    assert kept.get(KEY) is None


def test_few_and_short_ones_are_kept():
    kept = Opened(lambda: 0.0)
    kept.keep(KEY, MailContent(text="x" * (opened.MOST_CHARACTERS + 1)))
    assert kept.get(KEY) is None
    for n in range(opened.MOST_HELD + 1):
        kept.keep(("anna", str(n), MAIL), MailContent(text=str(n)))
    assert kept.get(("anna", "0", MAIL)) is None and kept.get(("anna", "1", MAIL)).text == "1"
