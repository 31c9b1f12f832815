"""Builders and fakes the tests share. Only what two test modules need lives here."""
