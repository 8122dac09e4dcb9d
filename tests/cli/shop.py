"""The scenario that the tests of the command run."""

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
