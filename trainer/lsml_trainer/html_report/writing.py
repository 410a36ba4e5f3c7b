"""`lsml run --report`: the report of a training from what was recorded and, where it was saved, the model."""

from pathlib import Path

from lsml_trainer.algorithms import learns_classes
from lsml_trainer.atomic import fresh_file
from lsml_trainer.data import load_problem
from lsml_trainer.errors import OutputUnavailable
from lsml_trainer.evaluation import rows_to_measure
from lsml_trainer.html_report.details import class_details, number_details
from lsml_trainer.html_report.page import Details, page
from lsml_trainer.html_report.recording import Recorder
from lsml_trainer.loading import load
from lsml_trainer.spec import TrainingSpec


def write_report(
    file: Path, name: str, training: TrainingSpec, recorded: Recorder, model: str | Path | None, claims: Path
) -> None:
    """Writes the file, whole or not at all; raises OutputUnavailable."""
    assert recorded.last is not None, "a training reports at least its stages"
    details = None if model is None else _details(training, model, claims)
    content = page(name, training, recorded.points, recorded.last, details)
    try:
        with fresh_file(file) as out:
            out.write(content.encode())
    except OSError as error:
        raise OutputUnavailable(f"{file} cannot be written: {error.strerror or error}") from error


def _details(training: TrainingSpec, folder: str | Path, claims: Path) -> Details:
    """Of the rows that the model was measured on."""
    model = load(folder, trust_module=True)  # trained here, just now
    algorithm, data = training.learning
    problem = load_problem(data, learns_classes=learns_classes(algorithm), claims=claims)
    if problem.classes is None:
        return number_details(model.predictor, rows_to_measure(problem, model.predictor))
    return class_details(model.predictor, rows_to_measure(problem, model.predictor), tuple(map(str, problem.classes)))
