"""The words of the history: what an event may say was done. New members may come; one that was written stays."""

from __future__ import annotations

from enum import StrEnum


class CaseAction(StrEnum):
    """What is recorded in a case's own history. Pages have words for every one of them."""

    START_CASE = "start_case"  #: the intake form was submitted, by a person or a customer
    START_BY_SCHEDULE = "start_by_schedule"
    START_BY_TRIGGER = "start_by_trigger"  #: many cases together asked for it
    START_BY_MESSAGE = "start_by_message"  #: nobody waited for it, and the procedure begins by it
    START_BY_SIGNAL = "start_by_signal"
    CLAIM_TASK = "claim_task"
    RELEASE_TASK = "release_task"
    COMPLETE_TASK = "complete_task"
    COMPLETE_SERVICE = "complete_service"  #: a service request was carried out
    RECEIVE_MESSAGE = "receive_message"
    RECEIVE_SIGNAL = "receive_signal"
    WAKE_UP = "wake_up"  #: a timer or clock was due
    OPEN_INCIDENT = "open_incident"
    RETRY = "retry"  #: incidents closed, what failed is tried again
    MOVE_TOKEN = "move_token"  # noqa: S105 -- a verb, no secret: somebody took a case elsewhere than its diagram would
    SKIP_STEP = "skip_step"
    CANCEL_BRANCH = "cancel_branch"
    SUSPEND_CASE = "suspend_case"
    RESUME_CASE = "resume_case"
    MIGRATE_CASE = "migrate_case"  #: it goes on in another version of its procedure
    WRITE_LETTER = "write_letter"  #: one that no element of the diagram asked for
    SEND_LETTER_AGAIN = "send_letter_again"  #: one that no mail server took
    KEEP_LETTER = "keep_letter"  #: it is printed instead of mailed
    READDRESS_LETTER = "readdress_letter"
    PAUSE_CLOCK = "pause_clock"  #: somebody let a time limit stand
    RESUME_CLOCK = "resume_clock"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    ACCEPT_REMINDER = "accept_reminder"
    EXPORT_CASE = "export_case"  #: its audit package was written
    HAND_OVER = "hand_over"  #: a task, or what somebody answers for, to a person or group
    ACCEPT_HAND_OVER = "accept_hand_over"
    DECLINE_HAND_OVER = "decline_hand_over"
    DELEGATE_TASK = "delegate_task"  #: somebody else answers, its owner completes
    ANSWER_DELEGATION = "answer_delegation"
    ASK_SIGNATURE = "ask_signature"
    SUBMIT_FOR_SIGNATURE = "submit_for_signature"  #: the answers wait until they are signed
    SIGN_TASK = "sign_task"  #: the last signature that was needed lets the case go on
    REFUSE_SIGNATURE = "refuse_signature"
    WITHDRAW_ERRAND = "withdraw_errand"  #: who asked something of somebody does not want it any more
    RETURN_TASK = "return_task"  #: to an earlier step, without a flow in the diagram
    TAKE_BACK_TASK = "take_back_task"  #: one's own submission, while the next step has not begun
    URGE_TASK = "urge_task"
    COPY_CASE = "copy_case"  #: for information
    READ_COPY = "read_copy"
    NOTE_ERRAND = "note_errand"  #: what somebody only had to know was seen
    SNOOZE_TASK = "snooze_task"
    ADD_NOTE = "add_note"
    ADD_EVIDENCE = "add_evidence"  #: by the customer, behind the tracking link
    ACCEPT_ANSWER = "accept_answer"
    REFUSE_ANSWER = "refuse_answer"
    ASK_WITHDRAWAL = "ask_withdrawal"  #: the customer takes the complaint back; somebody agrees to it first
    DECLINE_WITHDRAWAL = "decline_withdrawal"
    WITHDRAW_CASE = "withdraw_case"  #: it ended because the customer took it back
    REOPEN_CASE = "reopen_case"  #: the customer is not done with it: another case goes on with it
    LINK_CASE = "link_case"  #: it has to do with another one; in both histories
    UNLINK_CASE = "unlink_case"
    JOIN_CASE = "join_case"  #: it says the same as another one, which goes on for both
    TAKE_IN_CASE = "take_in_case"  #: the same, in the history of the other one
    PART_CASE = "part_case"  #: it was joined and goes on by itself again; in both histories
    END_JOINED = "end_joined"  #: the case that it was joined to has ended
    SPLIT_CASE = "split_case"  #: part of what it said goes on in a case of its own
    SPLIT_OFF = "split_off"  #: the same, in the history of that case
    HOLD_CASE = "hold_case"  #: nothing of it may be erased until that is lifted
    RELEASE_CASE = "release_case"
    ERASE_CASE = "erase_case"  #: what was personal in it is gone
    TELL_PERSON = "tell_person"  #: all that is kept about the person concerned was written out for them
    RAISE_FINDING = "raise_finding"  #: an auditor found something that somebody has to answer
    ANSWER_FINDING = "answer_finding"
    RETURN_FINDING = "return_finding"  #: the answer is not enough
    CLOSE_FINDING = "close_finding"
    READ_CASE = "read_case"  #: somebody looked at it


