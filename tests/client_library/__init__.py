"""Tests of realtime.client."""
