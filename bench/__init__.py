"""How fast and how large: every step beside a named peer in the same run. Nothing here is a test."""
