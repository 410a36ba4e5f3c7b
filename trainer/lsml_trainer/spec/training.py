"""The part of a TrainingJob that a trainer needs: all of it that does not speak of machines."""

from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from lsml_trainer.spec.algorithm import Algorithm
from lsml_trainer.spec.base import Rule, SpecModel
from lsml_trainer.spec.checkpoint import Checkpoint
from lsml_trainer.spec.container import Container
from lsml_trainer.spec.data import Data
from lsml_trainer.spec.predict import Predict, TrainedModel
from lsml_trainer.spec.storage import FolderUri, OutputUri

OF_A_TRAINING = {"data", "output", "checkpoint", "seed", "reproducible", "ledger"}
OF_OUR_TRAINER = OF_A_TRAINING | {"predict"}


class Learning(NamedTuple):
    """What is learned, and from what."""

    algorithm: Algorithm
    data: Data


class TrainingSpec(SpecModel):
    """What to train, on what, and where the model goes."""

    algorithm: Algorithm | None = None
    """What is learned; exactly one family. It cannot be changed after the job was created. Needed, but for a job that
    predicts with a model.
    """
    model: TrainedModel | None = None
    """Instead of algorithm and data: a model that was trained before, which predicts the rows of predict. It cannot be
    changed after the job was created.
    """
    data: Data | None = None
    """What is learned from; needed with an algorithm, but for algorithm.container. It cannot be changed after the job
    was created.
    """
    output: OutputUri | None = None
    """The folder that receives the finished model: pvc://CLAIM/FOLDER, s3://BUCKET/FOLDER, gs://BUCKET/FOLDER, or
    file:///FOLDER on a volume of the template; without it only the evaluation is kept. A bucket's credentials come from
    a secret, by workers.template.envFrom. It cannot be changed after the job was created.
    """
    checkpoint: Checkpoint | None = None
    """Where and how often the state of the training is kept. Default: it is not; training starts anew when every worker
    was lost.
    """
    ledger: FolderUri | None = None
    """A folder for the proof that every row was consumed exactly once: which step consumed which rows, in which team,
    by which worker; `lsml verify-ledger` checks it. A job needs a folder of its own: pvc://CLAIM/FOLDER, or
    file:///FOLDER on a volume of the template, not inside of output. It cannot be changed after the job was created.
    Default: none is written.
    """
    predict: Predict | None = None
    """Rows that the finished model predicts. It cannot be changed after the job was created. Default: none."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Of the shuffles, the first weights and dropout: the same seed gives the same model. Default: 0."""
    reproducible: Literal["bitwise", "statistical"] = "bitwise"
    """What of the model may depend on the machines. With bitwise nothing, on processors of one kind: its bits are the
    same for any number of workers that come and go. With statistical a worker computes with all its shards at once,
    with which small networks learn up to several times faster: every row still counts exactly once, in the same steps,
    and results are equal but for rounding; dropout and batch norm of network.module are then as random, but not the
    same, for another number of workers. It cannot be changed after the job was created. Default: bitwise.
    """

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.algorithm) != has(self.model)",
            message="set algorithm, to train a model, or model, to predict with one that was trained before",
            holds=lambda m: len(m.model_fields_set & {"algorithm", "model"}) == 1,
        ),
        Rule(
            cel="!has(self.model) || has(self.predict)",
            message="model needs predict: the rows that it predicts, and where they go",
            holds=lambda m: m.model is None or m.predict is not None,
            field="model",
        ),
        Rule(
            cel="!has(self.model) || !(has(self.data) || has(self.output) || has(self.checkpoint) || "
            "has(self.seed) || has(self.reproducible) || has(self.ledger))",
            message="model was trained before; take out data, output, checkpoint, seed, reproducible and ledger",
            holds=lambda m: m.model is None or m.model_fields_set.isdisjoint(OF_A_TRAINING),
            field="model",
        ),
        Rule(
            cel="!has(self.algorithm) || has(self.data) || has(self.algorithm.container)",
            message="data is needed: it says what is learned from; only algorithm.container brings its own",
            holds=lambda m: m.algorithm is None or "data" in m.model_fields_set or m.container is not None,
            field="data",
        ),
        Rule(
            cel="!has(self.algorithm) || !has(self.algorithm.container) || "
            "!(has(self.data) || has(self.output) || has(self.checkpoint) || "
            "has(self.predict) || has(self.seed) || has(self.reproducible) || has(self.ledger))",
            message="algorithm.container reads its data and keeps its model by itself; take out data, output, "
            "checkpoint, predict, seed, reproducible and ledger",
            holds=lambda m: m.container is None or m.model_fields_set.isdisjoint(OF_OUR_TRAINER),
            field="algorithm",
        ),
        Rule(
            cel="!has(self.checkpoint) || !has(self.output)"
            " || !(self.checkpoint.uri + '/').startsWith(self.output + '/')",
            message="checkpoint.uri is inside of output, which holds a model and nothing else; name a folder beside it",
            holds=lambda m: not m.checkpoint or not m.output or not f"{m.checkpoint.uri}/".startswith(f"{m.output}/"),
            field="checkpoint",
        ),
        Rule(
            cel="!has(self.ledger) || !has(self.output) || !(self.ledger + '/').startsWith(self.output + '/')",
            message="ledger is inside of output, which holds a model and nothing else; name a folder beside it",
            holds=lambda m: not m.ledger or not m.output or not f"{m.ledger}/".startswith(f"{m.output}/"),
            field="ledger",
        ),
        Rule(
            cel="!has(self.predict) || has(self.output) || has(self.model)",
            message="predict needs output, the folder that keeps the model; name one",
            holds=lambda m: not m.predict or m.output is not None or m.model is not None,
            field="predict",
        ),
        Rule(
            cel="!has(self.predict) || !has(self.output) || !(self.predict.output + '/').startsWith(self.output + '/')",
            message="predict.output is inside of output, which holds a model and nothing else; name a folder beside it",
            holds=lambda m: not m.predict or not m.output or not f"{m.predict.output}/".startswith(f"{m.output}/"),
            field="predict",
        ),
        Rule(
            cel="!has(self.predict) || !has(self.model)"
            " || !(self.predict.output + '/').startsWith(self.model.from + '/')",
            message="predict.output is inside of model.from, which holds a model and nothing else; name a folder "
            "beside it",
            holds=lambda m: not m.predict or not m.model or not f"{m.predict.output}/".startswith(f"{m.model.source}/"),
            field="predict",
        ),
    )

    @property
    def learning(self) -> Learning:
        """Of a job that trains with our trainer: a rule says that it has both."""
        assert self.algorithm is not None, "a model has learned already"
        assert self.data is not None, "a container has data of its own"
        return Learning(self.algorithm, self.data)

    @property
    def container(self) -> Container | None:
        """The user's own program, where there is one."""
        return None if self.algorithm is None else self.algorithm.container
