"""What `batchboard check` looks at on the manager's host; `lsf_agent.check` looks at the agent's."""
