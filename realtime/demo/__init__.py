"""Everything on one machine: manager, batch client, a scheduler that speaks LSF, and a simulated beam line."""
