"""Messages of mailboxes: what the suite of all providers does not look at."""

from datetime import UTC, datetime

import pytest

from app.core.commands import ReleaseMail, parse
from app.core.errors import Conflict, Malformed, NotFound, NotSupported, Rejected
from app.core.messages import MailClass, MailQuery, MailSource, MailState, Operator, pack
from app.core.plan import Seen, Step
from app.providers.cleanmail.messages import ALL_FILES

HOME, FIRST = "nordwind.example", "bjorn.yildiz@nordwind.example"


def query(**asks):
    return MailQuery(MailSource.QUARANTINE, **{"domain": HOME, "mailbox": FIRST, **asks})


def found(cm, **asks):
    return list(cm.driver.search_quarantine(query(**asks)).rows)


def release(item, **fields):
    key = item.key
    named = {"connection": "prod", "domain": key.domain, "mailbox": key.mailbox, "folder": key.folder}
    return parse(ReleaseMail, {**named, "ref": key.ref, **fields})


def test_the_class_comes_from_the_folder_and_the_score_from_a_header(cm):
    [virus] = found(cm, folder="Virus")
    assert (virus.mail_class, virus.score, virus.state) == (MailClass.VIRUS, None, MailState.QUARANTINED)
    spam = found(cm, folder="Spam")[0]
    assert spam.mail_class is MailClass.SPAM and spam.score in (14.2, 9.8)
    assert found(cm, folder="INBOX")[0].mail_class is MailClass.UNKNOWN
    assert found(cm, folder="Archives/2025")[0].key.folder == "Archives/2025"


def test_folders_come_with_their_counts_and_those_below_others(cm, calls):
    folders = {folder.path: folder for folder in cm.driver.list_mail_folders(HOME, FIRST)}
    assert folders["Spam"].count and folders["Spam"].mail_class is MailClass.SPAM
    assert {"Archives/2025", "Entwürfe & Notizen", "Sent"} <= folders.keys()
    assert calls().count("getFolders") == 1


def test_a_folder_is_one_page_of_its_upstream(cm, calls):
    page = cm.driver.search_quarantine(query(folder="Spam", size=2))
    assert len(page.rows) == 2 and page.more and page.total == len(found(cm, folder="Spam"))
    assert calls()[:3].count("getFolderContent") == 1


def test_without_a_folder_all_of_them_are_searched(cm):
    every = found(cm, size=100)
    assert {item.mail_class for item in every} >= {MailClass.SPAM, MailClass.VIRUS, MailClass.ADVERT}
    assert [i.at for i in every] == sorted((i.at for i in every), reverse=True)
    second = found(cm, size=5, page=2)
    assert [i.key.ref for i in second] == [i.key.ref for i in every[5:10]]


def test_all_criteria_are_asked_upstream(cm):
    item = found(cm, folder="Virus")[0]
    since, until = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    asks = {"sender": "track@", "subject": "parcel", "text": "invoice", "since": since, "until": until}
    assert [i.key for i in found(cm, folder="Virus", **asks)] == [item.key]
    assert found(cm, folder="Virus", until=item.at) == []
    url = cm.records[-1].url
    assert all(name in url for name in ("receivedBefore", "sort=-sentDate", "pageSize"))


def test_texts_are_joined_as_asked(cm):
    """What AND finds, OR finds too; NOT finds exactly the rest."""
    spam = found(cm, folder="Spam", size=100)
    one, other = spam[0], next(i for i in spam if i.sender != spam[0].sender)
    both = {"sender": one.sender, "subject": other.subject}
    assert found(cm, folder="Spam", **both) == []
    either = {i.key.ref for i in found(cm, folder="Spam", operator=Operator.OR, **both)}
    assert {one.key.ref, other.key.ref} <= either
    rest = {i.key.ref for i in found(cm, folder="Spam", operator=Operator.NOT, sender=one.sender, size=100)}
    assert rest == {i.key.ref for i in spam if i.sender != one.sender}
    assert "operator=NOT" in cm.records[-1].url


def test_copy_recipients_are_searched(cm, upstream):
    row = next(r for r in upstream.records.every("messages") if r["of"].endswith("/Spam"))
    upstream.records.put("messages", {**row, "cc": ["copy@elsewhere.example"]})
    box = upstream.records.find("users", row["of"].partition("/")[0])["email"]
    assert len(found(cm, mailbox=box, folder="Spam", cc="copy@else")) == 1
    assert found(cm, mailbox=box, folder="Spam", cc="nobody@else") == []


@pytest.mark.parametrize(
    "where", [{"mailbox": "mads.krogh@solskin.example"}, {"mailbox": "nobody"}, {"folder": "No such"}]
)
def test_what_is_not_of_the_domain_is_not_found(cm, where):
    with pytest.raises(NotFound):
        found(cm, **{"folder": "Spam", **where})


