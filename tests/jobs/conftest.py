"""Assertions of the shared suite say what they found."""

import pytest

pytest.register_assert_rewrite("tests.jobs.conformance")