class CompanyAction(StrEnum):
    """What is recorded in the company's history because it belongs to no case."""

    DEPLOY_PROCEDURE = "deploy_procedure"
    BEGIN_DRAFT = "begin_draft"
    SAVE_DRAFT = "save_draft"
    RESTORE_DRAFT = "restore_draft"  #: it is again what a version or an earlier save was
    DISCARD_DRAFT = "discard_draft"
    ASK_PUBLICATION = "ask_publication"
    APPROVE_PUBLICATION = "approve_publication"
    REFUSE_PUBLICATION = "refuse_publication"
    WITHDRAW_PUBLICATION = "withdraw_publication"
    FAIL_PUBLICATION = "fail_publication"  #: approved, but it could not be put into service on its day
    ADOPT_CALENDAR = "adopt_calendar"  #: time limits are counted over other hours or days from now on
    SET_CLOCK = "set_clock"  #: of a sandbox
    SKIP_SCHEDULE = "skip_schedule"
    SKIP_TRIGGER = "skip_trigger"  #: what a trigger noticed cannot start its case
    SKIP_MAIL = "skip_mail"  #: a mail that came in cannot be taken in
    SKIP_MESSAGE = "skip_message"  #: a message from outside cannot be delivered
    EXPIRE_MESSAGE = "expire_message"  #: a message from outside was taken by nobody in its time
    SKIP_SIGNAL = "skip_signal"  #: a signal cannot open the case it should
    FOUND_COMPANY = "found_company"
    ADD_PERSON = "add_person"
    CHANGE_PERSON = "change_person"
    LEAVE = "leave"  #: somebody works here no longer
    COME_BACK = "come_back"
    GIVE_PASSWORD = "give_password"  # noqa: S105 -- a verb, no secret: an administrator gave somebody a new one
    CHANGE_PASSWORD = "change_password"  # noqa: S105
    BEGIN_SECOND_FACTOR = "begin_second_factor"
    END_SECOND_FACTOR = "end_second_factor"
    TAKE_SECOND_FACTOR = "take_second_factor"  #: an administrator took it from somebody who lost it
    SET_PROVIDER = "set_provider"  #: where people sign in with an account they have elsewhere, with before and after
    LINK_IDENTITY = "link_identity"  #: an account of the provider is somebody's from now on
    UNLINK_IDENTITY = "unlink_identity"
    ADD_KEY = "add_key"  #: a security key of one's own
    REMOVE_KEY = "remove_key"
    ARRANGE_ABSENCE = "arrange_absence"  #: somebody stands in for somebody
    END_ABSENCE = "end_absence"
    CREATE_TOKEN = "create_token"  # noqa: S105 -- a verb, no secret
    REVOKE_TOKEN = "revoke_token"  # noqa: S105
    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    USE_KEY = "use_key"  #: the history is signed with this key from here on
    ADD_HOOK = "add_hook"  #: a program is told what happens to cases
    END_HOOK = "end_hook"
    SEND_DELIVERY_AGAIN = "send_delivery_again"  #: a web hook hears something once more
    RESTORE = "restore"  #: an older copy of the database goes on, what came after it is lost
    APPOINT_AUDITOR = "appoint_auditor"  #: somebody may read everything for a time, and change nothing
    DISMISS_AUDITOR = "dismiss_auditor"
    DRAW_SAMPLE = "draw_sample"  #: cases to be audited, by seed and strata
    AUDIT_REPORT = "audit_report"  #: somebody looked through the cases for what may be wrong with them
    SEARCH = "search"  #: somebody looked for cases by their words
    ASK_ERASURE = "ask_erasure"
    CONFIRM_ERASURE = "confirm_erasure"  #: what was asked for is erased
    REFUSE_ERASURE = "refuse_erasure"
    WITHDRAW_ERASURE = "withdraw_erasure"
    CLEAN_ERASURE = "clean_erasure"  #: files, search index and free space of the database hold none of it any more
    EXPORT_EVENTS = "export_events"  #: somebody took the events of cases away, to look at them with other programs
    EXPORT_REPORT = "export_report"  #: somebody took a register or statistics away as a file
    SUBSCRIBE_REPORT = "subscribe_report"  #: somebody wants it by mail
    UNSUBSCRIBE_REPORT = "unsubscribe_report"
    MAIL_REPORT = "mail_report"  #: it went out
    MISS_REPORT = "miss_report"  #: it could not be made or sent at its time
    PRINT_REPORT = "print_report"  #: the same on paper
    REFUSED = "refused"  #: somebody tried what they may not do, or what was done already
