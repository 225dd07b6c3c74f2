"""Give a silent film its sound, from recorded sounds.

render: Render a film's sound again from its cue sheet.
index: Make a library of your own recordings.
find: List the recordings of a class, a title or an author.
sound: Take a recording out of a library, to be heard.
"""
