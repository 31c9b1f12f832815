"""Forms as files: one definition, one set of rules for pages, programs and scenarios.

Belongs here: reading a form's YAML, its conditions, validating answers, showing them readably. Does not: HTML, HTTP,
storage of uploads, sentences for people about wrong answers (pages make those from ``FieldError.rule``).
Pure: no clock, no database; imported by every layer above.
"""

from engine.forms.answers import Answers, StoredFile, validate, visible_fields
from engine.forms.display import Line, describe, initial_values, readable
from engine.forms.model import (
    DEPARTMENTS,
    AnyField,
    ChoiceField,
    Condition,
    DateField,
    DateTimeField,
    FilesField,
    Form,
    ItemField,
    NumberField,
    Option,
    RowsField,
    SectionField,
    ShowField,
    TextAreaField,
    TextField,
    YesNoField,
    fields_of,
    looks_back,
    personal_fields,
    phone_fields,
)
from engine.forms.reading import FormRefused, load_form, load_lists

__all__ = [
    "DEPARTMENTS",
    "Answers",
    "AnyField",
    "ChoiceField",
    "Condition",
    "DateField",
    "DateTimeField",
    "FilesField",
    "Form",
    "FormRefused",
    "ItemField",
    "Line",
    "NumberField",
    "Option",
    "RowsField",
    "SectionField",
    "ShowField",
    "StoredFile",
    "TextAreaField",
    "TextField",
    "YesNoField",
    "describe",
    "fields_of",
    "initial_values",
    "load_form",
    "load_lists",
    "looks_back",
    "personal_fields",
    "phone_fields",
    "readable",
    "validate",
    "visible_fields",
]
