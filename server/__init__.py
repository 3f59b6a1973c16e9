"""The HTTP server: Falcon routes over accounts and the language, and the process tree that serves them."""
