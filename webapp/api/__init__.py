"""The HTTP API for programs. ``v1`` answers, ``schemas`` are its shapes, ``openapi`` describes both from the code."""
