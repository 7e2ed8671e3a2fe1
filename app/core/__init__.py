"""The words of Gatehouse: types, commands, errors and ports. No input, no output.

May import: the standard library, pydantic, idna, email-validator, publicsuffixlist.
"""
