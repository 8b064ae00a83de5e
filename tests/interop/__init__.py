"""Clients that no one here wrote, in front of a real server."""
