#!/usr/bin/env python3
"""Imports accounts and a sales pipeline into the CRM over its HTTP API.

Accounts become organizations. Each row of the pipeline that names an account becomes an interaction with it, written by its sales
agent with a token of their own, so that the CRM gets to know the agents. Rows without an account are counted and left out. It can
be run again: what is there already stays as it is.

Needs Python 3.9 or later, and nothing else.
"""

import argparse
import collections
import concurrent.futures
import csv
import datetime
import json
import pathlib
import shlex
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

SYSTEM = "sales-pipeline"
# Where the columns of the accounts go.
MAPPING = {
    "account": "name",
    "id": "externalRef",
    "sector": "customFields.sector",
    "year_established": "customFields.yearEstablished",
    "revenue": "customFields.revenue",
    "employees": "customFields.employees",
    "office_location": "country",
    "subsidiary_of": "customFields.subsidiaryOf",
}
COLUMNS = {
    "accounts": {"account", "sector", "office_location"},
    "pipeline": {"opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date", "close_value"},
}
# What a stage means for the interaction.
STAGES = {
    "Won": ("completed", "won"),
    "Lost": ("completed", "lost"),
    "Engaging": ("in_progress", None),
    "Prospecting": ("planned", None),
}
ATTEMPTS = 8


class Failed(Exception):
    """Something that ends the import, in words for the operator."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=pathlib.Path, default="accounts.csv", help="default: %(default)s")
    parser.add_argument(
        "--pipeline", type=pathlib.Path, default="sales_pipeline.csv", help="default: %(default)s"
    )
    parser.add_argument("--url", default="http://localhost:5000", help="where the CRM is; default: %(default)s")
    parser.add_argument("--company", default="acme", help="the company, as tokens name it; default: %(default)s")
    parser.add_argument("--role", default="sales_rep", help="the role of the sales agents; default: %(default)s")
    parser.add_argument(
        "--token-command",
        default="crm-http token --company {company} --user {user} --role {role} --name {user}",
        help="prints an access token; {company}, {user} and {role} are filled in; default: %(default)s",
    )
    parser.add_argument("--threads", type=int, default=4, help="how many requests run at once; default: %(default)s")
    return parser.parse_args()


class Crm:
    """The CRM's API, as one caller."""

    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def call(self, method, path, body=None, content_type="application/json", headers=None):
        """The answer to a request; waits where the service asks for it."""
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        if body is not None:
            headers["Content-Type"] = content_type
        for attempt in range(1, ATTEMPTS + 1):
            request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503) or attempt == ATTEMPTS:
                    raise Failed(f"{method} {path}: {error.code} {said(error)}") from error
                time.sleep(float(error.headers.get("Retry-After") or 1))
            except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
                if attempt == ATTEMPTS:
                    raise Failed(f"{self.url} cannot be reached: {getattr(error, 'reason', error)}") from error
                time.sleep(min(2**attempt / 10, 5))
        raise Failed(f"{method} {path}: given up")


def said(error):
    """What a problem document says."""
    try:
        problem = json.load(error)
        faults = "; ".join(f"{fault.get('pointer') or fault.get('parameter')}: {fault['detail']}" for fault in problem.get("errors", []))
        return f"{problem['code']}: {faults or problem.get('detail', '')}"
    except (ValueError, KeyError):
        return error.reason


def rows(path, needed):
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = needed - set(reader.fieldnames or [])
            if missing:
                raise Failed(f"{path} has no column {', '.join(sorted(missing))}")
            return list(reader)
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}") from error


def token(options, user, role):
    values = {"company": options.company, "user": user, "role": role}
    command = [part.format(**values) for part in shlex.split(options.token_command)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}; --token-command says how to get a token") from error
    if done.returncode != 0:
        raise Failed(f"no token for {user}: {done.stderr.strip() or 'the command failed'}")
    return done.stdout.strip()


def import_accounts(crm, accounts):
    """All accounts in one file. Each is found again by its name."""
    text = Text()
    writer = csv.DictWriter(text, list(MAPPING), extrasaction="ignore")
    writer.writeheader()
    for account in accounts:
        writer.writerow({**account, "id": account["account"]})
    cut = "sales-pipeline-cut"
    parts = [("mapping", None, json.dumps(MAPPING)), ("file", "accounts.csv", "".join(text.lines))]
    form = "".join(
        f'--{cut}\r\nContent-Disposition: form-data; name="{name}"'
        + (f'; filename="{file}"\r\nContent-Type: text/csv' if file else "")
        + f"\r\n\r\n{content}\r\n"
        for name, file, content in parts
    )
    query = urllib.parse.urlencode(
        {"mode": "upsert", "matchBy": "externalRef", "externalSystem": SYSTEM, "defaultKind": "organization"}
    )
    body = (form + f"--{cut}--\r\n").encode()
    report = crm.call("POST", f"/api/customers/import?{query}", body, f"multipart/form-data; boundary={cut}")
    if report["failed"]:
        raise Failed(f"{report['failed']} accounts were refused, first: {report['errors'][0]}")
    return report


