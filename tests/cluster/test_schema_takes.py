"""What the API server takes: all that the trainer honours, at the ends of its bounds, and every example."""

from pathlib import Path

import pytest
import yaml

from cluster.api import DRY_RUN, Api, Object
from cluster.objects import A_CONTAINER, GRADIENT_DESCENT, MLP, SGD, a_job, an_svm, with_template

EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples"


def every_example() -> dict[str, Object]:
    """The TrainingJobs of all files, by the file's name."""
    documents = {file.name: list(yaml.safe_load_all(file.read_text())) for file in sorted(EXAMPLES.glob("*.yaml"))}
    return {name: job for name, jobs in documents.items() for job in jobs if job["kind"] == "TrainingJob"}


EVERYTHING_OF_A_TEMPLATE = with_template(
    labels={"team": "vision", "app.kubernetes.io/part-of": "lsml"},
    annotations={"example.com/why": "any text: {{ }} $(id)"},
    nodeSelector={"kubernetes.io/arch": "amd64"},
    tolerations=[
        {"operator": "Exists"},
        {"key": "spot", "value": "true", "effect": "NoExecute", "tolerationSeconds": 30},
    ],
    affinity={
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}]
            }
        },
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}
            ]
        },
    },
    priorityClassName="system-node-critical",
    runtimeClassName="nvidia",
    serviceAccountName="team-a.trainer",
    imagePullSecrets=[{"name": "registry.example.com"}],
    env=[
        {"name": "PLAIN", "value": "$(id) `id` {{ 7 * 7 }} ${HOME}"},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
    ],
    envFrom=[{"prefix": "S_", "secretRef": {"name": "s"}}, {"configMapRef": {"name": "c", "optional": True}}],
    volumes=[
        {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        {"name": "claim", "persistentVolumeClaim": {"claimName": "data", "readOnly": True}},
        {"name": "config", "configMap": {"name": "c", "items": [{"key": "k", "path": "a/b.txt"}]}},
        {"name": "secret", "secret": {"secretName": "s"}},
    ],
    volumeMounts=[
        {"name": "scratch", "mountPath": "/scratch"},
        {"name": "claim", "mountPath": "/data", "subPath": "2026/iris", "readOnly": True},
    ],
)

