"""Who may use the server, and how much: accounts, passwords, tokens, whitelists, throttling, admission."""
