"""Calendars of a namespace: events in time zones, single or repeated, and what lies between them.

steps       what the verbs do
asking      what they ask of the store
moments     moments and days as programs write them
rules       the rules of repeated events (RRULE of RFC 5545), and the times they name
events      one event, and when it takes place
records     the rows of calendars and events
free        the free times between events
icalendar   events from and to iCalendar text
"""

DEFAULT = "default"
"""The calendar that takes what names none; it is made by itself."""
