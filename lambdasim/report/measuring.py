"""How a user can find out, on an account of his own, what an entry of the parameter book assumes."""

from __future__ import annotations

_AHEAD = (
    "write to the log how long after its init an environment has its first invocation: where seconds lie between, it "
    "was started ahead"
)
_WAYS = {  # by the end of a path, or its beginning: the first that fits
    "/surplus_idle_timeout": "call a function twice at once, then once a minute; after pauses that grow call it twice "
    "again, and see from which pause on the second call's REPORT line has an Init Duration",
    "/idle_timeout": "call a function after pauses that grow, and see from which pause on its REPORT line has an Init "
    "Duration",
    "/maximum_lifetime": "keep a function busy for a day; write its environments' age (the time since their init) to "
    "the log, and see at which age they are replaced",
    "/recycle_rate": "write the environments' age (the time since their init) to the log of a function that is kept "
    "busy, and count those that go long before the others",
    "/proactive_on_retirement": _AHEAD,
    "/proactive_otherwise": _AHEAD,
    "cold_starts/snap_start_restore": "read Restore Duration and Billed Restore Duration off the function's REPORT "
    "lines",
    "cold_starts/zip_fetch": "deploy the function with and without some MB that nobody reads, and compare what callers "
    "wait for cold starts",
    "cold_starts/": "switch X-Ray on: of a cold start, it is what passes before Initialization begins",
    "triggers/sqs/pollers": "throttle a test function, or let it fail, and read its ConcurrentExecutions off "
    "CloudWatch, minute by minute",
    "triggers/": "write the time of sending into each event, and compare it with the time when the handler starts",
    "scaling/": "load a test function beyond the limit, in an account with the same quota, and read Throttles off "
    "CloudWatch",
    "provisioned/": "compare the times of alarms in CloudWatch with those of Application Auto Scaling's activities",
    "deployments/": "compare the time of the alarm with those of the deployment's events in CodeDeploy",
    "prices/": "look the price up in the AWS Price List for your Region",
    "billing/": "compare the Cost and Usage Report of a test function with its REPORT lines",
    "arrivals/": "read Invocations off CloudWatch for a week, and replay them as a trace",
}


def how_to_measure(path: str) -> str:
    """A way to measure what stands at ``path`` of the book.

    >>> how_to_measure("prices/eu-west-1/requests")
    'look the price up in the AWS Price List for your Region'
    """
    ways = (way for part, way in _WAYS.items() if path.endswith(part) or path.startswith(part))
    return next(ways, "try it on a test function, or ask AWS Support")
