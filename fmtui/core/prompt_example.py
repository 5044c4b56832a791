"""A prompt of the user's own to begin with."""

EXAMPLE = '''\
# Save this as a file of its own, such as review.toml, in the folder that `fmtui prompts path` prints.
# In the app F12 lists your prompts, and /review uses this one.
description = "Review a change"

# Replaces the session's system prompt. Leave it out to keep the one there is.
system = "You review {{language}} code. You are brief, and you say where you are not sure."

# Goes into the editor, to be looked at before it is sent. {{input}} is what you type behind /review, or
# what stands in the editor; {{date}}, {{time}}, {{model}} and {{endpoint}} are known too. A variable
# without a value is asked for. To write two braces as they are, write four: {{{{name}}.
text = """
Review this with an eye to {{focus}}:

{{input}}
"""

[variables]
language = "Python"
focus = { default = "bugs", choices = ["bugs", "clarity", "speed"], description = "what matters most" }

[params]
temperature = 0.2
'''
"""A file that works, with words about each part."""
