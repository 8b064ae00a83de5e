"""The batch client against a fake farm (real commands) and a fake manager (a real HTTP server)."""
