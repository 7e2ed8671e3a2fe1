"""Search: one box on every page that recognises what was typed."""
