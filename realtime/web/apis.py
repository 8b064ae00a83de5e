"""All of `/api/v1`: what is served, and described in its document."""

from realtime.web.api_activity import activity_api
from realtime.web.api_definitions import definitions_api
from realtime.web.api_experiments import experiments
from realtime.web.api_job import job_api
from realtime.web.api_jobs import jobs_api
from realtime.web.api_many import many_api
from realtime.web.api_overview import overview_api
from realtime.web.api_table import table_api
from realtime.web.api_try import try_api

APIS = (
    experiments,
    definitions_api,
    table_api,
    jobs_api,
    many_api,
    job_api,
    try_api,
    activity_api,
    overview_api,
)
