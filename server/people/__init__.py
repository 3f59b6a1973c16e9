"""Where people and programs answer what a job waits for: the routes, and the pages of forms and questions."""
