"""Sites: programs and files of a namespace that answer browsers, each under a host of its own."""
