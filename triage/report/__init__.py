"""The evaluation's report: figures, words, pictures, one page. Pure: contents of files by name come out; nothing is written here.

figures and words need nothing more than Lots does; plots and build need matplotlib (`lots[report]`).
"""
