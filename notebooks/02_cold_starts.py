# %% [markdown]
# # How long does a cold start take, by runtime, package and architecture, and does the model say what was measured?
#
# A cold start has parts: Lambda places an environment and fetches the package, the runtime starts, and your own code
# initialises. REPORT's *Init Duration* is the last two. It was measured for hello-world functions of every runtime, as
# Zip packages and as container images, on x86_64 and on arm64, ten times a day over nine months: the project
# [lambda-perf](https://github.com/maxday/lambda-perf) publishes all values (Apache License 2.0). The simulator's book
# holds a mixture of two or three lognormal distributions for each, fitted to those values.
#
# **What to expect.** Simulated and measured quantiles should lie on the diagonal, from the first to the 99th
# percentile. This shows that the mixtures fit and that the engine draws from them. It can't show that another month, or
# your own function, looks the same: medians drift by some per cent a year.

# %%
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

import lambdasim

pd.options.display.precision = 3

# %% [markdown]
# ## What was measured
#
# A row for each runtime, package type and architecture: nine quantiles of the Init Duration in milliseconds, over all
# memory sizes, on which it does not depend.

# %%
measured = pd.read_csv("../tests/validation/data/init_quantiles.csv")
measured = measured[measured.path.str.startswith("init/")]
measured[["runtime", "package", "architecture"]] = measured.path.str.split("/", expand=True)[[1, 2, 3]]
measured = measured.set_index(["runtime", "package", "architecture"])
print(f"{len(measured)} combinations, {measured.starts.sum():,} cold starts from {measured.first_day.min()} on")

# %%
RUNTIMES = ["python3.13", "nodejs24.x", "java21", "dotnet8", "go@provided.al2023", "rust@provided.al2023"]
QUANTILES = {f"p{q}_ms": q / 100 for q in (1, 5, 25, 50, 75, 90, 95, 99)}
chosen = measured.loc[RUNTIMES]
chosen[["starts", "p50_ms", "p90_ms", "p99_ms"]].head(8)

# %% [markdown]
# ## The same, simulated
#
# The recordings deployed each function anew, so that each call met a cold start. Here environments are taken away a
# millisecond after their call, and calls come a second apart: all but a few of them start cold, too. A scenario is
# YAML, and JSON is YAML as well, so a program can write one.


# %%
def hello(runtime, package, architecture):
    """A hello-world function; `go@provided.al2023` is a language on the runtime that brings none."""
    language, _, identifier = runtime.rpartition("@")
    function = {"runtime": identifier, "package_type": package, "architecture": architecture}
    return (
        function | {"memory_size": 512, "handler": {"duration": "2 ms"}} | ({"language": language} if language else {})
    )


names = {"-".join(key).replace(".", "_").replace("@", "_"): key for key in chosen.index}
world = {
    "name": "hello-worlds",
    "duration": "2000 s",
    "lifecycle": {
        "idle_timeout": "1 ms",
        "surplus_idle_timeout": "1 ms",
        "proactive_initialization": {"on_retirement": "0%", "otherwise": "0%"},
    },
    "functions": {name: hello(*key) for name, key in names.items()},
    "triggers": {
        f"to-{name}": {"type": "direct", "target": name, "arrivals": {"constant": {"rate": "1/s"}}} for name in names
    },
}
result = lambdasim.simulate(lambdasim.parse_scenario(json.dumps(world)), seed=1)

calls = result.invocations.query("start_type == 'cold'")
inits = {names[name]: init / 1000 for name, init in calls.groupby("function", observed=True).init_us}
print(f"{len(calls):,} cold starts of {len(inits)} functions")

# %% [markdown]
# ## How far apart are they?
#
# A quantile of so many draws is itself uncertain; its 95 % interval lies between two order statistics (by the binomial
# distribution of how many draws fall below it). The measured quantiles come from several times as many values, and are
# taken as they are.


# %%
def compared(init, row):
    """Each quantile as measured and as simulated, with the simulated one's interval, in milliseconds."""
    ordered, n = np.sort(init), len(init)
    for column, share in QUANTILES.items():
        half = 1.96 * np.sqrt(n * share * (1 - share))
        low, high = (ordered[int(np.clip(n * share + side, 0, n - 1))] for side in (-half, half))
        simulated = np.quantile(ordered, share)
        yield column.removesuffix("_ms"), row[column], simulated, low, high, simulated / row[column] - 1


rows = [(*key, *each) for key in chosen.index for each in compared(inits[key], chosen.loc[key])]
columns = ["runtime", "package", "architecture", "quantile", "measured", "simulated", "low", "high", "off"]
quantiles = pd.DataFrame(rows, columns=columns)
medians = quantiles[quantiles["quantile"] == "p50"].set_index(["runtime", "package", "architecture"])
medians[["measured", "simulated", "low", "high"]].assign(off=medians.off.map("{:+.1%}".format))

# %%
sizes = quantiles.off.abs().groupby(quantiles["quantile"], sort=False)
pd.DataFrame({"off on average": sizes.mean(), "off at most": sizes.max()}).map("{:.1%}".format)

