"""The shared parts of the HTML and JSON doors: errors, feedback, permissions, forms, paging, rendering, the frame.

May import: core, Flask and its extensions. Knows no feature, no table and no upstream.
"""
