"""Child processes that are kept running and that never outlive their parent."""

from realtime.supervisor.child import Child, Program
from realtime.supervisor.supervisor import Supervisor

__all__ = ["Child", "Program", "Supervisor"]
