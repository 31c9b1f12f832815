"""One module a page area. A view parses, calls one command or query, and answers."""