def test_all_attachments_come_in_one_archive(cm):
    item = next(i for i in found(cm, folder="BadAttachments"))
    detail = cm.driver.read_mail(item.key)
    assert [one.part for one in detail.attachments][-1] == ALL_FILES
    assert cm.driver.read_mail_file(item.key, ALL_FILES).data.startswith(b"PK")
    assert "owner" in str(detail.unreadable) and detail.headers


def test_attachments_that_only_the_owner_gets(cm, answering):
    row = {"id": "m", "attachments": {"parts": [{"partId": "2", "name": "a.pdf"}]}}

    def answer(told):
        if "/attachments/" in told.path:
            return 403, {"message": "owner only"}, {}
        if told.path.startswith("/users/") and "/emails/" in told.path:
            return 200, row, {}
        listed = [{"id": "d", "name": HOME, "domainId": "d", "email": FIRST}]
        return 200, listed, {"X-Total-Count": "1"}

    bench, _ = answering(answer)
    key = found(cm, folder="Spam")[0].key
    with pytest.raises(NotSupported, match="owner alone"):
        bench.driver.read_mail_file(type(key)(key.source, HOME, pack({"id": "m"}), FIRST, "Spam"), "2")


def test_the_owner_s_own_token_reads_the_body(cm, connect):
    made = cm.driver.client.ask("temporaryAuthTokens", {"username": FIRST})
    own = connect("cleanmail", token=made["token"], account=FIRST)
    item = found(cm, folder="Advert")[0]
    assert own.driver.read_mail(item.key).unreadable is None
    content = own.driver.read_mail_content(item.key)
    assert b"X-Fuglu-Id" in content.source and "<" in content.html
    other = type(item.key)(item.key.source, HOME, item.key.ref, f"greta.kuhn@{HOME}", "Advert")
    with pytest.raises(NotFound):
        own.driver.read_mail_content(other)


# --- release ----------------------------------------------------------------------------------------------------------


def test_a_virus_is_released_only_when_somebody_says_so(cm, upstream):
    item = found(cm, folder="Virus")[0]
    with pytest.raises(Conflict, match="holds a virus"):
        cm.driver.plan(release(item))
    [step] = cm.driver.plan(release(item, confirm_virus=True))
    cm.driver.apply(Step.from_json(step.to_json()))
    assert cm.driver.observe(step).seen is Seen.DONE and len(upstream.records.every("deliveries")) == 1


def test_a_virus_that_the_folder_does_not_tell_is_refused_with_the_same_words(cm, upstream):
    item = found(cm, folder="Spam")[0]
    row = next(r for r in upstream.records.every("messages") if pack({"id": r["fugluId"]}) == item.key.ref)
    upstream.records.put("messages", {**row, "infected": True})
    with pytest.raises(Rejected, match="holds a virus"):
        cm.driver.apply(cm.driver.plan(release(item))[0])
    assert upstream.records.every("deliveries") == []


def test_a_confirmation_that_is_not_needed_does_not_stop_a_clean_mail(cm, upstream):
    item = found(cm, folder="Spam")[0]
    cm.driver.apply(cm.driver.plan(release(item, confirm_virus=True))[0])
    assert len(upstream.records.every("deliveries")) == 1


def test_what_was_sent_and_other_recipients_are_refused(cm):
    with pytest.raises(Conflict, match="sent from"):
        cm.driver.plan(release(found(cm, folder="Sent")[0]))
    with pytest.raises(NotSupported):
        cm.driver.plan(release(found(cm, folder="Spam")[0], recipients=["a@b.example"]))


@pytest.mark.parametrize(
    "row",
    [
        {"id": "m", "headers": {"X-Spam-Status": ["No, score=oops", 7]}, "to": "nobody", "date": "soon"},
        {"id": "m", "headers": "none", "attachments": {"parts": [{"partId": None}, 3]}, "size": -1},
        {"id": "m", "from_": "Ann <ann@x.example>", "sentDate": 1774457541715, "hasAttachments": True},
    ],
)
def test_odd_rows_break_nothing(answering, row):
    def answer(told):
        if "/emails/" in told.path:
            return 200, [row], {}
        return 200, [{"id": "d", "name": HOME, "domainId": "d", "email": FIRST}], {"X-Total-Count": "1"}

    bench, _ = answering(answer)
    [item] = bench.driver.search_quarantine(query(folder="Spam")).rows
    assert item.recipients and (item.sender in ("", "ann@x.example"))


def test_a_list_that_is_none_is_told(answering):
    users = [{"id": "d", "name": HOME, "domainId": "d", "email": FIRST}]
    bench, _ = answering(lambda told: (200, "text" if "/emails/" in told.path else users, {}))
    with pytest.raises(Malformed):
        bench.driver.search_quarantine(query(folder="Spam"))
