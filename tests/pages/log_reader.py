"""An agent of the tests that answers about logs as the real one does, from memory."""

from datetime import UTC, datetime

from lsf_agent.answers.logs import Asked, memory_piece
from lsf_agent.runner.finding import Sought, look
from realtime.protocol.questions import UNKNOWN_KIND, Answer, Found, FoundLine, LogBytes, Question
from tests.pages.agent import Agent
from tests.pages.manager import Manager

LINES = [f"\x1b[32m[OK]\x1b[0m event {number}" for number in range(20_000)]
LINES[12_000] = "\x1b[41;37m ERROR \x1b[0m \x1b[31mbad \x1b[1mconstants\x1b[0m"
LINES[500] = LINES[19_000] = "a needle in it"
LOG = ("ERROR=0\n" + "\n".join(LINES) + "\n").encode()


class Reader(Agent):
    """Answers about logs as the real one does, from memory."""

    logs: dict[str, bytes]
    source = "file"
    ended = True
    too_old = False
    unreadable = False
    broken_after: int | None = None

    def _answer(self, question: Question) -> Answer:
        content = self.logs.get(question.job)
        if content is None or (self.too_old and question.kind != "log"):
            return Answer(question=question.id, error=f"{UNKNOWN_KIND}: {question.kind}")
        self.asked.append(question)
        if self.unreadable:
            return Answer(question=question.id, error="/reg/d does not answer")
        if question.kind == "log":
            asked = Asked(offset=question.offset, limit=question.limit, ended=self.ended)
            piece = memory_piece(content, self.source, asked, "/reg/d/logs/81.out")
            return Answer(question=question.id, log=piece)
        if question.kind == "bytes":
            offset = question.offset or 0
            if self.broken_after is not None and offset >= self.broken_after:
                return Answer(question=question.id, error="/reg/d does not answer")
            raw = LogBytes(
                content=content[offset : offset + question.limit], source="file", offset=offset, size=len(content)
            )
            return Answer(question=question.id, raw=raw)
        return Answer(question=question.id, found=self._found(question, content))

    def _found(self, question: Question, content: bytes) -> Found:
        text = None if question.error else question.text
        sought = Sought(text, question.case, question.back, question.offset, question.until, question.limit, self.ended)
        told = look(lambda at, length: content[at : at + length], len(content), sought)
        return Found(
            items=[FoundLine(at=at, line=line) for at, line in told["items"]],
            count=told["count"],
            start=told["from"],
            to=told["to"],
            size=told["size"],
            source=self.source,
            complete=told["complete"],
        )


def running(manager: Manager, agent: Reader, experiment: str, log: bytes = LOG, ended: bool = True) -> str:
    """A job with that log."""
    made = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})
    job = str(made["jobs"][0]["id"])
    agent.logs[job] = log
    agent.ended = ended
    agent.claim(job)
    now = datetime.now(UTC)
    agent.submitted(job, "81", began_at=now, bsub_called_at=now, ended_at=now, exit_code=0)
    agent.lsf(job, "81", "DONE" if ended else "RUN")
    return job
