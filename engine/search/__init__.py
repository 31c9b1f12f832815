"""What makes cases findable by their words: how a text is cut up, where the pieces are kept, what files say.

May be imported by commands, queries and the worker. Decides nothing about who may see what it finds.
"""
