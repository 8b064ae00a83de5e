"""Settings for a command; wrong ones are named and end it with exit code 2."""

import sys
from collections.abc import Mapping
from typing import NoReturn

import click

from realtime.settings import Settings, SettingsError, read


def configured(environ: Mapping[str, str]) -> Settings:
    """What is set; prints everything wrong and exits with 2 otherwise."""
    try:
        return read(environ)
    except SettingsError as error:
        refuse_settings(error)


def refuse_settings(error: SettingsError) -> NoReturn:
    """Print what is wrong and exit with 2."""
    click.echo(str(error), err=True)
    sys.exit(2)
