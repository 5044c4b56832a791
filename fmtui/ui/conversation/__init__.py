"""The scrolling conversation: one widget, lines made of markdown, and what is on the screen."""
