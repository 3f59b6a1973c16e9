"""Places on the earth: what can be computed of them here, and what open services know of them.

points.py      reads places from values           geometry.py   distances, rectangles and groups of them
services.py    which services the operator set    asking.py     asks one, and remembers what it said

One module for each protocol: nominatim.py (addresses), osrm.py (ways), open_meteo.py (weather), frankfurter.py
(exchange rates), and links.py for maps to look at.
"""
