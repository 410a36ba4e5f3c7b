"""What can be trained: the specification's models. Light: imports neither torch nor numpy."""

from lsml_trainer.spec.algorithm import Algorithm
from lsml_trainer.spec.base import Choice, InvalidSpec, Rule, SpecModel, exactly_one_sentence, parse
from lsml_trainer.spec.checkpoint import Checkpoint
from lsml_trainer.spec.container import Container
from lsml_trainer.spec.data import BUILTIN_NAMES, Categorical, Data, HeldOut, Synthetic, TrainData
from lsml_trainer.spec.deep_learning import (
    AdamOptimizer,
    AdamwOptimizer,
    DeepLearning,
    Mlp,
    Network,
    Optimizer,
    SgdOptimizer,
)
from lsml_trainer.spec.gradient_descent import GradientDescent
from lsml_trainer.spec.predict import Predict, PredictData, TrainedModel
from lsml_trainer.spec.report import (
    PROGRESS_PORT,
    TERMINATION_MESSAGE_BYTES,
    CheckpointReport,
    Ending,
    Evaluation,
    Exit,
    LossTrend,
    Metric,
    Progress,
    Report,
    SavedCheckpoint,
    SavedModel,
    Teammate,
    TimeShares,
)
from lsml_trainer.spec.sgd import LearningRateSchedule, Sgd
from lsml_trainer.spec.storage import CLAIMS_FOLDER, BucketFolder, ClaimFolder, OutputUri, bucket_folder_of, claim_of
from lsml_trainer.spec.svm import Svm
from lsml_trainer.spec.training import TrainingSpec

__all__ = [
    "BUILTIN_NAMES",
    "CLAIMS_FOLDER",
    "PROGRESS_PORT",
    "TERMINATION_MESSAGE_BYTES",
    "AdamOptimizer",
    "AdamwOptimizer",
    "Algorithm",
    "BucketFolder",
    "Categorical",
    "Checkpoint",
    "CheckpointReport",
    "Choice",
    "ClaimFolder",
    "Container",
    "Data",
    "DeepLearning",
    "Ending",
    "Evaluation",
    "Exit",
    "GradientDescent",
    "HeldOut",
    "InvalidSpec",
    "LearningRateSchedule",
    "LossTrend",
    "Metric",
    "Mlp",
    "Network",
    "Optimizer",
    "OutputUri",
    "Predict",
    "PredictData",
    "Progress",
    "Report",
    "Rule",
    "SavedCheckpoint",
    "SavedModel",
    "Sgd",
    "SgdOptimizer",
    "SpecModel",
    "Svm",
    "Synthetic",
    "Teammate",
    "TimeShares",
    "TrainData",
    "TrainedModel",
    "TrainingSpec",
    "bucket_folder_of",
    "claim_of",
    "exactly_one_sentence",
    "parse",
]
