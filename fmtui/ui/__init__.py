"""The screen: widgets that show values and post messages."""
