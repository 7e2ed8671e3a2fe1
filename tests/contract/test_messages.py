"""Single messages: found in quarantine, log and queue, read, released, deleted, tried again; each by those who promise it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.core.capabilities import Capability
from app.core.errors import NotFound, NotSupported
from app.core.messages import (
    MOST_REF,
    Criterion,
    MailItem,
    MailPage,
    MailQuery,
    MailShape,
    MailSource,
    Operator,
    Reach,
)
from app.core.plan import Seen, Step

CAN = Capability
READERS = {
    MailSource.QUARANTINE: "search_quarantine",
    MailSource.LOG: "search_log",
    MailSource.QUEUE: "list_queue",
}


def shape_of(subject, source: MailSource) -> MailShape:
    return next(shape for shape in subject.static.mail if shape.source is source)


def query(subject, source: MailSource, /, **asks) -> MailQuery:
    inside = {}
    if shape_of(subject, source).reach is Reach.MAILBOX:
        inside = {"mailbox": subject.about.mailbox, "folder": subject.about.mail_folder}
    return MailQuery(source, **{"domain": subject.about.domain, **inside, **asks})


def found(subject, source: MailSource, /, **asks) -> MailPage:
    return getattr(subject.driver, READERS[source])(query(subject, source, **asks))


def first(subject, source: MailSource = MailSource.QUARANTINE, /, **asks) -> MailItem:
    return found(subject, source, **asks).rows[0]


def wish(subject, command: str, item: MailItem, **fields):
    key = item.key
    named = {"domain": key.domain, "ref": key.ref, "mailbox": key.mailbox, "folder": key.folder}
    return subject.wish(command, source=key.source, **named, **fields)


def sent(subject, command) -> Step:
    """One step, one write, and a look afterwards that does not deny it."""
    [step] = subject.driver.plan(command)
    assert step.domain == command.domain and step.subject and not any(r.write for r in subject.records)
    assert subject.driver.observe(step).seen is not Seen.DONE
    before = len(subject.records)
    subject.driver.apply(Step.from_json(step.to_json()))
    assert [r.write for r in subject.records[before:]].count(True) == 1
    assert subject.driver.observe(step).seen in (Seen.DONE, Seen.CANNOT_TELL)
    return step


def readable(subject) -> Iterator[tuple[str, MailSource]]:
    for source in MailSource:
        if any(shape.source is source for shape in subject.static.mail):
            yield READERS[source], source


def check_list(subject, source: MailSource) -> None:
    page = found(subject, source, size=3)
    assert 1 <= len(page.rows) <= 3 and not any(record.write for record in subject.records)
    calls = len(subject.records)
    for item in page.rows:
        assert item.key.source is source and item.key.domain == subject.about.domain
        assert 0 < len(item.key.ref) <= MOST_REF and item.recipients and item.at is not None
    times = [item.at for item in page.rows]
    assert times == sorted(times, reverse=True)
    subject.records.clear()
    assert len(found(subject, source, size=50).rows) >= len(page.rows)
    assert len(subject.records) <= calls, "a longer page costs no more calls"
    if page.more:
        second = found(subject, source, size=3, page=2)
        assert second.rows and not {i.key.ref for i in second.rows} & {i.key.ref for i in page.rows}


@pytest.mark.needs(CAN.QUARANTINE_READ)
def test_the_quarantine_is_listed(subject):
    check_list(subject, MailSource.QUARANTINE)


@pytest.mark.needs(CAN.LOGS_READ)
def test_the_log_is_searched(subject):
    check_list(subject, MailSource.LOG)


@pytest.mark.needs(CAN.QUEUE_READ)
def test_the_queue_is_listed(subject):
    check_list(subject, MailSource.QUEUE)


@pytest.mark.needs(CAN.MAIL_HEADERS)
def test_what_the_card_says_can_be_asked_for(subject):
    """Each criterion finds the message whose value it has, and nothing else is claimed to be found."""
    for _, source in readable(subject):
        criteria = shape_of(subject, source).criteria
        item = first(subject, source)
        asks = {
            Criterion.SENDER: {"sender": item.sender},
            Criterion.RECIPIENT: {"recipient": item.recipients[0]},
            Criterion.SUBJECT: {"subject": item.subject},
            Criterion.MESSAGE_ID: {"message_id": item.message_id},
            Criterion.PERIOD: {"since": item.at},
        }
        for criterion, ask in asks.items():
            if not next(iter(ask.values())):
                continue
            page = found(subject, source, size=500, **ask)
            assert (criterion in page.ignored) is (criterion not in criteria), (source, criterion)
            if criterion in criteria:
                assert item.key.ref in [row.key.ref for row in page.rows], (source, criterion)
        if Criterion.SENDER in criteria:
            assert not found(subject, source, sender="nobody-at-all@nowhere.example").rows
        copied = found(subject, source, cc="nobody-at-all@nowhere.example")
        assert (Criterion.CC in copied.ignored) is (Criterion.CC not in criteria)
        assert not (Criterion.CC in criteria and copied.rows), source
        others = found(subject, source, sender=item.sender, operator=Operator.NOT)
        assert (Criterion.OPERATOR in others.ignored) is (Criterion.OPERATOR not in criteria)
        if Criterion.OPERATOR in criteria:
            assert others.rows and item.sender not in {row.sender for row in others.rows}


@pytest.mark.needs(CAN.MAIL_HEADERS)
def test_what_is_not_there_is_not_found(subject):
    for name, source in readable(subject):
        item = first(subject, source)
        with pytest.raises(NotFound):
            getattr(subject.driver, name)(replace(query(subject, source), domain="not-there.example"))
        for key in (replace(item.key, domain="not-there.example"), replace(item.key, ref="bm9uc2Vuc2U")):
            with pytest.raises(NotFound):
                subject.driver.read_mail(key)


@pytest.mark.needs(CAN.MAIL_HEADERS)
def test_one_message(subject):
    for _, source in readable(subject):
        item = first(subject, source)
        detail = subject.driver.read_mail(item.key)
        assert detail.item.key == item.key and detail.item.title == item.title
        assert detail.headers or detail.headers_problem
        assert detail.attachments is not None or detail.attachments_problem


@pytest.mark.needs(CAN.MAIL_READ)
def test_the_body(subject):
    for _, source in readable(subject):
        item = first(subject, source)
        detail = subject.driver.read_mail(item.key)
        if detail.unreadable is None:
            content = subject.driver.read_mail_content(item.key)
            assert content.source or content.html or content.text
        else:
            with pytest.raises(NotSupported) as caught:
                subject.driver.read_mail_content(item.key)
            assert str(caught.value) == str(detail.unreadable)


@pytest.mark.needs(CAN.MAIL_ATTACHMENTS, "mail_with_file")
def test_an_attachment(subject):
    item = first(subject, MailSource.QUARANTINE, **dict(subject.about.mail_with_file))
    listed = subject.driver.read_mail(item.key).attachments
    assert listed
    file = subject.driver.read_mail_file(item.key, listed[0].part)
    assert file.data and file.name == listed[0].name
    with pytest.raises(NotFound):
        subject.driver.read_mail_file(item.key, "no-such-part")


@pytest.mark.needs(CAN.MAIL_FOLDERS)
def test_the_folders_of_a_mailbox(subject):
    folders = subject.driver.list_mail_folders(subject.about.domain, subject.about.mailbox)
    assert subject.about.mail_folder in [folder.path for folder in folders]
    assert len({folder.path for folder in folders}) == len(folders)
    assert subject.about.mailbox in subject.driver.mail_mailboxes(subject.about.domain)


@pytest.mark.needs(CAN.MAIL_RELEASE)
def test_a_message_is_released(subject):
    item = first(subject, **dict(subject.about.mail_to_release))
    step = sent(subject, wish(subject, "mail.release", item))
    assert step.inverse is None and step.lost and step.before


@pytest.mark.needs(CAN.MAIL_RELEASE_ALLOW)
def test_a_message_is_released_and_its_sender_allowed(subject):
    sent(subject, wish(subject, "mail.release_allow", first(subject, **dict(subject.about.mail_to_release))))


@pytest.mark.needs(CAN.MAIL_DELETE)
def test_a_message_is_deleted(subject):
    item = first(subject)
    step = sent(subject, wish(subject, "mail.delete", item))
    assert step.inverse is None and step.lost
    assert item.key.ref not in [row.key.ref for row in found(subject, MailSource.QUARANTINE, size=500).rows]


@pytest.mark.needs(CAN.MAIL_ACT)
def test_every_further_action(subject):
    for action in subject.static.mail_actions:
        subject.records.clear()
        asks = subject.about.mail_acts.get(action.name, {})
        item = first(subject, action.sources[0], **asks)
        sent(subject, wish(subject, "mail.act", item, action=action.name))
    subject.records.clear()
    with pytest.raises(NotSupported):
        subject.driver.plan(
            wish(subject, "mail.act", first(subject, subject.static.mail[0].source), action="no-such")
        )


@pytest.mark.needs(CAN.QUEUE_RETRY)
def test_a_delivery_is_tried_again(subject):
    sent(subject, wish(subject, "mail.retry", first(subject, MailSource.QUEUE)))


@pytest.mark.needs(CAN.QUEUE_REMOVE)
def test_a_message_is_taken_out_of_the_queue(subject):
    item = first(subject, MailSource.QUEUE)
    sent(subject, wish(subject, "mail.unqueue", item))
    assert item.key.ref not in [row.key.ref for row in found(subject, MailSource.QUEUE, size=500).rows]


@pytest.mark.parametrize(
    "command", ["mail.release", "mail.delete", "mail.release_allow", "mail.retry", "mail.unqueue"]
)
@pytest.mark.needs(CAN.MAIL_HEADERS)
def test_wishes_about_what_is_gone_send_nothing(subject, command):
    needed = {
        "mail.release": CAN.MAIL_RELEASE,
        "mail.delete": CAN.MAIL_DELETE,
        "mail.release_allow": CAN.MAIL_RELEASE_ALLOW,
        "mail.retry": CAN.QUEUE_RETRY,
        "mail.unqueue": CAN.QUEUE_REMOVE,
    }[command]
    queued = needed in (CAN.QUEUE_RETRY, CAN.QUEUE_REMOVE)
    item = (
        first(subject, MailSource.QUEUE if queued else MailSource.QUARANTINE)
        if needed in subject.static.can
        else None
    )
    if item is None:
        pytest.skip("not on this card")
    gone = replace(item, key=replace(item.key, domain="not-there.example"))
    with pytest.raises(NotFound):
        subject.driver.plan(wish(subject, command, gone))
    assert not any(record.write for record in subject.records)
