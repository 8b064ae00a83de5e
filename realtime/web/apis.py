"""All of `/api/v1`: what is served, and described in its document."""

from realtime.web.api_activity import activity_api
from realtime.web.api_definitions import definitions_api
from realtime.web.api_experiments import experiments
from realtime.web.api_explanation import explanation_api
from realtime.web.api_history import history_api
from realtime.web.api_job import job_api
from realtime.web.api_jobs import jobs_api
from realtime.web.api_log import log_api
from realtime.web.api_many import many_api
from realtime.web.api_overview import overview_api
from realtime.web.api_shift import shift_api
from realtime.web.api_table import table_api
from realtime.web.api_try import try_api
from realtime.web.api_wall import wall_api

APIS = (
    experiments,
    definitions_api,
    table_api,
    jobs_api,
    many_api,
    job_api,
    log_api,
    history_api,
    explanation_api,
    try_api,
    activity_api,
    overview_api,
    shift_api,
    wall_api,
)
