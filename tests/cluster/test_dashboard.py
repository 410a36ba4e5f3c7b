"""The dashboard as a person meets it: a process that knows a real API server, in a real browser."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cluster.api import AT_ONCE, MERGE, Api, Object, path_of
from cluster.browser import MOST_MS, Complaints, a_browser, kept
from cluster.objects import a_job
from cluster.process import DashboardProcess
from cluster.showcase import a_status, many
from cluster.space import Space
from cluster.viewer import a_viewer
from localcluster import Cluster

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def dashboard(cluster: Cluster, api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    made = DashboardProcess(cluster.kubeconfig, tmp_path_factory.mktemp("dashboard") / "log")
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as running:
        yield running


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Of every page that a test opens; there must be none."""
    heard = Complaints()
    yield heard
    assert heard == []


@pytest.fixture
def visit(browser: Browser, dashboard: DashboardProcess, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Opens the page, signed in with a token."""
    contexts: list[BrowserContext] = []

    def go(token: str, width: int = 1300, scheme: str = "light", at: str = "#/") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        context.set_default_timeout(MOST_MS)
        contexts.append(context)
        page = context.new_page()
        complaints.listen(page)
        page.goto(f"{dashboard.url}/{at}")
        page.get_by_label("Token").fill(token)
        page.keyboard.press("Enter")
        return page

    expect.set_options(timeout=MOST_MS)
    yield go
    for context in contexts:
        context.close()


def put(space: Space, job: Object, status: Object | None = None) -> None:
    """A job, as an operator would have left it."""
    space.create(job)
    if status is not None:
        tell(space, job["metadata"]["name"], status)


def tell(space: Space, name: str, status: Object) -> None:
    """What an operator would have written."""
    space.api.request("PATCH", path_of("TrainingJob", space.name, name, "status"), {"status": status}, MERGE)


def names(page: Page) -> list[str]:
    """Of the jobs in the table, from above; also of those whose rows are out of sight, and so are not rendered."""
    return page.locator("tbody th a").all_text_contents()


def test_one_sees_the_jobs_that_kubectl_would_show(
    visit: Callable[..., Page], space: Space, new_space: Callable[[], Space], no_operator: None
) -> None:
    other = new_space()
    put(space, a_job("mine"), a_status())
    put(other, a_job("others"), a_status())

    page = visit(a_viewer(space))
    expect(page.get_by_role("row", name="mine")).to_contain_text("Running")
    assert names(page) == ["mine"]

    page.goto(f"{page.url.partition('#')[0]}#/{other.name}/others")
    expect(page.get_by_role("alert")).to_contain_text(f"may not list TrainingJobs in namespace {other.name}")
    other.discard()


def test_a_token_of_nobody_is_refused(visit: Callable[..., Page]) -> None:
    page = visit("nobody")
    expect(page.get_by_role("alert")).to_have_text("the cluster does not know this token, or it has expired")


def test_what_a_job_says_is_text_and_never_markup(visit: Callable[..., Page], space: Space, no_operator: None) -> None:
    put(space, a_job("iris"), a_status(diagnosis=EVIL))
    page = visit(a_viewer(space))
    expect(page.get_by_role("row", name="iris")).to_contain_text(EVIL)
    page.get_by_role("link", name="iris").click()
    expect(page.get_by_text(EVIL).first).to_be_visible()
    assert page.locator("img").count() == 0


def test_the_table_is_live_filtered_and_sorted(visit: Callable[..., Page], space: Space, no_operator: None) -> None:
    for number, name in enumerate(("ann", "bob", "cid")):
        put(space, a_job(name), a_status(loss=0.1 * (3 - number)))
    page = visit(a_viewer(space))
    expect(page.locator("tbody tr")).to_have_count(3)

    tell(space, "bob", a_status("Failed", loss=0.05))
    expect(page.locator("tbody tr").first).to_contain_text("Failed")  # what needs a look comes first
    assert names(page) == ["bob", "ann", "cid"]

    page.get_by_role("button", name="Loss").click()
    assert names(page) == ["bob", "cid", "ann"]
    page.get_by_role("button", name="Loss").click()
    assert names(page) == ["ann", "cid", "bob"]
    expect(page.get_by_role("columnheader", name="Loss")).to_have_attribute("aria-sort", "descending")

    page.get_by_role("button", name="Running").click()
    assert names(page) == ["ann", "cid"]
    page.get_by_label("Filter by name").fill("CI")
    assert names(page) == ["cid"]

    space.delete("TrainingJob", "cid")
    expect(page.get_by_text("No job is like that.")).to_be_visible()


def test_the_course_of_a_job(visit: Callable[..., Page], space: Space, no_operator: None) -> None:
    put(space, a_job("iris"), a_status(loss=0.9))
    page = visit(a_viewer(space), at=f"#/{space.name}/iris")
    expect(page.get_by_role("heading", name="iris")).to_be_visible()
    expect(page.get_by_text("Charts begin when")).to_be_visible()

    tell(space, "iris", a_status(loss=0.5, workers=3, restarts={"evictions": 1}))
    expect(page.get_by_label("loss: from 0.9 to 0.5")).to_be_visible()
    workers = page.get_by_role("group", name="Workers: 3 of 3 run now, eviction at")
    expect(workers).to_be_visible()
    expect(page.get_by_label("87% productive")).to_be_visible()

    workers.focus()
    page.keyboard.press("Home")
    expect(page.locator("figure", has=workers).get_by_role("status")).to_contain_text("4 of 4 run")

    space.delete("TrainingJob", "iris")
    expect(page.get_by_role("alert")).to_contain_text("There is no TrainingJob iris")


def test_it_is_used_by_keyboard_alone(visit: Callable[..., Page], space: Space, no_operator: None) -> None:
    put(space, a_job("iris"), a_status())
    page = visit(a_viewer(space))
    expect(page.get_by_role("link", name="iris")).to_be_visible()
    page.get_by_role("link", name="iris").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="iris")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#crumbs").get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="iris")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 390], ids=["wide", "narrow"])
def test_nothing_is_wider_than_the_window(
    visit: Callable[..., Page], space: Space, no_operator: None, scheme: str, width: int
) -> None:
    for job, status in many(9):
        put(space, job, status)
    page = visit(a_viewer(space), width, scheme)
    expect(page.locator("tbody tr")).to_have_count(9)
    kept(page, f"jobs-{scheme}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    tell(space, "covtype-svm-0000", a_status(loss=0.05, percent=41))
    page.goto(f"{page.url.partition('#')[0]}#/{space.name}/covtype-svm-0000")
    expect(page.get_by_role("group", name="loss")).to_be_visible()
    kept(page, f"job-{scheme}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_who_signs_out_is_forgotten(visit: Callable[..., Page], space: Space, no_operator: None) -> None:
    put(space, a_job("iris"), a_status())
    page = visit(a_viewer(space))
    expect(page.get_by_role("row", name="iris")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_thousand_jobs_are_shown(visit: Callable[..., Page], space: Space, no_operator: None) -> None:
    """How soon, tests/bench/top.py measures. An operator has seen each tenth."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [(job, status if number % 10 == 0 else None) for number, (job, status) in enumerate(many(1000))]
        list(pool.map(lambda made: put(space, *made), jobs))
    page = visit(a_viewer(space))
    expect(page.locator("tbody tr")).to_have_count(1000)
    shown = names(page)
    assert len(set(shown)) == 1000
    last = page.locator("tbody th a").last
    last.scroll_into_view_if_needed()
    expect(last).to_have_text(shown[-1], use_inner_text=True)  # rendered, once it is in sight