class Text:
    """A file in memory."""

    def __init__(self):
        self.lines = []

    def write(self, line):
        self.lines.append(line)


def customer_of(crm, account):
    query = urllib.parse.urlencode({"system": SYSTEM, "id": account})
    return crm.call("GET", f"/api/customers/by-external?{query}")["id"]


def known(crm, customer):
    """The opportunities that are there already."""
    found, cursor = set(), None
    while True:
        query = {"limit": 100, "count": "none", **({"cursor": cursor} if cursor else {})}
        page = crm.call("GET", f"/api/customers/{customer}/interactions?{urllib.parse.urlencode(query)}")
        found.update(one["metadata"].get("opportunityId") for one in page["data"])
        cursor = page["pagination"]["nextCursor"]
        if not cursor:
            return found


def noon(date):
    """Noon in UTC: the same day in nearly all of the world."""
    return datetime.datetime.strptime(date, "%m/%d/%Y").strftime("%Y-%m-%dT12:00:00Z") if date else None


def interaction(row):
    if row["deal_stage"] not in STAGES:
        raise Failed(f"{row['opportunity_id']}: there is no stage {row['deal_stage']!r}")
    status, outcome = STAGES[row["deal_stage"]]
    engaged, closed = noon(row["engage_date"]), noon(row["close_date"])
    value = row["close_value"]
    return {
        "type": "meeting",
        "direction": "outbound",
        "subject": row["product"],
        "status": status,
        "outcome": outcome,
        "scheduledAt": engaged,
        "startedAt": engaged if status == "in_progress" else None,
        "completedAt": closed if status == "completed" else None,
        "metadata": {
            "opportunityId": row["opportunity_id"],
            "stage": row["deal_stage"],
            "product": row["product"],
            "closeValue": int(value) if value else None,
        },
    }


class Progress:
    """A line on standard error now and then."""

    def __init__(self, total):
        self.total, self.done, self.lock, self.said = total, 0, threading.Lock(), time.monotonic()

    def one_more(self):
        with self.lock:
            self.done += 1
            if time.monotonic() - self.said > 2:
                self.said = time.monotonic()
                print(f"{self.done} of {self.total} interactions", file=sys.stderr)


def import_pipeline(options, crm, pipeline):
    named = [row for row in pipeline if row["account"]]
    there = set()
    with concurrent.futures.ThreadPoolExecutor(options.threads) as pool:
        names = sorted({row["account"] for row in named})
        customers = dict(zip(names, pool.map(lambda name: customer_of(crm, name), names)))
        for found in pool.map(lambda customer: known(crm, customer), customers.values()):
            there |= found
        missing = [row for row in named if row["opportunity_id"] not in there]
        agents = sorted({row["sales_agent"] for row in missing})
        crms = {agent: Crm(options.url, token(options, agent, options.role)) for agent in agents}
        progress = Progress(len(missing))

        def add(row):
            path = f"/api/customers/{customers[row['account']]}/interactions"
            key = {"Idempotency-Key": f"{SYSTEM}-{row['opportunity_id']}"}
            crms[row["sales_agent"]].call("POST", path, json.dumps(interaction(row)).encode(), headers=key)
            progress.one_more()

        try:
            for _ in pool.map(add, missing):
                pass
        except BaseException:
            # The first failure ends it; what is there by then is found again.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return len(missing), len(named) - len(missing), len(pipeline) - len(named)


def main():
    options, started = arguments(), time.monotonic()
    accounts, pipeline = rows(options.accounts, COLUMNS["accounts"]), rows(options.pipeline, COLUMNS["pipeline"])
    crm = Crm(options.url, token(options, "Pipeline Import", "manager"))
    report = import_accounts(crm, accounts)
    added, present, without = import_pipeline(options, crm, pipeline)
    print(f"accounts: {report['created']} created, {report['updated']} updated, {report['unchanged']} unchanged")
    print(f"interactions: {added} added, {present} there already")
    print(f"skipped: {without} rows without an account")
    stages = collections.Counter(row["deal_stage"] for row in pipeline if row["account"])
    print("stages: " + ", ".join(f"{count} {stage}" for stage, count in stages.most_common()))
    print(f"took {time.monotonic() - started:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"import.py: {failure}")
    except KeyboardInterrupt:
        sys.exit("import.py: stopped; run it again to go on")
