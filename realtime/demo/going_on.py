"""How a program of the demo goes on for ever, whatever becomes of the manager meanwhile."""

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Protocol

from realtime.cli.api import Api, ApiError, NoToken, Refused, Unreachable, login_token
from realtime.settings import Settings, SettingsError, read

BACKOFF = (0.5, 5.0)


class Work(Protocol):
    """Both may end by an error of the API."""

    def set_up(self) -> None:
        """What is missing is made."""

    def work(self) -> None:
        """Goes on for ever."""


def go_on(log: logging.Logger, begin: Callable[[Api, Settings], Work]) -> int:
    """Set up and work; anew, after a pause, each time that it meets an error of the API.

    2: the settings are wrong; otherwise it does not return.
    """
    try:
        settings = read(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.WARNING, format=f"%(asctime)sZ {log.name} %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    shortest, longest = BACKOFF
    pause = shortest
    while True:
        try:
            with Api(settings.manager_url, login_token(settings)) as api:
                begun = begin(api, settings)
                begun.set_up()
                pause = shortest
                begun.work()
        except (Unreachable, NoToken) as error:
            _say_once(log, error, first=pause == shortest)
        except Refused as error:
            log.warning("%s", error)
        time.sleep(pause)
        pause = min(pause * 2, longest)


def _say_once(log: logging.Logger, error: ApiError, *, first: bool) -> None:
    if first:
        log.info("waiting for the manager%s", "" if isinstance(error, NoToken) else f": {error}")
