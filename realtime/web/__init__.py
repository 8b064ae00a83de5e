"""The web edge: identity, decode, call a service, encode. Quart's globals stay in here."""
