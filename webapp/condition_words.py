"""What the builder of conditions says, in the reader's language."""

from __future__ import annotations

from typing import Any

from webapp.shell import current_translator


def builder_words() -> dict[str, Any]:
    """The words of ``dist/conditions.js``; *operators* in the order in which they are offered."""
    gettext = current_translator().gettext
    return {
        "all": gettext("All of these apply"),
        "any": gettext("At least one of these applies"),
        "not": gettext("This does not apply"),
        "field": gettext("Field"),
        "comparison": gettext("Comparison"),
        "value": gettext("Value"),
        "add": gettext("Add a comparison"),
        "group": gettext("Add a group"),
        "remove": gettext("Remove"),
        "yes": gettext("Yes"),
        "no": gettext("No"),
        "null": gettext("not said"),
        "only_text": gettext("This condition can only be changed as text."),
        "operators": {
            "is": gettext("is"),
            "is_not": gettext("is not"),
            "in": gettext("is one of"),
            "contains": gettext("contains"),
            "at_least": gettext("at least"),
            "at_most": gettext("at most"),
            "more": gettext("more than"),
            "less": gettext("less than"),
            "between": gettext("between"),
            "holds": gettext("is true"),
        },
    }