# %%
TICKS = [10, 20, 50, 100, 200, 500, 1000]
fig, panels = plt.subplots(2, 3, figsize=(9, 6.4), layout="constrained")
for runtime, axes in zip(RUNTIMES, panels.flat, strict=True):
    part = quantiles[quantiles.runtime == runtime]
    for (package, architecture), line in part.groupby(["package", "architecture"]):
        face, edge = ("none", "#D55E00") if package == "Image" else ("#0072B2", "#0072B2")
        spread = [line.simulated - line.low, line.high - line.simulated]
        axes.errorbar(
            *(line.measured, line.simulated, spread),
            fmt="s" if architecture == "arm64" else "o",
            color=edge,
            markerfacecolor=face,
            markersize=5,
            linewidth=1,
            label=f"{package}, {architecture}",
        )
    axes.axline((100, 100), slope=1, color="0.4", linewidth=0.8)
    axes.set(title=runtime, xscale="log", yscale="log", xlabel="measured (ms)", ylabel="simulated (ms)", aspect="equal")
    ends = part[["measured", "low", "high"]].to_numpy()
    axes.set(xlim=(ends.min() / 1.1, ends.max() * 1.1), ylim=(ends.min() / 1.1, ends.max() * 1.1))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator(TICKS))
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axis.set_minor_locator(NullLocator())
    axes.spines[["top", "right"]].set_visible(False)
fig.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
plt.show()

# %% [markdown]
# Quantile against quantile, from the first to the 99th percentile: on the diagonal the model starts as fast as AWS did.
# Filled marks are Zip packages, hollow ones container images; circles are x86_64, squares arm64. Bars are the intervals
# of the simulated quantiles.

# %%
inside = (quantiles.low <= quantiles.measured) & (quantiles.measured <= quantiles.high)
far = quantiles.loc[quantiles.off.abs().idxmax()]
print(f"{inside.mean():.0%} of the measured quantiles lie within the 95 % interval of the simulated one.")
print(f"Off most: {far['quantile']} of {far.runtime}, {far['package']}, {far.architecture},")
print(f"measured {far.measured:.0f} ms, simulated {far.simulated:.0f} ms [{far.low:.0f}, {far.high:.0f}].")
assert quantiles.off.abs().median() < 0.02
assert quantiles[quantiles["quantile"] == "p50"].off.abs().max() < 0.03

# %% [markdown]
# If the mixtures were the truth, nearly all would lie inside. They aren't quite: two or three bells can't follow every
# bump that generations of AWS's hosts have left in the recordings. At the median the difference is small beside the few
# per cent by which medians move from one year to the next. It is largest where a distribution has two crowds and a
# quantile falls into the gap between them: there hardly any start lies, and a few more or fewer move it far. A quantile
# in such a gap is a poor thing to promise anyone, measured or simulated.

# %% [markdown]
# ## What a caller waits for
#
# Init is not the whole wait. Before it come the platform's own part and the package's download, and after it the first
# call, in which just-in-time compilers still work. A month of nine languages at low traffic, from the scenarios that
# come with the simulator:

# %%
languages = lambdasim.simulate(lambdasim.load_scenario("../scenarios/which_runtime.yaml"))
lambdasim.figures.cold_starts_by_runtime(languages)

# %% [markdown]
# A row for each language: the box holds the middle half of its starts, the marks are percentiles. The platform's own
# part is alike in all of them; what sets them apart is Init.

# %%
lambdasim.figures.cold_start_phases(languages, function="dotnet")

# %% [markdown]
# The cold starts of one language, from the fastest to the slowest, by phase. The slowest ones are slow in the runtime's
# own init, whose distribution has a second crowd far from the first.

# %%
cold = languages.invocations.query("start_type == 'cold'")
cold.groupby("function", observed=True)[["wait_ms", "duration_ms"]].median().sort_values("wait_ms").round(0)

# %% [markdown]
# `wait_ms` is the cold start, `duration_ms` the first call after it. What was compiled ahead of time (Rust, Go, .NET
# AOT) initialises faster than the platform's own part takes; without that .NET pays again in its first call.

# %% [markdown]
# ## Packages
#
# A Zip package is fetched whole before Init begins; of an image only what is read is fetched, while Init waits for it.
# So a small function starts faster from a Zip package, and a heavy one from an image.

# %%
packages = lambdasim.simulate(lambdasim.load_scenario("../scenarios/image_or_zip.yaml"))
starts = packages.invocations.query("start_type == 'cold'").groupby("function", observed=True).wait_ms
waits = pd.DataFrame({"p50 (ms)": starts.median(), "p99 (ms)": starts.quantile(0.99)}).round(0)
waits

# %%
median = waits["p50 (ms)"]
assert median["zip-arm"] < median["zip-x86"] < median["image-x86"]
assert median["heavy-image"] < median["heavy-zip"]

# %% [markdown]
# ## What to try next
#
# - Your own function: measure its Init Duration in its log (`filter @type = "REPORT"` in CloudWatch Logs Insights) and
#   give it as `init: {duration: {quantiles: {p50: ..., p90: ..., p99: ..., max: ...}}}`.
# - All combinations, with many more draws of each: [results/validation/init.md](../results/validation/init.md).
# - `lambdasim runtimes` lists what was measured, and when each runtime's support ends.
# - [03_memory_and_runtime](03_memory_and_runtime.ipynb): what memory does to all this, and to the bill.
