"""One package per upstream. `registry` loads them by name; nothing else knows which there are."""
