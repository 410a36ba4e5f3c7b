"""What a command imports to speak to a cluster: people wait for it each time."""

import json
import os
import subprocess
import sys
from pathlib import Path

LOOK = """
import asyncio, json, sys
from lsml_operator.cli.connect import connected
from lsml_operator.cli.options import Where

async def look():
    async with connected(Where(None, None, None)) as connection:
        return connection.client.api_client.configuration.host

print(json.dumps([asyncio.run(look()), sorted({name.partition(".")[0] for name in sys.modules})]))
"""
HEAVY = {"requests", "oauthlib", "requests_oauthlib", "kopf", "torch", "numpy"}


def test_a_command_that_connects_imports_no_second_client(tmp_path: Path) -> None:
    cluster = {"name": "a", "cluster": {"server": "https://127.0.0.1:9"}}
    context = {"name": "a", "context": {"cluster": "a", "user": "a"}}
    config = {
        "clusters": [cluster],
        "contexts": [context],
        "current-context": "a",
        "users": [{"name": "a", "user": {}}],
    }
    head = {"apiVersion": "v1", "kind": "Config"}
    (tmp_path / "config").write_text(json.dumps(head | config))
    environment = os.environ | {"KUBECONFIG": str(tmp_path / "config")}
    ran = subprocess.run([sys.executable, "-c", LOOK], env=environment, check=True, capture_output=True, text=True)
    host, modules = json.loads(ran.stdout)
    assert host == "https://127.0.0.1:9"
    assert HEAVY.isdisjoint(modules)
