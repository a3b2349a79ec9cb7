"""Alerts and dashboard watch the metrics that the service has: every one that is documented, and no other."""

import json
import pathlib
import re
import sys

import yaml

PAGE = pathlib.Path("docs/operations.md")
METRIC = re.compile(r"\b((?:crm|process|um)_[a-z_]+)\b")
# What Prometheus adds to the name of a histogram.
PARTS = re.compile(r"_(bucket|count|sum)$")


def documented():
    return set(re.findall(r"^\| `((?:crm|process|um)_[a-z_]+)` \|", PAGE.read_text().split("\n## Metrics")[1].split("\n## ")[0], re.MULTILINE))


def watched(expressions):
    return {PARTS.sub("", name) for expression in expressions for name in METRIC.findall(expression)}


rules = [rule for group in yaml.safe_load(pathlib.Path("deploy/prometheus/alerts.yml").read_text())["groups"] for rule in group["rules"]]
scrapes = yaml.safe_load(pathlib.Path("deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
dashboards = [json.loads(path.read_text()) for path in sorted(pathlib.Path("deploy/grafana/dashboards").glob("*.json"))]
shown = watched(target["expr"] for dashboard in dashboards for panel in dashboard["panels"] for target in panel["targets"])
alerted = watched(rule["expr"] for rule in rules)

faults = [f"the dashboard shows {name}, which is not documented" for name in sorted(shown - documented())]
faults += [f"an alert watches {name}, which is not documented" for name in sorted(alerted - documented())]
faults += [f"the dashboard does not show {name}" for name in sorted(documented() - shown)]
faults += [f"{rule['alert']} says not what to do" for rule in rules if not {"summary", "description"} <= rule["annotations"].keys()]
faults += [f"{scrape['job_name']} is scraped nowhere" for scrape in scrapes if not scrape.get("static_configs")]
ids = [(dashboard["uid"], panel["id"]) for dashboard in dashboards for panel in dashboard["panels"]]
faults += ["two panels have one id"] if len(set(ids)) < len(ids) else []
print("\n".join(faults) or f"{len(rules)} alerts and {len(ids)} panels watch {len(documented())} metrics")
sys.exit(bool(faults))
