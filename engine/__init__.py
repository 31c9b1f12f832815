"""Everything Shouwen knows about procedures, cases and time. Knows BPMN and the database; no HTTP, no HTML."""
