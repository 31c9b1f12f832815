"""What each rule of the checks says, in one plain sentence, and the way out: for readers who do not read English.

The engine's own sentence is fuller, and English; its facts, the texts in quotation marks, are said behind ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from webapp.shell import current_translator


def rule_words() -> Mapping[str, tuple[str, str]]:
    """Rule -> what is wrong, and the way out, in the reader's language."""
    gettext = current_translator().gettext
    return {
        "case-fields": (gettext("A field is named that no form has"), gettext("Correct the name, or remove it.")),
        "clause-links": (
            gettext("A clause links to something that does not exist"),
            gettext("Correct the name, or remove it."),
        ),
        "clause-unlinked": (
            gettext("A clause is linked to nothing that carries it out"),
            gettext("Link it to a step, deadline, letter or record, or say why nothing carries it out."),
        ),
        "connected": (gettext("No way leads here, or a way leads nowhere"), gettext("Connect it, or remove it.")),
        "correlation-values": (
            gettext("The message is told apart by too many values"),
            gettext("Tell it apart by fewer values."),
        ),
        "deadline-names": (
            gettext("A deadline names a calendar or letter that does not exist"),
            gettext("Choose one of the package, or add it."),
        ),
        "deadline-runs": (
            gettext("A deadline never begins or never ends"),
            gettext("Say where it begins and what ends it."),
        ),
        "decision-exists": (
            gettext("The decision table does not exist"),
            gettext("Choose a decision in the properties."),
        ),
        "drawn": (
            gettext("Something has no place in the drawing"),
            gettext("Draw it, or let the diagram be drawn anew."),
        ),
        "due-deadline": (
            gettext("The deadline of the step does not exist"),
            gettext("Choose one of the package, or add it."),
        ),
        "earlier-answers": (
            gettext("The form needs an answer that nobody has given before"),
            gettext("Ask it in an earlier step, or name another answer."),
        ),
        "element-clause": (
            gettext("The step serves no clause, and nothing says why it is here"),
            gettext("Link it to a clause, or list it under [ours] with a reason."),
        ),
        "element-ids": (
            gettext("Identifiers are missing, used twice or not plain"),
            gettext("Use small English letters, digits and _, each name once."),
        ),
        "endless-loop": (
            gettext("A loop has no step that waits, it would never end"),
            gettext("Put a step or event that waits into it."),
        ),
        "feel-compiles": (gettext("The expression is not FEEL"), gettext("Correct the expression.")),
        "feel-names": (
            gettext("The expression uses a name that nothing before it writes"),
            gettext("Correct the name, or ask for it in an earlier step."),
        ),
        "gateway-conditions": (
            gettext("A deciding gateway needs a condition for each way and one default way"),
            gettext("Write a condition on each way but one, and make that one the default."),
        ),
        "group-exists": (
            gettext("The company has no such group"),
            gettext("Choose a group of the company, or add it to company.toml."),
        ),
        "guidance-texts": (
            gettext("The guidance of the step has no words in some language"),
            gettext("Write the words that are missing."),
        ),
        "join-waits": (
            gettext("The join would wait for a way that is not taken"),
            gettext("Bring ways of which only one is taken together with an exclusive gateway."),
        ),
        "known-properties": (
            gettext("The element has a property that nothing reads"),
            gettext("Correct the name, or remove it."),
        ),
        "labels": (
            gettext("Something has no name, readers would not know what it is"),
            gettext("Write what happens there, or which answer leads that way."),
        ),
        "lane-group": (
            gettext("No group has this step in hand, its lane belongs to none"),
            gettext("Bind the lane to a group under [lanes], or choose a group for the step."),
        ),
        "letter-data": (
            gettext("The letter uses data that nothing writes"),
            gettext("Correct the name, or ask for it in a form."),
        ),
        "letter-languages": (gettext("The letter lacks a language"), gettext("Write the words that are missing.")),
        "letter-liquid": (gettext("The template of the letter has a mistake"), gettext("Correct the template.")),
        "merge-repeats": (
            gettext("Ways that run at the same time meet without a join, what follows is done twice"),
            gettext("Put a parallel join before it."),
        ),
        "message-exists": (
            gettext("A rule is about a message that no diagram has"),
            gettext("Correct the name, or remove it."),
        ),
        "customer-acts": (
            gettext("What customers may do names something that the procedure does not have"),
            gettext("Correct the name, or remove it."),
        ),
        "named-elements": (
            gettext("A step is named that the diagrams do not have"),
            gettext("Correct the name, or remove it."),
        ),
        "parallel-writes": (
            gettext("Two ways at the same time write the same name"),
            gettext("Give each way a name of its own."),
        ),
        "process-exists": (
            gettext("The procedure that is called does not exist or cannot run"),
            gettext("Choose one of the diagram, or add it."),
        ),
        "record-names": (
            gettext("A printed record or a step names something that no form has"),
            gettext("Correct the name, or remove it."),
        ),
        "report-names": (
            gettext("A report counts something that does not exist"),
            gettext("Correct the name, or remove it."),
        ),
        "script-result": (
            gettext("The calculation has no expression, or its result is not kept"),
            gettext("Write the expression, and the name that keeps its result."),
        ),
        "service-operator": (
            gettext("The service is unknown, or asked in a wrong way"),
            gettext("Choose a service and fill in what it asks for."),
        ),
        "start-form": (
            gettext("The form that begins a case does not exist"),
            gettext("Choose a form in the properties, or make one with this name."),
        ),
        "step-exists": (
            gettext("A rule for steps speaks of something that is no step for people"),
            gettext("Correct the name, or remove it."),
        ),
        "task-names": (
            gettext("The step has no name in a language people work in"),
            gettext("Write the words that are missing."),
        ),
        "timer-text": (
            gettext("The timer says no time"),
            gettext("Write a duration such as P3D, a date, or the id of a deadline."),
        ),
        "timer-words": (
            gettext("The timer waits for a time limit that has no date"),
            gettext("Give the time limit a number, or wait for something else."),
        ),
        "unused-forms": (gettext("Nothing shows this form"), gettext("Use it, or remove it.")),
        "unused-letters": (gettext("Nothing sends this letter"), gettext("Use it, or remove it.")),
        "user-task-form": (
            gettext("The step names no form, or one that does not exist"),
            gettext("Choose a form in the properties, or make one with this name."),
        ),
        "boundary-never-fires": (
            gettext("This event on the border can never happen"),
            gettext("Attach it to something that takes time, or to a sub-process that can raise it."),
        ),
        "boundary-without-activity": (
            gettext("The event on the border is attached to nothing"),
            gettext("Attach it to a step."),
        ),
        "code-is-missing": (gettext("The event names no code"), gettext("Choose one of the diagram, or add it.")),
        "condition-is-ignored": (
            gettext("Nobody looks at this condition"),
            gettext("Put an exclusive gateway behind the step."),
        ),
        "condition-on-default": (
            gettext("The default way has a condition"),
            gettext("Remove the condition, or make another way the default."),
        ),
        "condition-without-choice": (
            gettext("The only way on has a condition: the case could stand still"),
            gettext("Remove the condition, or add a default way."),
        ),
        "correlation-without-expression": (
            gettext("What tells the message apart is not written"),
            gettext("Write one in FEEL."),
        ),
        "cycle-fires-once": (
            gettext("The repetition would happen only once"),
            gettext("Use a duration, or let the event not interrupt."),
        ),
        "data-object-is-missing": (
            gettext("The data object does not exist"),
            gettext("Draw it there, or remove the reference."),
        ),
        "dead-end": (gettext("The way ends here without an end event"), gettext("Lead it to an end event.")),
        "default-is-no-flow": (
            gettext("The default way does not leave this gateway"),
            gettext("Choose one of its own ways."),
        ),
        "duplicate-id": (gettext("An identifier is used twice"), gettext("Choose another.")),
        "element-does-not-run": (
            gettext("This kind of element does not run here"),
            gettext("Draw what does run instead: the description of elements says which."),
        ),
        "element-twice": (gettext("Something that may be there once is there twice"), gettext("Remove one.")),
        "element-without-id": (gettext("An element has no identifier"), gettext("Give it one.")),
        "empty-expression": (gettext("An expression is empty"), gettext("Write one in FEEL.")),
        "event-does-not-run": (
            gettext("This kind of event does not run here"),
            gettext("Draw what does run instead: the description of elements says which."),
        ),
        "error-must-interrupt": (gettext("An error event has to interrupt"), gettext("Make it interrupting.")),
        "event-gateway-target": (
            gettext("An event gateway leads only to events and receive tasks"),
            gettext("Put events that wait behind it, each with this one way in."),
        ),
        "event-without-trigger": (
            gettext("The event does not say what it waits for"),
            gettext("Add a timer, message, signal or condition."),
        ),
        "flow-at-event-sub-process": (
            gettext("An event sub-process has no ways in or out"),
            gettext("Remove the line."),
        ),
        "flow-into-start": (gettext("A way leads into a start event"), gettext("Remove the line.")),
        "flow-out-of-end": (gettext("A way leads out of an end event"), gettext("Remove the line.")),
        "flow-to-nowhere": (gettext("The way leads nowhere"), gettext("Draw it again.")),
        "flow-without-condition": (
            gettext("The way has no condition"),
            gettext("Write a condition, or make it the default."),
        ),
        "how-many-instances": (gettext("It does not say how often it is done"), gettext("Name a number or a list.")),
        "link-without-name": (gettext("The link has no name"), gettext("Give it one.")),
        "link-without-partner": (
            gettext("The link has no other end"),
            gettext("Draw the other end, or correct the names."),
        ),
        "message-is-missing": (gettext("It names no message"), gettext("Choose one of the diagram, or add it.")),
        "message-without-name": (gettext("The message has no name"), gettext("Give it one.")),
        "nobody-can-register": (
            gettext("No case can be registered"),
            gettext("Draw a plain start event, or write groups = [] under [start]."),
        ),
        "not-an-identifier": (
            gettext("A name is no plain identifier"),
            gettext("Use letters, digits and _, beginning with a letter."),
        ),
        "not-bpmn": (gettext("The file is no BPMN 2.0 diagram"), gettext("Choose a BPMN 2.0 file.")),
        "not-connected": (gettext("No way leads here"), gettext("Connect it, or remove it.")),
        "one-start-event": (
            gettext("A process needs one plain start event"),
            gettext("Draw one, or remove the others."),
        ),
        "property-without-name": (gettext("A property lacks its name or value"), gettext("Write both.")),
        "script-without-expression": (gettext("The calculation has no expression"), gettext("Write one in FEEL.")),
        "script-without-result": (
            gettext("The result of the calculation is not kept"),
            gettext("Name the variable that keeps it."),
        ),
        "service-without-operator": (
            gettext("The step names no service"),
            gettext("Choose a service and fill in what it asks for."),
        ),
        "several-triggers": (
            gettext("The event waits for several things at once"),
            gettext("Draw one event for each."),
        ),
        "signal-is-missing": (gettext("It names no signal"), gettext("Choose one of the diagram, or add it.")),
        "timer-kind": (
            gettext("The text does not fit this kind of timer"),
            gettext("Write R3/P1D for repetitions only."),
        ),
        "timer-without-time": (
            gettext("The timer says no time"),
            gettext("Write a duration such as P3D, a date, or the id of a deadline."),
        ),
        "unknown-deadline": (gettext("The deadline does not exist"), gettext("Choose one of the package, or add it.")),
        "position-group": (
            gettext("A position names a group that the company does not have"),
            gettext("Correct [positions] in company.toml, or add the group."),
        ),
        "unknown-decision": (
            gettext("The decision table does not exist"),
            gettext("Choose one of the package, or add it."),
        ),
        "unknown-process": (
            gettext("The procedure that is called does not exist or cannot run"),
            gettext("Choose one of the diagram, or add it."),
        ),
        "pause-never-begins": (
            gettext("The clock is to stop at a step it never meets"),
            gettext("Name a step that comes while the clock runs."),
        ),
        "expression-invalid": (gettext("The expression is not FEEL"), gettext("Correct the expression.")),
        "element-text-unknown": (
            gettext("A name in another language belongs to no element"),
            gettext("Correct the name, or remove it."),
        ),
        "file-unsafe": (
            gettext("The file cannot be read as a plain diagram"),
            gettext("Save it again as plain XML, without a DOCTYPE."),
        ),
        "unsafe-file": (
            gettext("The file cannot be read as a plain diagram"),
            gettext("Save it again as plain XML, without a DOCTYPE."),
        ),
        "file-is-link": (gettext("The file is a link to another place"), gettext("Copy the file itself.")),
        "file-missing": (gettext("A file that is needed is missing"), gettext("Add it.")),
        "file-too-large": (gettext("The file is too large"), gettext("Remove what is not needed.")),
        "file-unknown": (
            gettext("Nothing reads a file in this place"),
            gettext("Move it to where it belongs, or remove it."),
        ),
        "package-too-large": (gettext("The package is too large"), gettext("Remove what is not needed.")),
        "id-not-folder": (gettext("The id differs from the name of the folder"), gettext("Make them the same.")),
        "rule-error": (
            gettext("A check could not be carried out"),
            gettext("Report it with the file: this is a mistake of ours."),
        ),
        "calendar-hours": (
            gettext("Working hours are not written well"),
            gettext("Write periods such as 08:30-12:00."),
        ),
        "calendar-unknown": (gettext("The calendar does not exist"), gettext("Correct the name, or remove it.")),
        "case-number-pattern": (
            gettext("The pattern of case numbers is not written well"),
            gettext("Correct the value."),
        ),
        "clause-twice": (gettext("A clause is listed twice"), gettext("Remove one of them.")),
        "deadline-amount": (
            gettext("A deadline says no amount of time, or says it in two ways"),
            gettext("Write exactly one."),
        ),
        "deadline-field": (
            gettext("A deadline counts from a field in a way that does not work"),
            gettext("Correct the value."),
        ),
        "elements-in-own-language": (
            gettext("Names in the language of the diagram stand in the diagram"),
            gettext("Remove this table and write the names in the diagram."),
        ),
        "form-bad-value": (gettext("Something in the form is not written well"), gettext("Correct the line.")),
        "form-condition": (
            gettext("The form asks for a field by a condition that cannot hold"),
            gettext("Correct the condition."),
        ),
        "form-duplicate-id": (gettext("Two fields of the form have the same id"), gettext("Choose another.")),
        "form-id-differs": (gettext("The id of the form differs from its file name"), gettext("Make them the same.")),
        "form-yaml": (gettext("The form cannot be read as YAML"), gettext("Correct the line.")),
        "login-pattern": (
            gettext("A login is not written well"),
            gettext("Use small letters, digits, dots and hyphens."),
        ),
        "login-twice": (gettext("A login is used twice"), gettext("Choose another.")),
        "message-keep": (gettext("How long a message is kept is not written well"), gettext("Correct the value.")),
        "report-columns": (gettext("The columns of the report are not written well"), gettext("Correct the line.")),
        "report-figure": (gettext("A figure of the report is not written well"), gettext("Correct the line.")),
        "schedule-time": (gettext("The time of a schedule is not written well"), gettext("Correct the value.")),
        "time-zone-unknown": (gettext("The time zone does not exist"), gettext("Write one such as Asia/Shanghai.")),
        "text-language-missing": (
            gettext("Words are missing in some language"),
            gettext("Write the words that are missing."),
        ),
        "toml-syntax": (gettext("The file has a mistake in its form"), gettext("Correct the line.")),
        "toml-unknown-key": (
            gettext("The file has a line that nothing reads"),
            gettext("Correct the name, or remove it."),
        ),
        "toml-unknown-word": (gettext("A word is not one of those that are known"), gettext("Correct the value.")),
        "toml-missing-key": (gettext("Something that is needed is missing in the file"), gettext("Add it.")),
        "toml-wrong-type": (gettext("A value is of the wrong kind"), gettext("Correct the value.")),
        "toml-bad-identifier": (
            gettext("A name is no plain identifier"),
            gettext("Use small English letters, digits and _, each name once."),
        ),
        "toml-empty": (gettext("A text is empty"), gettext("Write the words that are missing.")),
        "survey-time": (
            gettext("A survey does not say about which time it asks"),
            gettext("Write every (a period) or within (a time such as P30D), and only one of them."),
        ),
        "toml-out-of-range": (gettext("A number is too small or too large"), gettext("Correct the value.")),
        "scenario-unknown-name": (
            gettext("A scenario names something that does not exist"),
            gettext("Correct the name, or remove it."),
        ),
        "scenario-step": (gettext("A step of the scenario is not written well"), gettext("Correct the line.")),
        "scenario-time": (gettext("A time is not written well"), gettext("Correct the value.")),
        "scenario-too-long": (gettext("The scenario has too many steps"), gettext("Remove what is not needed.")),
        "scenario-two-times": (gettext("A step of the scenario says two times"), gettext("Keep one.")),
        "too-many-rows": (gettext("There are too many rows"), gettext("Remove what is not needed.")),
        "not-dmn": (gettext("The file is no DMN table"), gettext("Choose a DMN file.")),
        "decision-without-logic": (gettext("A decision says nothing"), gettext("Draw a table or write an expression.")),
        "foreign-language": (
            gettext("An expression is written in another language than FEEL"),
            gettext("Write one in FEEL."),
        ),
        "missing-output": (gettext("A rule lacks an output"), gettext("Fill in the cell.")),
        "requirement-cycle": (
            gettext("Decisions need each other in a circle"),
            gettext("Remove one of the requirements."),
        ),
        "requirement-missing": (
            gettext("A decision needs something that is not there"),
            gettext("Choose one of the diagram, or add it."),
        ),
        "too-many-rules": (gettext("The table has too many rules"), gettext("Remove what is not needed.")),
        "type-too-deep": (gettext("A type holds others too deeply"), gettext("Remove what is not needed.")),
        "unknown-hit-policy": (gettext("The hit policy is unknown"), gettext("Choose another.")),
        "unknown-logic": (
            gettext("A decision holds something that does not run here"),
            gettext("Draw what does run instead: the description of elements says which."),
        ),
        "unknown-type": (gettext("The type does not exist"), gettext("Choose another.")),
        "unreadable-expression": (gettext("The expression is not FEEL"), gettext("Correct the expression.")),
        "wrong-number-of-cells": (
            gettext("A rule has more or fewer cells than the table has columns"),
            gettext("Fill in or remove cells."),
        ),
        "confidential-shown": (
            gettext("Something confidential is shown to people who may not read it"),
            gettext("Let them read it under [confidential], or show something else."),
        ),
        "scenario-fails": (
            gettext("A scenario does not end as it expects"),
            gettext("Correct the diagram, or the scenario."),
        ),
        "trigger-kind": (
            gettext("A trigger says nothing to watch for, or two things at once"),
            gettext("Write exactly one."),
        ),
        "trigger-within": (
            gettext("A trigger says no period, or one it cannot have"),
            gettext("Correct the value."),
        ),
    }
