"""What can be done with images. Everything here works on images of Pillow, in RGB or with an alpha channel.

reading.py   files into pixels: only known formats, sizes before pixels       writing.py   pixels into files
sizes.py     how programs write sizes, points and colours
shaping.py   size and position      filters.py   colours      drawing.py   things put on an image

An image as a value (`oql.values.Image`) is raw pixels, or still the file that it was loaded from: a journal keeps that
file, and its pixels are made at each use.

Pillow takes time to load, so verbs import these modules when they are first used.
"""
