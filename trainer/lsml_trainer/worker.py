"""The training loop, and the process around it: what a worker pod runs. The mathematics is in `algorithms`."""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event

from lsml_trainer.algorithms import create, draws_rows, learns_classes, predictor
from lsml_trainer.data import load_problem
from lsml_trainer.data.sparse_shard import readable
from lsml_trainer.data.timed import Stopwatch, timed
from lsml_trainer.elastic.checkpoint_keeper import CheckpointKeeper, keeping
from lsml_trainer.elastic.folder_ledger import keeping_ledger
from lsml_trainer.elastic.plan import ALONE, TeamPlan, opened, plan_of
from lsml_trainer.elastic.position import Position
from lsml_trainer.elastic.session import Member
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.elastic.training import Journey
from lsml_trainer.elastic.travelling import travel
from lsml_trainer.ending import CRASHED, ending_of, write_ending
from lsml_trainer.errors import AskedToLeave
from lsml_trainer.evaluation import evaluate
from lsml_trainer.job_token import guard_of
from lsml_trainer.lines import Lines
from lsml_trainer.loading import load
from lsml_trainer.progress_server import serving
from lsml_trainer.reporting import Reporter
from lsml_trainer.saving import check_output, save_model
from lsml_trainer.spec import CLAIMS_FOLDER, PROGRESS_PORT, InvalidSpec, SavedModel, TrainingSpec, parse
from lsml_trainer.stores import store_of
from lsml_trainer.team_reports import telling


def do_job(
    training: TrainingSpec,
    output: str | os.PathLike[str] | None,
    reporter: Reporter,
    leave: Event,
    team: TeamPlan = ALONE,
    claims: Path = Path(CLAIMS_FOLDER),
) -> None:
    """Trains, evaluates and, with an `output`, saves the model, or predicts with one that was trained before.

    The reporter is told of it all; `leave` is looked at after each block. Raises what `ending.MEANINGS` lists.
    """
    reporter.enter("LoadingData")
    if training.model is not None:
        from lsml_trainer.predicting.job import predict_rows  # noqa: PLC0415  (imports pyarrow)

        assert training.predict is not None, "a rule: a model has rows to predict"
        predict_rows(training.model, training.predict, reporter, partial(_asked, leave), team, claims)
    else:
        _train(training, output, reporter, leave, team, claims)
    reporter.enter("Completed")


def _train(
    training: TrainingSpec,
    output: str | os.PathLike[str] | None,
    reporter: Reporter,
    leave: Event,
    team: TeamPlan,
    claims: Path,
) -> None:
    folder = store_of(output, claims) if output else None
    if folder:
        check_output(folder)
    family, data = training.learning
    team = replace(team, shards=data.shards or team.shards)
    classes, draws = learns_classes(family), draws_rows(family)
    problem = load_problem(data, learns_classes=classes, draws_rows=draws, shards=team.shards, claims=claims)
    algorithm = create(training, problem.shape)
    shards, reading = readable(problem.shards, algorithm), Stopwatch(time.monotonic)
    if data.memory is not None:
        shards = timed(shards, reading)
    reporter.loaded(problem.shape.rows, problem.skipped)

    predictions = None
    if training.predict is not None and folder is not None:
        from lsml_trainer.predicting.in_job import JobPredictions  # noqa: PLC0415  (imports pyarrow)

        load_own = partial(load, str(folder), trust_module=True)
        delimiter = data.train.delimiter
        predictions = JobPredictions(training.predict, load_own, problem.preprocessing, claims, delimiter=delimiter)

    def save(weights: Arrays) -> str:
        assert folder is not None
        return save_model(folder, training, problem, weights, evaluate(predictor(family, weights), problem))

    with (
        keeping(training, team.shards, claims, reporter.checkpointed) as keeper,
        keeping_ledger(training, team.shards, claims, team.name) as ledger,
    ):
        resume = keeper.resume if keeper else lambda: b""
        merges = training.reproducible == "statistical"
        shards_of = lambda held: shards[held.start : held.stop]  # noqa: E731  (a name for one expression)
        read_seconds = lambda: reading.seconds  # noqa: E731  (a name for one expression)
        journey = Journey(
            algorithm, shards_of, save if output else None, resume, predictions, ledger, read_seconds, merges=merges
        )
        reporter.enter("Training")
        end = journeyed(journey, team, leave, reporter, keeper)
    reporter.trained(algorithm, end.state)
    assert end.weights is not None

    reporter.enter("Evaluating")
    reporter.evaluated(evaluate(predictor(family, end.weights), problem))
    if end.digest is not None:
        reporter.saved(SavedModel(uri=training.output or str(folder), digest=end.digest))


