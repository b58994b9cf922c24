"""How long pages of the Dagster UI take with many batches of many cooperatives.

Run `python benchmarks/ui.py FOLDER [--batches 200]` on a programme whose first batch `koop migrate` brought through, in
a Python that has Playwright besides (`pip install playwright`; Chromium is taken from /usr/bin/chromium). The folder
gets further batches, each with the cooperatives of the first and a run of its own with every event of the first one's:
steps, materializations, checks. Then the UI is started as `koop ui` starts it, and each page is opened three times in a
fresh browser context: seconds until its own content is there, and a picture.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.utils import make_new_run_id
from dagster._serdes import deserialize_value, serialize_value
from measure import machine
from playwright.sync_api import Browser, Page, sync_playwright

from koop_pipeline.defs.instance import dagster_home, prepare_ui
from koop_pipeline.program.folder import ProgramFolder

PORT = 3107
TURNS = 3
SOON = 60_000


def fill(folder: ProgramFolder, count: int) -> str:
    """Bring the folder to `count` batches; the id of the first batch's run."""
    first = folder.batch_names[0]
    source = (folder.root / "batches" / f"{first}.yaml").read_text(encoding="utf-8")
    names = [f"gelombang-{number:02d}" for number in range(1, count + 1)]
    fresh = [name for name in names if name not in folder.batch_names]
    for name in fresh:
        text = source.replace(f"batch: {first}", f"batch: {name}", 1)
        (folder.root / "batches" / f"{name}.yaml").write_text(text, encoding="utf-8")
    with dg.DagsterInstance.from_config(str(dagster_home(folder))) as instance:
        runs = instance.get_runs(
            filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], tags={"dagster/partition": first})
        )
        instance.add_dynamic_partitions("batch", names)
        for name in fresh:
            repeat(instance, runs[0], first, name)
        return runs[0].run_id


def repeat(instance: dg.DagsterInstance, run: dg.DagsterRun, first: str, name: str) -> None:
    """Store the run of the first batch once more, with all its events, as that of the batch `name`."""
    fresh_id = make_new_run_id()

    def again(value: Any) -> Any:
        text = serialize_value(value).replace(run.run_id, fresh_id).replace(f'"{first}"', f'"{name}"')
        return deserialize_value(text)

    instance.add_run(again(run))
    for entry in instance.all_logs(run.run_id):
        instance.event_log_storage.store_event(again(entry))


def until(text: str, number: int = 0) -> Callable[[Page], None]:
    """Wait for a text to be seen, or for the place with this number that has it."""
    return lambda page: page.get_by_text(text, exact=True).filter(visible=True).nth(number).wait_for(timeout=SOON)


def seconds(browser: Browser, url: str, there: Callable[[Page], None], picture: Path) -> float:
    """From asking for the page until it is there."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url, timeout=SOON)
    there(page)
    taken = time.perf_counter() - started
    page.wait_for_timeout(1500)
    page.screenshot(path=str(picture))
    context.close()
    return taken


def wait_for(url: str) -> float:
    """Seconds until the server answers."""
    started = time.perf_counter()
    while time.perf_counter() - started < 180:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return time.perf_counter() - started
    raise SystemExit("the UI did not start")


def main() -> None:
    """Fill, start, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--batches", type=int, default=200)
    asked = parser.parse_args()
    folder = ProgramFolder(asked.folder)
    run = fill(folder, asked.batches)
    pictures = Path(tempfile.mkdtemp(prefix="koop-ui-"))
    base = f"http://127.0.0.1:{PORT}"
    pages: dict[str, tuple[str, Callable[[Page], None]]] = {
        "asset graph": (f"{base}/asset-groups", until("verify", 1)),
        "a batch's run": (f"{base}/runs/{run}", until("RUN_SUCCESS")),
        "partitions of the job": (
            f"{base}/locations/koop_pipeline.definitions/jobs/migrate_batch/partitions",
            until(str(asked.batches)),
        ),
        "partitions of an asset": (f"{base}/assets/verdicts?view=partitions", until("gelombang-01")),
        "a partition of it": (f"{base}/assets/verdicts?view=partitions&partition=gelombang-02", until("seconds")),
    }
    environment = {**os.environ, **prepare_ui(folder)}
    command = [sys.executable, "-m", "dagster", "dev", "-m", "koop_pipeline.definitions", "-p", str(PORT)]
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    print(machine())
    print(f"{asked.batches} batches; pictures in {pictures}")
    try:
        print(f"{'start of the UI':<26}{wait_for(f'{base}/server_info'):>8.1f} s")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for name, (url, there) in pages.items():
                picture = pictures / f"{name.replace(' ', '-')}.png"
                taken = [seconds(browser, url, there, picture) for _ in range(TURNS)]
                print(f"{name:<26}{statistics.median(taken):>8.1f} s   (of {', '.join(f'{one:.1f}' for one in taken)})")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


if __name__ == "__main__":
    main()
