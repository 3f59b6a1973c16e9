"""Tables as programs see them: what they declare, ask and get, in the terms of the store."""