def journeyed(
    journey: Journey, team: TeamPlan, leave: Event, reporter: Reporter, keeper: CheckpointKeeper | None
) -> Position:
    """The end of the journey; raises AskedToLeave, after a checkpoint where no other member is sure to go on."""
    last: Member | None = None
    kept: str | None = None
    waiting = partial(_asked, leave)

    def arrived(member: Member) -> None:
        nonlocal last
        last = member
        if journey.position.predicted.parts:
            reporter.predicting()
            waiting()
        if journey.position.weights is not None:
            return  # what is left takes less time than to train again
        reporter.worked(journey.step_seconds, journey.spent)
        reporter.stepped(journey.algorithm, journey.position.state, journey.taken_at)
        if keeper:
            keeper.offer(journey.give, journey.standing().step, journey.generation, is_first=member.rank == 0)
        waiting()

    def keep() -> str:
        at = journey.standing()
        if keeper is None or not at.phase or last is None or last.rank > 0:
            return ""
        saved = keeper.write_now(journey.give(), at.step, journey.generation)
        return f"; {saved.problem}" if saved.problem else f"; its checkpoint is in {saved.uri}"

    try:
        with opened(team, journey, waiting) as session:
            try:
                return travel(journey, session, time.monotonic, arrived)
            except AskedToLeave:
                if last is not None and last.size == 1:  # who comes next waits for it, and would begin without it
                    kept = keep()
                raise
    except AskedToLeave as asked:  # the others go on already: they do not wait for the checkpoint
        kept = keep() if kept is None else kept
        step = journey.standing().step
        raise AskedToLeave(f"{asked} after step {step}; the next worker takes its place{kept}") from None


def _asked(leave: Event) -> None:
    if leave.is_set():
        raise AskedToLeave("asked to leave (SIGTERM)")


def run_worker(environ: Mapping[str, str], leave: Event, write: Callable[[str], None]) -> int:
    """A worker pod's life from its environment; the process's exit code. Writes the termination message.

    LSML_SPEC holds the specification as JSON; LSML_ADDRESS and LSML_PORT say where progress is served, LSML_CLAIMS
    where claims are mounted, LSML_TERMINATION_LOG where the message goes, LSML_REPORT_TO (HOST:PORT) whom it is told;
    `TeamPlan` has the variables of a team, `guard_of` those of who is answered.
    """
    reporter = Reporter(time.monotonic, lambda: datetime.now(UTC), Lines(write, time.monotonic))
    address = environ.get("LSML_ADDRESS", "0.0.0.0")  # noqa: S104  (a pod's port is there to be asked; a policy guards it)
    error: BaseException | None = None
    try:
        plan, guard = plan_of(environ), guard_of(environ)
        port = int(environ.get("LSML_PORT", PROGRESS_PORT))
        with (
            serving(address, port, lambda: reporter.current, guard=guard),
            telling(environ.get("LSML_REPORT_TO"), plan.name, lambda: reporter.current, guard.token),
        ):
            training = specification(environ)
            claims = Path(environ.get("LSML_CLAIMS", CLAIMS_FOLDER))
            do_job(training, training.output, reporter, leave, plan, claims)
    except BaseException as any_error:  # the one place: whatever happens becomes an exit code and a sentence
        error = any_error
    code, ending = ending_of(error, reporter.current)
    if error is not None:
        write(ending.message)
    if code == CRASHED:
        traceback.print_exception(error, file=sys.stderr)
    write_ending(Path(environ.get("LSML_TERMINATION_LOG", "/dev/termination-log")), ending)
    return code


def specification(environ: Mapping[str, str]) -> TrainingSpec:
    """The specification in LSML_SPEC; raises InvalidSpec."""
    try:
        document = json.loads(environ["LSML_SPEC"])
    except KeyError:
        raise InvalidSpec("LSML_SPEC is not set; it holds the specification as JSON") from None
    except json.JSONDecodeError as error:
        raise InvalidSpec(f"LSML_SPEC is not JSON: {error}") from None
    return parse(TrainingSpec, document)
