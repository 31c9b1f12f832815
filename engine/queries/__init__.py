"""The reads: one module a page or list. Every function takes the company's id or an actor; rows are frozen.

Queries know no HTTP and no language of the interface: names come as Text, instants as instants.
"""
