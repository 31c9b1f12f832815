"""The verbs: one module a noun, one function a verb, one transaction a call.

A command decides with the pure layers and writes through `apply_step`. It never commits, never reads the wall clock and
never touches the world; callers open the transaction and pass everything in a `Context`.
"""
