"""The scenarios that the tests of the command, and of what-if pages, run."""

WORLD = """\
name: shop
seed: 3
duration: 10m
functions:
  api: {runtime: python3.13, memory_size: 512, handler: {duration: 80 ms}}
  idle: {runtime: nodejs22.x, handler: {duration: 1 s}}
triggers:
  web: {type: api_gateway, target: api, arrivals: {poisson: {rate: 2/s}}}
"""

VARYING = """\
name: shop
seed: 3
duration: 1m
functions:
  api: {runtime: python3.13, memory_size: 512, handler: {duration: {lognormal: {median: 80 ms, p99: 300 ms}}}}
triggers:
  web: {type: api_gateway, target: api, arrivals: {poisson: {rate: 2/s}}}
"""
"""A shop of one function, whose durations vary."""