GOOD = {
    "no more than must be": a_job(),
    "a name of 50 characters": a_job("a" * 50),
    "a name of one character": a_job("a"),
    "an svm without parameters": a_job(algorithm={"svm": {}}),
    "a linear svm": a_job(algorithm=an_svm(kernel="linear", C=1e-6, tolerance=1e-9, maxIterations=1)),
    "a polynomial svm": a_job(algorithm=an_svm(kernel="poly", degree=20, coef0=-1.5, gamma=0.5)),
    "an svm with classes in balance": a_job(algorithm=an_svm(classWeight="balanced")),
    "an svm whose rare class counts more": a_job(algorithm=an_svm(classWeight={"yes": 5})),
    "an svm with probabilities": a_job(algorithm=an_svm(probability=True)),
    "probabilities of an approximation": a_job(
        algorithm=an_svm(loss="squared_hinge", probability=True, approximation={"nystrom": {"centres": 10}})
    ),
    "support vector regression": a_job(algorithm=an_svm(loss="epsilon_insensitive", epsilon=0)),
    "an svm with more memory for its kernel": a_job(algorithm=an_svm(kernel="rbf", cacheSize="2Gi")),
    "a squared hinge": a_job(algorithm=an_svm(loss="squared_hinge", kernel="linear", classWeight="balanced")),
    "an approximated kernel": a_job(
        algorithm=an_svm(kernel="poly", degree=2, loss="squared_hinge", approximation={"nystrom": {"centres": 16384}})
    ),
    "linear regression of a support vector machine": a_job(
        algorithm=an_svm(kernel="linear", loss="squared_epsilon_insensitive", epsilon=0.5)
    ),
    "gamma as a whole number": a_job(algorithm=an_svm(kernel="rbf", gamma=2)),
    "gamma by rule": a_job(algorithm=an_svm(kernel="rbf", gamma="auto", C=1e12)),
    "gradient descent": a_job(algorithm=GRADIENT_DESCENT),
    "gradient descent, all of it": a_job(
        algorithm={
            "gradientDescent": {
                "loss": "squared_hinge",
                "learningRate": 0.5,
                "iterations": 10**9,
                "tolerance": 1e-8,
                "momentum": 0.9,
                "nesterov": True,
                "alpha": 0,
            }
        }
    ),
    "gradient descent at its own rate": a_job(
        algorithm={"gradientDescent": {"loss": "log_loss", "learningRate": "auto"}}
    ),
    "Newton's method, classes weighed by a map": a_job(
        algorithm={"gradientDescent": {"loss": "log_loss", "method": "newton", "classWeight": {"yes": 5, "no": 0.5}}}
    ),
    "a lasso": a_job(algorithm={"gradientDescent": {"loss": "mse", "alpha": 1, "penalty": "l1"}}),
    "a ridge by Newton's method": a_job(
        algorithm={"gradientDescent": {"loss": "mse", "alpha": 1, "penalty": "l2", "method": "newton"}}
    ),
    "an elastic net": a_job(
        algorithm={"gradientDescent": {"loss": "mse", "alpha": 1, "penalty": "elasticnet", "l1Ratio": 0}}
    ),
    "classes in balance": a_job(algorithm={"gradientDescent": {"loss": "log_loss", "classWeight": "balanced"}}),
    "huber with a width": a_job(algorithm={"gradientDescent": {"loss": "huber", "epsilon": 1.35}}),
    "stochastic gradient descent": a_job(algorithm=SGD),
    "stochastic gradient descent, all of it": a_job(
        algorithm={
            "sgd": {
                "loss": "epsilon_insensitive",
                "penalty": "elasticnet",
                "alpha": 1e-5,
                "l1Ratio": 1,
                "epochs": 1,
                "batchSize": 10**7,
                "learningRate": {"schedule": "adaptive", "eta0": 0.1, "powerT": 0},
                "epsilon": 0,
                "average": True,
                "earlyStopping": True,
                "validationFraction": 0.5,
                "nIterNoChange": 1,
                "tolerance": 0,
            }
        }
    ),
    "sgd that waits for adaptive": a_job(
        algorithm={"sgd": {"loss": "hinge", "learningRate": {"schedule": "adaptive"}, "nIterNoChange": 10}}
    ),
    "sgd that stops when the loss does": a_job(
        algorithm={"sgd": {"loss": "hinge", "tolerance": 0.01, "nIterNoChange": 3, "classWeight": {"yes": 2}}}
    ),
    "a network": a_job(algorithm=MLP),
    "a linear network": a_job(
        algorithm={"deepLearning": {"network": {"mlp": {"hidden": []}}, "optimizer": {"sgd": {"learningRate": 1}}}}
    ),
    "a network, all of it": a_job(
        algorithm={
            "deepLearning": {
                "network": {"mlp": {"hidden": [65_536] * 32, "activation": "gelu", "dropout": 0.999}},
                "loss": "huber",
                "delta": 0.5,
                "optimizer": {"adamw": {"learningRate": 1e-4, "betas": [0, 0.99], "eps": 1e-12, "weightDecay": 0.1}},
                "schedule": {"cosine": {"endFactor": 0.1}},
                "warmupSteps": 100,
                "maxGradNorm": 1,
                "epochs": 1,
                "batchSize": 1,
                "accumulationSteps": 4,
            }
        }
    ),
    "a module of the user's, all of it": a_job(
        algorithm={
            "deepLearning": {
                "network": {
                    "module": "my_package.vision:build",
                    "arguments": {
                        "width": 64,
                        "rate": 0.5,
                        "name": "x",
                        "bias": False,
                        "kernel": [3, 3],
                        "stem": {"channels": 8},
                    },
                },
                "optimizer": {"torch": {"name": "RMSprop", "arguments": {"lr": 0.01, "momentum": 0.9}}},
                "precision": "bfloat16",
                "compile": True,
            }
        }
    ),
    "a normalised network": a_job(
        algorithm={
            "deepLearning": {
                "network": {"mlp": {"normalization": "batch"}},
                "optimizer": {"adam": {}},
                "compile": False,
            }
        }
    ),
    "a network with smoothed labels in one cycle": a_job(
        algorithm={
            "deepLearning": {
                "network": {"mlp": {}},
                "loss": "cross_entropy",
                "labelSmoothing": 0.1,
                "optimizer": {"adam": {}},
                "schedule": {"oneCycle": {"pctStart": 0.5, "divFactor": 10, "finalDivFactor": 1}},
            }
        }
    ),
    "a network that stops early, with weights of classes": a_job(
        algorithm={
            "deepLearning": {
                "network": {"mlp": {}},
                "optimizer": {"adam": {}},
                "classWeight": {"spam": 2.5},
                "earlyStopping": {
                    "validationFraction": 0.2,
                    "patience": 5,
                    "minDelta": 1e-3,
                    "restoreBestWeights": False,
                },
            }
        }
    ),
    "data, all of it": a_job(
        data={
            "train": {"uri": "builtin://breast_cancer", "label": "target", "features": ["mean *", "area"]},
            "test": {"fraction": 0.999, "seed": 2**32 - 1, "stratify": True},
            "standardize": True,
            "categorical": {"columns": ["zip*", "colour"], "encoding": "ordinal", "handleUnknown": "ignore"},
            "missing": "most_frequent",
        }
    ),
    "a bucket": a_job(data={"train": {"uri": "s3://my.bucket-1/year=2026/part-*.parquet"}}),
    "another bucket": a_job(data={"train": {"uri": "gs://my_bucket/rows.libsvm.bz2"}}),
    "a web server": a_job(data={"train": {"uri": "http://10.0.0.1:8080/a/b.csv.gz", "delimiter": "\t"}}),
    "weights": a_job(data={"train": {"uri": "pvc://d/a.csv", "label": "y", "weight": "target"}}),
    "an array": a_job(data={"train": {"uri": "file:///data/x.npy", "label": "f20"}}),
    "made rows, in little memory": a_job(
        data={
            "train": {"synthetic": {"kind": "classification", "rows": 10**12, "features": 1024, "classes": 1000}},
            "test": {"fraction": 0.1},
            "memory": "64Mi",
        }
    ),
    "made rows with much noise": a_job(
        data={"train": {"synthetic": {"kind": "regression", "rows": 1, "noise": 1e6, "seed": 1}}, "missing": "mean"}
    ),
    "other files to evaluate on": a_job(
        data={"train": {"uri": "pvc://d/a.csv"}, "test": {"uri": "pvc://d/test/*.csv"}, "onBadRow": "skip"}
    ),
    "skipped rows that are streamed": a_job(
        data={"train": {"uri": "pvc://d/a.csv"}, "memory": "1Gi", "onBadRow": "skip"}
    ),
    "run policy, all of it": a_job(
        output="pvc://team-a.models/iris/2026-01-01/a_b.c",
        seed=2**32 - 1,
        reproducible="statistical",
        suspend=True,
        activeDeadlineSeconds=2**31 - 1,
        ttlSecondsAfterFinished=0,
        backoffLimit=0,
    ),
    "an output on a volume of the template": a_job(output="file:///data/models/iris"),
    "a model and its checkpoints in buckets": a_job(
        output="s3://team-a.models/iris/2026-01-01", checkpoint={"uri": "gs://team_a/iris/state"}
    ),
    "a ledger": a_job(output="pvc://models/iris", ledger="pvc://models/iris-ledger"),
    "predictions": a_job(
        output="pvc://models/iris", predict={"data": {"uri": "s3://rows/new/*.parquet"}, "output": "pvc://models/named"}
    ),
    "predictions in a bucket": a_job(
        output="pvc://models/iris", predict={"data": {"uri": "pvc://rows/new.csv"}, "output": "s3://named/new"}
    ),
    "predictions of libsvm rows": a_job(
        output="pvc://models/iris", predict={"data": {"uri": "pvc://rows/new/*.svm"}, "output": "pvc://models/named"}
    ),
    "predictions with a model": {
        **a_job(),
        "spec": {
            "model": {"from": "pvc://models/iris", "trustModule": True},
            "predict": {"data": {"uri": "pvc://rows/new/*.csv"}, "output": "pvc://models/named"},
            "workers": {"replicas": 2, "autoscale": {"efficiency": 0.7}, "max": 4},
        },
    },
    "checkpoints, all of it": a_job(
        output="pvc://models/iris", checkpoint={"uri": "pvc://models/iris-state", "everySeconds": 86_400, "keep": 100}
    ),
    "a program of one's own": a_job(algorithm=A_CONTAINER, workers={"max": 4}),
    "a program of one's own, all of it": a_job(
        algorithm={
            "container": {
                "image": "registry/theirs@sha256:0",
                "command": ["torchrun"],
                "args": ["/code/train.py", "--lr=1"],
                "processesPerWorker": 8,
                "maxRestarts": 0,
            }
        }
    ),
    "workers, all of it": a_job(
        workers={
            "replicas": 3,
            "min": 2,
            "max": 64,
            "gang": "strict",
            "gangPatienceSeconds": 600,
            "autoscale": {"efficiency": 0.7},
            "replaceStragglers": True,
            "resources": {
                "limits": {
                    "cpu": "1500m",
                    "memory": "4Gi",
                    "ephemeral-storage": "1e9",
                    "nvidia.com/gpu": 1,
                    "amd.com/gpu": 2,
                    "nvidia.com/mig-1g.10gb": 1,
                },
                "requests": {"cpu": 1, "memory": "0.5Gi"},
            },
        }
    ),
    "the template, all of it": a_job(workers=EVERYTHING_OF_A_TEMPLATE),
    "64 variables of the longest kind that a store can hold": a_job(
        workers=with_template(env=[{"name": f"V{number}", "value": "x" * 16_000} for number in range(64)])
    ),
}


@pytest.mark.parametrize("job", GOOD.values(), ids=GOOD)
def test_it_is_taken_as_it_is(api: Api, job: Object) -> None:
    """Nothing is added but the number of workers, which the scale subresource reads, and nothing is dropped."""
    job["metadata"]["namespace"] = "default"

    stored = api.create(job, DRY_RUN)

    workers = {"replicas": 1} | job["spec"].get("workers", {})
    assert stored["spec"] == job["spec"] | {"workers": workers}


@pytest.mark.parametrize("job", every_example().values(), ids=every_example())
def test_every_example_is_taken(api: Api, job: Object) -> None:
    """Every example is taken in full strictness."""
    api.create(job | {"metadata": job["metadata"] | {"namespace": "default"}}, DRY_RUN)
